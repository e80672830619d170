"""The words of a PDF page with their boxes, and whether a viewer would see them. Worker process only.

Everything here is in PDF points of the displayed page; ``pdf`` turns it into pixels.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from docvlm.types import Box

_FILLED_OR_STROKED = 16 | 32  # FZ_STEXT_FILLED, FZ_STEXT_STROKED in a span's char_flags
_BOLD = 16  # TEXT_FONT_BOLD in a span's flags
_BOLD_BY_FLAG = 8  # FZ_STEXT_BOLD in a span's char_flags
_FAINTEST_ALPHA = 13  # of 255: 5 % opacity
_PALE = 200  # of 255: text this bright may vanish on paper
_NOTICEABLE_DIFFERENCE = 12  # of 255 in any channel
_IGNORED_CHARACTERS = dict.fromkeys(map(ord, "\u200b\u200c\u2060\ufeff\u00ad"))

PaintedPixels = Callable[[tuple[int, int, int, int]], npt.NDArray[np.bool_]]
"""Given an area ``(x0, y0, x1, y1)`` of the page, gives the pixels in it, one a point, that text changes."""


@dataclass(frozen=True, slots=True)
class _Span:
    """A run of characters in one style, as MuPDF reports it."""

    text: str
    box: Box
    font_size: float
    bold: bool
    painted: bool
    pale: bool
    top: float | None
    bottom: float | None


@dataclass(frozen=True, slots=True)
class PointWord:
    """A word whose box is still in points."""

    text: str
    box: Box
    block: int
    line: int
    font_size: float
    bold: bool
    visible: bool


def read_words(
    word_rows: Sequence[tuple[Any, ...]],
    page_dict: dict[str, Any],
    page_box: Box,
    covering_boxes: Sequence[Box],
    painted_pixels: PaintedPixels,
) -> list[PointWord]:
    """Join MuPDF's words (boxes) with its spans (style), both made from one text page.

    Args:
        word_rows: ``TextPage.extractWORDS()``.
        page_dict: ``TextPage.extractDICT()``.
        page_box: the displayed page in points.
        covering_boxes: where something is painted on top of text.
        painted_pixels: asked only where style alone does not settle what can be seen.
    """
    spans = {
        (block["number"], line_number): [_span(span, line["dir"]) for span in line["spans"]]
        for block in page_dict["blocks"]
        for line_number, line in enumerate(block.get("lines", ()))
    }
    words: list[PointWord] = []
    doubtful: list[int] = []
    current, position = (-1, -1), 0
    for x0, y0, x1, y1, raw, block, line, _ in word_rows:
        if (block, line) != current:
            current, position = (block, line), 0
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        span, position = _span_of(raw, spans.get(current, ()), position, x, y)
        text = clean_word(raw)
        if not text or span is None:
            continue
        if span.top is not None and span.bottom is not None:
            y0, y1 = max(y0, span.top), min(y1, span.bottom)
        visible = span.painted and page_box.x0 < x < page_box.x1 and page_box.y0 < y < page_box.y1
        if visible:
            x0, y0 = max(x0, page_box.x0), max(y0, page_box.y0)
            x1, y1 = min(x1, page_box.x1), min(y1, page_box.y1)
            if span.pale or any(over.x0 < x < over.x1 and over.y0 < y < over.y1 for over in covering_boxes):
                doubtful.append(len(words))
        words.append(PointWord(text, Box(x0, y0, x1, y1), block, line, span.font_size, span.bold, visible))
    return _without_unpainted(words, doubtful, painted_pixels) if doubtful else words


def clean_word(text: str) -> str:
    """Ligatures as letters; no soft hyphens inside (one at the end is printed, so it stays as a hyphen);
    no zero-width or control characters."""
    if text.isascii() and text.isprintable():
        return text
    if text.endswith("\u00ad"):
        text = text[:-1] + "-"
    text = "".join(
        unicodedata.normalize("NFKC", char) if "\ufb00" <= char <= "\ufb06" else char
        for char in text.translate(_IGNORED_CHARACTERS)
    )
    return "".join(char for char in text if unicodedata.category(char) != "Cc" and not char.isspace())


def changed_pixels(
    with_text: npt.NDArray[np.uint8], without_text: npt.NDArray[np.uint8]
) -> npt.NDArray[np.bool_]:
    """Where two drawings of a page, (height, width, 3) each, differ enough for an eye to notice."""
    difference = np.maximum(with_text, without_text) - np.minimum(with_text, without_text)
    noticeable = difference >= _NOTICEABLE_DIFFERENCE
    changed: npt.NDArray[np.bool_] = noticeable[..., 0] | noticeable[..., 1] | noticeable[..., 2]
    return changed


def _span(span: dict[str, Any], direction: tuple[float, float]) -> _Span:
    color = span["color"]
    red, green, blue = color >> 16 & 255, color >> 8 & 255, color & 255
    flags = span["char_flags"]
    size = span["size"]
    top = bottom = None
    if direction == (1.0, 0.0):
        # MuPDF's boxes are a third taller than the font size; the font's own ascent and descent
        # fit the print.
        baseline = span["origin"][1]
        top = baseline - size * min(max(span["ascender"], 0.75), 0.95)
        bottom = baseline - size * max(min(span["descender"], -0.2), -0.3)
    return _Span(
        text=span["text"],
        box=Box(*span["bbox"]),
        font_size=size,
        bold=bool(span["flags"] & _BOLD or flags & _BOLD_BY_FLAG),
        painted=bool(flags & _FILLED_OR_STROKED) and span["alpha"] >= _FAINTEST_ALPHA,
        pale=0.299 * red + 0.587 * green + 0.114 * blue >= _PALE,
        top=top,
        bottom=bottom,
    )


def _span_of(
    word: str, spans: Sequence[_Span], position: int, x: float, y: float
) -> tuple[_Span | None, int]:
    """The span a word begins in, and where in the line's text the next word may begin."""
    if len(spans) == 1:
        return spans[0], position
    found = "".join(span.text for span in spans).find(word, position)
    if found < 0:  # right-to-left words are not reported in the order of the spans
        here = [span for span in spans if span.box.x0 <= x <= span.box.x1 and span.box.y0 <= y <= span.box.y1]
        return next(iter([*here, *spans]), None), position
    end = 0
    for span in spans:
        end += len(span.text)
        if found < end:
            return span, found + len(word)
    return spans[-1], found + len(word)


def _without_unpainted(
    words: list[PointWord], doubtful: list[int], painted_pixels: PaintedPixels
) -> list[PointWord]:
    """Mark the doubtful words invisible whose box looks the same with and without text."""
    boxes = {index: words[index].box for index in doubtful}
    around = Box.around(boxes.values())
    left, top = math.floor(around.x0), math.floor(around.y0)
    painted = painted_pixels((left, top, math.ceil(around.x1), math.ceil(around.y1)))
    for index, box in boxes.items():
        rows = slice(math.floor(box.y0) - top, math.ceil(box.y1) - top)
        columns = slice(math.floor(box.x0) - left, math.ceil(box.x1) - left)
        if not painted[rows, columns].any():
            words[index] = replace(words[index], visible=False)
    return words
