"""Is a PDF's text layer what the page shows? Decided page by page, with the reason in a sentence.

Cheap signs first (characters, colours, ink); the picture is read only where they leave a doubt.
"""

from __future__ import annotations

import itertools
import re
import statistics
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Indel

from docvlm.imageops import ink_mask
from docvlm.reading.ocr import Quad, TextReader
from docvlm.types import Box, GrayImage, LayerWord, RgbImage

_GARBAGE_SHARE = 0.05  # of the characters; a few private-use bullets are ordinary
_MIN_LETTERS = 60  # fewer Latin letters say nothing about how often vowels should come
_VOWEL_SHARE = (0.20, 0.65)  # every European language written in Latin letters lies well inside
_ODD_WORD_SHARE = 0.35
_SAMPLE_LINES = 5
_AGREES = 0.6  # similarity of layer and picture, 1.0 = equal; an OCR layer of a poor scan reaches this
_READABLE = 0.7  # confidence from which OCR may contradict the layer
_MIN_CONTRAST = 3.0  # standard deviation in gray levels under a word that is really printed
_COVERED = 0.4  # of the printed lines must lie under the layer's words
_SEEN_ON_SCANS = 0.1  # visible words, such as a stamped number, for each invisible one
_INK_OUTSIDE = 2.0  # ink outside the words' boxes, as a multiple of the ink inside, that raises a doubt

_PLACEHOLDER_GLYPH = re.compile(r"\(cid:\d+\)|/g\d+|�")
_VOWELS = frozenset("aeiouyæøœıəɛɔ")


@dataclass(frozen=True, slots=True)
class LayerVerdict:
    """``words`` to use, or None where the page must be read from its picture; ``notes`` say why."""

    words: tuple[LayerWord, ...] | None
    notes: tuple[str, ...] = ()


def words_of_scan(layer: Sequence[LayerWord], preview: GrayImage, scale: float) -> list[LayerWord]:
    """The invisible words that lie over print, where hardly any other words are to be seen.

    They are what another program read from the page's picture. Empty where the page is no such scan.
    """
    words = [word for word in layer if word.text.strip() and word.box.area > 0]
    if all(word.visible for word in words):
        return []
    seen, under_print = _parted(words, preview, scale)
    return under_print if len(seen) <= _SEEN_ON_SCANS * len(under_print) else []


def judge_layer(
    layer: Sequence[LayerWord],
    preview: GrayImage,
    scale: float,
    picture: Callable[[], RgbImage],
    reader: Callable[[], TextReader],
) -> LayerVerdict:
    """Keep a layer that agrees with the page's picture, drop what is hidden, refuse what is broken.

    Args:
        layer: the words of the PDF's text layer, boxes in pixels of the page.
        preview: the page in gray, ``scale`` times its size.
        picture: gives the page as rendered, in full; called only where it must be read to decide.
        reader: gives the OCR engine; called in the same cases.
    """
    words = [word for word in layer if word.text.strip() and word.box.area > 0]
    if not words:
        return LayerVerdict(None)
    if _garbage_share(words) > _GARBAGE_SHARE:
        return LayerVerdict(
            None, ("The text layer holds unreadable characters, so the page was read by OCR.",)
        )

    def agrees(sample: Sequence[LayerWord]) -> bool:
        return _agrees_with_picture(sample, picture(), reader())

    words, hidden_notes = _without_hidden(words, preview, scale, agrees)
    if not words:
        return LayerVerdict(None, hidden_notes)
    if _letters_look_wrong(words) and not agrees(words):
        note = "The text layer does not say what the page shows, so the page was read by OCR."
        return LayerVerdict(None, (*hidden_notes, note))
    if _misses_print(words, preview, scale, lambda: reader().detect(picture())):
        note = "The text layer covers only a small part of the printed text, so the page was read by OCR."
        return LayerVerdict(None, (*hidden_notes, note))
    return LayerVerdict(tuple(words), hidden_notes)


def _garbage_share(words: Sequence[LayerWord]) -> float:
    """Share of characters that stand for no character: private use, control, unassigned, (cid:12)."""
    characters = garbage = 0
    for word in words:
        placeholders = "".join(_PLACEHOLDER_GLYPH.findall(word.text))
        characters += len(word.text)
        garbage += len(placeholders)
        garbage += sum(
            unicodedata.category(character) in ("Co", "Cc", "Cn", "Cs")
            for character in _PLACEHOLDER_GLYPH.sub("", word.text)
        )
    return garbage / max(1, characters)


def _letters_look_wrong(words: Sequence[LayerWord]) -> bool:
    """Whether Latin letters are mixed as no language mixes them: the mark of a wrong ToUnicode table."""
    latin = [
        character
        for word in words
        for character in _base_letters(word.text)
        if character.isascii() or character in _VOWELS
    ]
    letters = [character for character in latin if character.isalpha()]
    if len(letters) < _MIN_LETTERS:
        return _symbols_outnumber_letters(words)
    vowels = sum(letter in _VOWELS for letter in letters) / len(letters)
    lowest, highest = _VOWEL_SHARE
    return not lowest <= vowels <= highest or _odd_word_share(words) > _ODD_WORD_SHARE


def _base_letters(text: str) -> str:
    """Lower case without accents, so that é counts as the vowel it is."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _symbols_outnumber_letters(words: Sequence[LayerWord]) -> bool:
    """A page of some length with hardly a letter or digit on it."""
    text = "".join(word.text for word in words)
    told = sum(character.isalnum() for character in text)
    return len(text) >= _MIN_LETTERS and told < 0.4 * len(text)


def _odd_word_share(words: Sequence[LayerWord]) -> float:
    """Share of longer words with a symbol between letters or capitals strewn inside."""
    longer = [word.text for word in words if sum(map(str.isalpha, word.text)) >= 4]
    if len(longer) < 10:
        return 0.0
    odd = sum(
        bool(re.search(r"[^\W\d_][^\w\s'’.,@/&:;()\-–—‐­_+#]+[^\W\d_]", text))
        or bool(re.search(r"[a-z][A-Z][a-z]+[A-Z]|[A-Z]{2,}[a-z]{1,2}[A-Z]{2,}", text))
        for text in longer
    )
    return odd / len(longer)


def _without_hidden(
    words: Sequence[LayerWord],
    preview: GrayImage,
    scale: float,
    agrees: Callable[[Sequence[LayerWord]], bool],
) -> tuple[list[LayerWord], tuple[str, ...]]:
    """Leave out words that nobody sees: invisible ones, unless they are the OCR layer of a scan.

    Hidden text is a known way to slip instructions or false values to a program that reads a page.
    """
    seen, under_print = _parted(words, preview, scale)
    notes = []
    if under_print:
        if agrees(under_print):
            kept = {id(word) for word in (*seen, *under_print)}
            seen = [word for word in words if id(word) in kept]
        else:
            notes.append("Invisible text differs from what the page shows and was left out.")
    left_out = len(words) - len(seen) - (len(under_print) if notes else 0)
    if left_out:
        notes.append(f"{left_out} hidden {'word was' if left_out == 1 else 'words were'} left out.")
    return seen, tuple(notes)


def _parted(
    words: Sequence[LayerWord], preview: GrayImage, scale: float
) -> tuple[list[LayerWord], list[LayerWord]]:
    """The words that are seen, and the invisible ones that lie over print."""
    contrast = _contrast(preview, [word.box for word in words], scale)
    inked = [word for word, under in zip(words, contrast, strict=True) if under >= _MIN_CONTRAST]
    return [word for word in inked if word.visible], [word for word in inked if not word.visible]


def _contrast(gray: GrayImage, boxes: Sequence[Box], scale: float) -> npt.NDArray[np.float64]:
    """Standard deviation of the gray levels under each box, after it is multiplied by ``scale``."""
    height, width = gray.shape
    corners = np.array([[box.x0, box.y0, box.x1, box.y1] for box in boxes]) * scale
    x0, y0 = (
        np.clip(np.round(corners[:, i]).astype(int), 0, side - 1) for i, side in ((0, width), (1, height))
    )
    # A full stop may be narrower than a pixel.
    x1 = np.clip(np.round(corners[:, 2]).astype(int), x0 + 1, width)
    y1 = np.clip(np.round(corners[:, 3]).astype(int), y0 + 1, height)
    area = (x1 - x0) * (y1 - y0)
    total, squares = cv2.integral2(gray, sdepth=cv2.CV_64F, sqdepth=cv2.CV_64F)

    def inside(table: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray((table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0]) / area, np.float64)

    mean = inside(total)
    return np.asarray(np.sqrt(np.maximum(inside(squares) - mean * mean, 0.0)), np.float64)


def _agrees_with_picture(words: Sequence[LayerWord], image: RgbImage, reader: TextReader) -> bool:
    """Read a sample of the layer's lines from the picture and compare.

    Where the picture cannot be read with confidence (a script the engine lacks, tiny print), the layer
    has the benefit of the doubt.
    """
    lines = _sample_lines(words)
    read = reader.recognise(image, [_line_quad(line) for line in lines])
    similarities = [
        Indel.normalized_similarity(
            _letters_and_digits(found.text), _letters_and_digits("".join(word.text for word in line))
        )
        for found, line in zip(read, lines, strict=True)
        if found.confidence >= _READABLE and _letters_and_digits(found.text)
    ]
    return not similarities or statistics.median(similarities) >= _AGREES


def _sample_lines(words: Sequence[LayerWord]) -> list[list[LayerWord]]:
    """Lines of some length, spread over the page."""
    lines = [list(line) for _, line in itertools.groupby(words, key=lambda word: (word.block, word.line))]
    level = [line for line in lines if _line_box(line).width > 1.5 * _line_box(line).height] or lines
    longer = [line for line in level if sum(len(word.text) for word in line) >= 6] or level
    step = max(1, len(longer) // _SAMPLE_LINES)
    return longer[::step][:_SAMPLE_LINES]


def _line_box(line: Sequence[LayerWord]) -> Box:
    return Box.around(word.box for word in line)


def _line_quad(line: Sequence[LayerWord]) -> Quad:
    box = _line_box(line)
    return np.array([[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]], np.float32)


def _letters_and_digits(text: str) -> str:
    return "".join(character for character in _base_letters(text) if character.isalnum())


def _misses_print(
    words: Sequence[LayerWord],
    preview: GrayImage,
    scale: float,
    detect: Callable[[], Sequence[Quad]],
) -> bool:
    """Whether most of the printed text lies outside the layer, as on a scan with a stamped footer.

    Detection of printed lines is only run where there is much more ink outside the words than inside.
    """
    ink = ink_mask(preview) > 0
    inside = np.zeros(preview.shape, np.bool_)
    for word in words:
        box = word.box
        rows = slice(max(0, int(box.y0 * scale)), int(box.y1 * scale) + 1)
        inside[rows, max(0, int(box.x0 * scale)) : int(box.x1 * scale) + 1] = True
    ink_inside = int(np.count_nonzero(ink & inside))
    if int(np.count_nonzero(ink)) - ink_inside <= _INK_OUTSIDE * ink_inside:
        return False
    quads = [quad * scale for quad in detect()]
    covered = total = 0.0
    for quad in quads:
        (x0, y0), (x1, y1) = quad.min(axis=0).astype(int), quad.max(axis=0).astype(int)
        under = inside[max(0, y0) : y1, max(0, x0) : x1]
        length = float(max(x1 - x0, y1 - y0))
        total += length
        covered += length if under.size and under.mean() > 0.3 else 0.0
    return len(quads) >= 5 and covered < _COVERED * total
