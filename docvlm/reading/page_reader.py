"""One page in, its reading out: from the text layer where that is real, else by OCR.

A scan may carry what another program read on it, invisibly. docvlm's own reading is taken instead where it
is sure: of tesseract's searchable PDFs it has a fifth to a quarter of the errors
(``python -m tests.benchmarks.searchable_scans``).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from docvlm.config import Settings
from docvlm.errors import InputError
from docvlm.imageops import Alignment, to_gray
from docvlm.memory import give_memory_back
from docvlm.reading.ocr import PaddleReader, TextReader
from docvlm.reading.ocr_page import read_image
from docvlm.reading.order import Segment, arrange, reads_right_to_left
from docvlm.reading.text_layer import judge_layer, words_of_scan
from docvlm.reading.words import split_glued_label
from docvlm.types import (
    Box,
    GrayImage,
    LayerWord,
    Line,
    Page,
    PageStatus,
    Reading,
    ReadingSource,
    RgbImage,
    Word,
)

_READ_WELL = 0.85
"""Mean confidence of a page's characters from which docvlm's own reading of a scan is taken rather than the
one that lies invisibly in the file: print is surer, handwriting and foreign scripts are not."""

_READ_WHOLE = 0.8
"""Of the characters that the other program found, so many must be in docvlm's own reading."""

_OWN_READING = "Read from the picture, not from the file's invisible text."


@functools.cache
def default_reader() -> TextReader:
    """The OCR engine of this process, started on first use as ``DOCVLM_THREADS`` and ``DOCVLM_READER`` say.

    Raises:
        ModelError: when it cannot be started.
    """
    settings = Settings.from_environment()
    return PaddleReader(settings.threads, settings.reader)


def read_page(
    page: Page,
    *,
    ocr: bool | None = None,
    reader: TextReader | None = None,
    draw: Callable[[], Page] | None = None,
) -> Reading:
    """Words and lines of a page in reading order, boxes in pixels of the page as given.

    Args:
        page: a page whose status is OK. Without a picture its text layer is taken as it is.
        ocr: None takes the text layer where it is real and OCR elsewhere, on searchable scans too; True
            always reads the picture; False never does (a page without a usable layer then has no lines, and
            a note says so).
        reader: the OCR engine; by default the one of this process.
        draw: gives the page with its image; called where ``page`` has a preview only and that is not enough.

    Raises:
        InputError: when the page has no picture because it failed or was skipped, or cannot be drawn.
        ModelError: when OCR is needed and cannot be started.
    """
    if page.image is None and (page.preview is None or draw is None):
        if page.status is PageStatus.OK and page.text_layer and ocr is not True:
            return _read_layer_unjudged(page)
        raise _no_picture(page)

    @functools.cache
    def picture() -> RgbImage:
        drawn = page if page.image is not None or draw is None else draw()
        if drawn.image is None:
            raise _no_picture(drawn)
        return drawn.image

    @functools.cache
    def engine() -> TextReader:
        return reader or default_reader()

    if ocr is False:
        return _read_layer_unjudged(page)
    notes: tuple[str, ...] = ()
    if ocr is None and page.text_layer:
        preview = _reduced(picture()) if page.preview is None else page.preview
        scale = preview.shape[1] / page.width
        other = words_of_scan(page.text_layer, preview, scale)
        own = _read_picture(page, picture(), engine(), (_OWN_READING,)) if other else None
        if own is not None and _is_read_well(own, other):
            return own
        verdict = judge_layer(page.text_layer, preview, scale, picture, engine)
        if engine.cache_info().currsize:
            give_memory_back()
        if verdict.words is not None:
            return _read_layer(page, verdict.words, verdict.notes)
        notes = verdict.notes
        if own is not None:
            return replace(own, notes=(*page.notes, *notes))
    return _read_picture(page, picture(), engine(), notes)


def _no_picture(page: Page) -> InputError:
    return InputError(
        f"Page {page.number} cannot be read: {page.reason or 'it has no picture'}.",
        "Open the document again or choose other pages.",
    )


def _reduced(image: RgbImage) -> GrayImage:
    """A page drawn in full as ingest would have drawn its preview."""
    size = max(1, image.shape[1] // 2), max(1, image.shape[0] // 2)
    return np.asarray(cv2.resize(to_gray(image), size, interpolation=cv2.INTER_AREA), np.uint8)


def _read_layer_unjudged(page: Page) -> Reading:
    visible = tuple(word for word in page.text_layer or () if word.visible)
    notes = () if visible else ("The page has no text layer, and OCR was switched off.",)
    return _read_layer(page, visible, notes)


def _read_layer(page: Page, words: Sequence[LayerWord], notes: tuple[str, ...]) -> Reading:
    alignment = Alignment(page.width, page.height, _layer_rotation(words))
    lines = [list(line) for _, line in itertools.groupby(words, key=lambda word: (word.block, word.line))]
    return _reading(
        page, ReadingSource.TEXT_LAYER, [_layer_segment(line, alignment) for line in lines], alignment, notes
    )


def _layer_segment(line: Sequence[LayerWord], alignment: Alignment) -> Segment:
    words = tuple(
        piece
        for word in line
        for text in word.text.split()
        for piece in split_glued_label(Word(text, alignment.to_upright(word.box)))
    )
    return Segment(words, line[0].font_size, all(word.bold for word in line))


def _layer_rotation(words: Sequence[LayerWord]) -> int:
    """The clockwise turn that makes lines run left to right, told by words that follow each other."""
    steps = {0: 0.0, 90: 0.0, 180: 0.0, 270: 0.0}
    for before, word in itertools.pairwise(words):
        if (before.block, before.line) != (word.block, word.line):
            continue
        along_x = word.box.center[0] - before.box.center[0]
        along_y = word.box.center[1] - before.box.center[1]
        if abs(along_x) >= abs(along_y):
            steps[0 if along_x > 0 else 180] += abs(along_x)
        else:
            steps[270 if along_y > 0 else 90] += abs(along_y)
    if any(reads_right_to_left([word.text]) for word in words):
        steps[0], steps[180] = steps[0] + steps[180], 0.0  # such words come in either direction
    most = max(steps, key=lambda degrees: steps[degrees])
    others = steps[0] + steps[180] if most in (90, 270) else sum(steps.values()) - steps[most]
    return most if steps[most] > 2 * others else 0


def _read_picture(page: Page, image: RgbImage, reader: TextReader, notes: tuple[str, ...]) -> Reading:
    found = read_image(image, reader)
    # Lines of ever new sizes scatter the heap: 25 receipts left 550 MiB without this, 215 MiB with it.
    give_memory_back()
    segments = [Segment(words) for words in found.segments]
    return _reading(page, ReadingSource.OCR, segments, found.alignment, notes)


def _is_read_well(reading: Reading, other: Sequence[LayerWord]) -> bool:
    """Whether a scan was read with certainty and nearly whole: lines in a foreign script are left out."""
    sizes = [len(word.text) for word in reading.words]
    sure = sum(size * word.confidence for size, word in zip(sizes, reading.words, strict=True))
    others = sum(len(word.text) for word in other)
    return sum(sizes) >= _READ_WHOLE * others and sure >= _READ_WELL * sum(sizes)


def _reading(
    page: Page,
    source: ReadingSource,
    segments: Sequence[Segment],
    alignment: Alignment,
    notes: tuple[str, ...],
) -> Reading:
    """Order the segments on the upright page, then put every box back on the page as given."""
    lines = tuple(_on_page(line, alignment.to_page) for line in arrange([s for s in segments if s.words]))
    return Reading(
        page_number=page.number,
        source=source,
        width=page.width,
        height=page.height,
        lines=lines,
        points_per_pixel=page.points_per_pixel,
        rotation=alignment.rotation,
        skew=alignment.skew,
        notes=(*page.notes, *notes),
    )


def _on_page(line: Line, to_page: Callable[[Box], Box]) -> Line:
    words = (Word(word.text, to_page(word.box), word.confidence) for word in line.words)
    return replace(line, words=tuple(words))
