"""The words of a PDF page with their boxes, and whether a viewer would see them. Worker process only.

MuPDF's boxes are in PDF points of the displayed page; the words given back are in pixels.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, product
from typing import Any

import numpy as np
import numpy.typing as npt

from docvlm.types import Box, LayerWord

_FILLED_OR_STROKED = 16 | 32  # FZ_STEXT_FILLED, FZ_STEXT_STROKED in a span's char_flags
_BOLD = 16  # TEXT_FONT_BOLD in a span's flags
_BOLD_BY_FLAG = 8  # FZ_STEXT_BOLD in a span's char_flags
_FAINTEST_ALPHA = 13  # of 255: 5 % opacity
_PALE = 200  # of 255: text this bright may vanish on paper
_NOTICEABLE_DIFFERENCE = 12  # of 255 in any channel
_SHADOW = 0.15  # of the font size: how far beside itself a word is printed again to look bold or raised
_MOST = 0.75  # of a word's box
_STRIP = 20  # points: words are looked up by the strips of the page that they touch
_FONTS_OF_SIGNS = re.compile(r"zapfdingbats|zadb", re.IGNORECASE)
# PDF forms print their ticks as letters and digits of such a font.
_SIGNS = str.maketrans("345678lnopqrstuH", "✓✓✗✗✗✗●■☐☐☐☐▲▼◆★")
_IGNORED_CHARACTERS = dict.fromkeys(map(ord, "\u200b\u200c\u2060\ufeff\u00ad"))

PaintedPixels = Callable[[tuple[int, int, int, int]], npt.NDArray[np.bool_]]
"""Given an area ``(x0, y0, x1, y1)`` of the page, gives the pixels in it, one a point, that text changes."""


@dataclass(slots=True)
class _Span:
    """A run of characters in one style; ``top`` and ``bottom`` are None where the text is not horizontal."""

    text: str
    box: tuple[float, float, float, float]
    font_size: float
    bold: bool
    painted: bool
    pale: bool
    of_signs: bool
    top: float | None
    bottom: float | None


@dataclass(slots=True)
class _Line:
    """The spans of a line, its whole text as it comes and with its signs, and where in it each span ends."""

    spans: list[_Span]
    text: str
    signs: str
    ends: list[int]


Lines = dict[tuple[int, int], _Line]
"""Lines by block and line number."""


def read_lines(page_dict: dict[str, Any]) -> Lines:
    """Styles and texts from ``TextPage.extractDICT()``."""
    lines: Lines = {}
    for block in page_dict["blocks"]:
        for number, line in enumerate(block.get("lines", ())):
            spans = [_span(span, line["dir"]) for span in line["spans"]]
            ends = list(accumulate(len(span.text) for span in spans))
            text = "".join(span.text for span in spans)
            signs = "".join(span.text.translate(_SIGNS) if span.of_signs else span.text for span in spans)
            lines[block["number"], number] = _Line(spans, text, signs, ends)
    return lines


def printed_sizes(lines: Lines) -> list[tuple[float, int]]:
    """Font size and number of characters of each run of text that is surely seen."""
    return [
        (span.font_size, len(span.text.strip()))
        for line in lines.values()
        for span in line.spans
        if span.painted and not span.pale
    ]


def read_words(
    word_rows: Sequence[tuple[Any, ...]],
    uncut_rows: Sequence[tuple[Any, ...]],
    lines: Lines,
    page_box: Box,
    pixels_per_point: float,
    covering_boxes: Sequence[Box],
    painted_pixels: PaintedPixels,
) -> tuple[LayerWord, ...]:
    """Join MuPDF's words (boxes) with its lines (style), both made from one text page.

    Args:
        word_rows: ``TextPage.extractWORDS()``.
        uncut_rows: the same of what clip paths leave of the text.
        lines: what ``read_lines`` gave.
        page_box: the displayed page in points.
        pixels_per_point: scale of the boxes returned.
        covering_boxes: where something is painted on top of text, in points.
        painted_pixels: asked only where style alone does not settle what can be seen.
    """
    words: list[LayerWord] = []
    doubtful: dict[int, Box] = {}
    is_uncut = _uncut(uncut_rows)
    current, position = (-1, -1), 0
    scale = pixels_per_point
    for x0, y0, x1, y1, raw, block, line_number, _ in word_rows:
        if (block, line_number) != current:
            current, position = (block, line_number), 0
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        span, position = _span_of(raw, lines[current], position, x, y)
        text = clean_word(_with_signs(raw, lines[current], span, position))
        if not text:
            continue
        visible = span.painted and page_box.x0 < x < page_box.x1 and page_box.y0 < y < page_box.y1
        visible = visible and is_uncut((x0, y0, x1, y1, raw))
        if span.top is not None and span.bottom is not None:
            y0, y1 = max(y0, span.top), min(y1, span.bottom)
        if visible:
            x0, y0 = max(x0, page_box.x0), max(y0, page_box.y0)
            x1, y1 = min(x1, page_box.x1), min(y1, page_box.y1)
            box = Box(x0, y0, x1, y1)
            over = [one for one in covering_boxes if one.x0 < x < one.x1 and one.y0 < y < one.y1]
            if span.pale or over:
                covered = (one.intersection(box) for one in over)
                doubtful[len(words)] = next((part for part in covered if part and _is_most(part, box)), box)
        left, top = page_box.x0, page_box.y0
        box = Box((x0 - left) * scale, (y0 - top) * scale, (x1 - left) * scale, (y1 - top) * scale)
        words.append(LayerWord(text, box, block, line_number, span.font_size, span.bold, visible))
    if doubtful:
        _hide_unpainted(words, doubtful, painted_pixels)
    return tuple(_without_repeats(words, scale))


def replaced_rows(
    word_rows: Sequence[tuple[Any, ...]], rectangles: Sequence[tuple[int, Box]]
) -> set[tuple[Any, ...]]:
    """The rows, without their numbers, of words that were painted over and have another word in their place.

    Args:
        word_rows: ``TextPage.extractWORDS()`` of blocks in the order of painting.
        rectangles: opaque ones, each with how many blocks of text were painted before.
    """
    replaced: set[tuple[Any, ...]] = set()
    for number, rectangle in rectangles:
        inside = [(row, Box(*row[:4])) for row in word_rows if _is_in(rectangle, row)]
        later = [(row[4], box) for row, box in inside if row[5] >= number]
        for row, box in inside:
            if row[5] < number and _is_most(rectangle.intersection(box), box):
                others = [text for text, other in later if _is_in_place_of(other, box)]
                if others and row[4] not in others:
                    replaced.add(row[:5])
    return replaced


def _is_in(box: Box, row: tuple[Any, ...]) -> bool:
    x, y = (float(row[0]) + row[2]) / 2, (float(row[1]) + row[3]) / 2
    return bool(box.x0 < x < box.x1 and box.y0 < y < box.y1)


def _is_in_place_of(other: Box, box: Box) -> bool:
    """Whether two words, of about one size, could not be read both."""
    common = other.intersection(box)
    return (
        common is not None
        and 0.5 < other.height / box.height < 2
        and common.height > 0.5 * min(other.height, box.height)
        and common.width > 0.2 * min(other.width, box.width)
    )


def _is_most(part: Box | None, box: Box) -> bool:
    return part is not None and part.area >= _MOST * box.area


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
        span["text"],
        span["bbox"],
        round(size, 2),
        bool(span["flags"] & _BOLD or flags & _BOLD_BY_FLAG),
        bool(flags & _FILLED_OR_STROKED) and span["alpha"] >= _FAINTEST_ALPHA,
        0.299 * red + 0.587 * green + 0.114 * blue >= _PALE,
        _FONTS_OF_SIGNS.search(span["font"]) is not None,
        top,
        bottom,
    )


def _span_of(word: str, line: _Line, position: int, x: float, y: float) -> tuple[_Span, int]:
    """The span a word begins in, and where in the line's text the next word may begin."""
    if len(line.spans) == 1:
        return line.spans[0], position
    found = line.text.find(word, position)
    if found >= 0:
        return line.spans[bisect_right(line.ends, found)], found + len(word)
    # Right-to-left words are not reported in the order of the spans.
    for span in line.spans:
        x0, y0, x1, y1 = span.box
        if x0 <= x <= x1 and y0 <= y <= y1:
            return span, position
    return line.spans[0], position


def _with_signs(word: str, line: _Line, span: _Span, end: int) -> str:
    """A word with the signs that its line prints; ``end``: where it ends in the line, if that is known."""
    if line.signs == line.text:
        return word
    begin = end - len(word)
    if begin >= 0 and line.text[begin:end] == word:
        return line.signs[begin:end]
    return word.translate(_SIGNS) if span.of_signs else word


def _uncut(rows: Sequence[tuple[Any, ...]]) -> Callable[[tuple[Any, ...]], bool]:
    """Tells of a word's row, ``(x0, y0, x1, y1, text)``, whether its middle is among ``rows``."""
    whole = {row[:5] for row in rows}
    by_height: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        for height in range(math.floor(row[1] / _STRIP), math.floor(row[3] / _STRIP) + 1):
            by_height[height].append(row)

    def is_uncut(word_row: tuple[Any, ...]) -> bool:
        if word_row in whole:
            return True
        left, top, right, bottom, word = word_row
        x, y = (left + right) / 2, (top + bottom) / 2
        return any(
            x0 <= x <= x1 and y0 <= y <= y1 and (text in word or word in text)
            for x0, y0, x1, y1, text, *_ in by_height[math.floor(y / _STRIP)]
        )

    return is_uncut


def _without_repeats(words: Sequence[LayerWord], pixels_per_point: float) -> list[LayerWord]:
    """Each word once: some are printed again in or just beside their place, to look bold or raised."""
    counts = Counter(word.text for word in words)
    kept: dict[int, LayerWord] = {}
    places: dict[tuple[str, float, int, int], int] = {}
    for index, word in enumerate(words):
        if counts[word.text] > 1:
            size = word.font_size or 0.0
            step = _SHADOW * size * pixels_per_point or 1.0
            column, row = math.floor(word.box.x0 / step), math.floor(word.box.y0 / step)
            around = ((word.text, size, column + x, row + y) for x, y in product((0, -1, 1), repeat=2))
            earlier = next((places[place] for place in around if places.get(place) in kept), None)
            if earlier is not None and (kept[earlier].visible or not word.visible):
                shifted = word.visible and word.box != kept[earlier].box
                kept[earlier] = replace(kept[earlier], bold=kept[earlier].bold or shifted)
                continue
            if earlier is not None:
                del kept[earlier]
            places[word.text, size, column, row] = index
        kept[index] = word
    return list(kept.values())


def _hide_unpainted(words: list[LayerWord], doubtful: dict[int, Box], painted_pixels: PaintedPixels) -> None:
    """Mark the words invisible whose place looks the same with and without text.

    Args:
        words: changed in place.
        doubtful: boxes in points by index into ``words``.
    """
    around = Box.around(doubtful.values())
    left, top = math.floor(around.x0), math.floor(around.y0)
    painted = painted_pixels((left, top, math.ceil(around.x1), math.ceil(around.y1)))
    for index, box in doubtful.items():
        rows = slice(math.floor(box.y0) - top, math.ceil(box.y1) - top)
        columns = slice(math.floor(box.x0) - left, math.ceil(box.x1) - left)
        if not painted[rows, columns].any():
            words[index] = replace(words[index], visible=False)
