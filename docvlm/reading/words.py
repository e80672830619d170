"""From recognised characters to words: spaces, glued label:value pairs, and boxes that fit the ink."""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from docvlm.reading.ctc import SPACE, Character
from docvlm.reading.ocr import Quad, RecognisedLine, quad_size
from docvlm.types import Box, RgbImage, Word

_DOUBTFUL_SPACE_PROBABILITY = 0.02
_WIDE_GAP = 0.30  # of the strip's height: about a space of body print
_COLUMN_GAP = 1.0  # of the strip's height: words that far apart are apart whatever the network says

_VALUE_START = re.compile(r"[\w$€£¥₹#(+\-–*]")
_LONE_COLON = re.compile(r"^(?P<label>[:：])(?P<value>\w.+)$")
_DATE_AND_LABEL = re.compile(r"(?<!\d)\d{1,4}([/.-])\d{1,2}\1\d{2,4}(?=[^\W\d_]{3,}[:：](?!:))")
_URL_SCHEME = re.compile(r"(?:^|\W)(?:https?|ftps?|mailto|file|urn|doi|sip):", re.IGNORECASE)
_HEX_GROUPS = re.compile(r"^[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){2,}$")


def split_glued_label(word: Word) -> tuple[Word, ...]:
    """``DATE:25/12/2018`` as ``DATE:`` and ``25/12/2018``, each with its share of the box, and
    ``25/12/2018Time:`` as ``25/12/2018`` and ``Time:``.

    Times, ratios, URLs, scoped names (``a::b``) and hexadecimal groups stay whole.
    """
    cut = _label_end(word.text)
    if cut is None:
        return (word,)
    x = word.box.x0 + word.box.width * cut / len(word.text)
    label = Word(word.text[:cut], Box(word.box.x0, word.box.y0, x, word.box.y1), word.confidence)
    value = Word(word.text[cut:], Box(x, word.box.y0, word.box.x1, word.box.y1), word.confidence)
    return (label, *split_glued_label(value))


def _label_ends(text: str) -> list[int]:
    """Every index at which a glued value begins."""
    ends: list[int] = []
    while (end := _label_end(text[ends[-1] if ends else 0 :])) is not None:
        ends.append(end + (ends[-1] if ends else 0))
    return ends


def _label_end(text: str) -> int | None:
    """Where the value begins in a glued label:value pair, or the label behind a date, or None."""
    if (":" not in text and "：" not in text) or _URL_SCHEME.search(text) or _HEX_GROUPS.match(text):
        return None
    lone = _LONE_COLON.match(text)
    if lone:
        return lone.start("value")
    date = _DATE_AND_LABEL.search(text)
    behind = date.end() if date else len(text)
    for match in re.finditer("[:：]", text[:behind]):
        label, value = text[: match.end()], text[match.end() :]
        if not _VALUE_START.match(value):
            continue
        stem = label[:-1]
        letters = sum(character.isalpha() for character in stem)
        ideograph = any("⺀" <= character <= "鿿" for character in stem)
        if (letters >= 2 or ideograph) and (stem[-1].isalpha() or stem[-1] in ".)]#"):
            return match.end()
    return behind if date else None


def words_of_line(line: RecognisedLine) -> tuple[Word, ...]:
    """The words of a recognised line with boxes on the image that the line was read from."""
    if not line.characters:
        return ()
    ink = _ink_strip(line.strip)
    edges = _character_edges(line.characters, ink)
    top, bottom = _ink_rows(ink)
    words: list[Word] = []
    for start, end in _word_spans(line.characters, edges, ink.shape[0]):
        text = "".join(character.text for character in line.characters[start:end])
        for first, last in itertools.pairwise([start, *(start + cut for cut in _label_ends(text)), end]):
            part = line.characters[first:last]
            confidence = statistics.fmean(character.confidence for character in part)
            strip_box = Box(edges[first][0], top, max(edges[last - 1][1], edges[first][0] + 1), bottom)
            words.append(Word("".join(character.text for character in part), strip_box, confidence))
    return tuple(Word(word.text, _on_image(word.box, line.quad), word.confidence) for word in words)


def _word_spans(
    characters: Sequence[Character], edges: Sequence[tuple[float, float]], height: int
) -> list[tuple[int, int]]:
    """Index ranges of the words: a new one begins where the network or the ink says so."""
    starts = [0]
    for index in range(1, len(characters)):
        gap = (edges[index][0] - edges[index - 1][1]) / height
        probability = characters[index].space_before
        if (
            probability >= SPACE
            or (gap >= _WIDE_GAP and probability >= _DOUBTFUL_SPACE_PROBABILITY)
            or gap >= _COLUMN_GAP
        ):
            starts.append(index)
    return list(zip(starts, [*starts[1:], len(characters)], strict=True))


def _ink_strip(strip: RgbImage) -> npt.NDArray[np.bool_]:
    """Where the letters of a strip are: the smaller of the two classes of Otsu's threshold."""
    gray = cv2.cvtColor(strip, cv2.COLOR_RGB2GRAY)
    _, mask = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    bright = mask > 0
    return np.asarray(~bright if bright.mean() >= 0.5 else bright, np.bool_)


def _ink_rows(ink: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """First and last row (exclusive) of the line's ink; the whole strip where there is hardly any."""
    rows = np.flatnonzero(ink.sum(axis=1) >= max(1, ink.shape[1] // 200))
    if len(rows) < ink.shape[0] // 3:
        return 0.0, float(ink.shape[0])
    return float(rows[0]), float(rows[-1] + 1)


def _character_edges(
    characters: Sequence[Character], ink: npt.NDArray[np.bool_]
) -> list[tuple[float, float]]:
    """Left and right edge of every character in strip pixels.

    Between two column centres the edges are those of the widest stretch without ink, or the middle
    where letters touch.
    """
    width = ink.shape[1]
    inked = np.asarray(ink.any(axis=0), np.bool_)
    centers = [character.position * width for character in characters]
    pitch = (centers[-1] - centers[0]) / (len(centers) - 1) if len(centers) > 1 else width / 2
    lefts = [_first_ink(inked, max(0.0, centers[0] - pitch), centers[0])]
    rights = []
    for left, right in itertools.pairwise(centers):
        gap_start, gap_end = _widest_gap(inked, left, right)
        rights.append(gap_start)
        lefts.append(gap_end)
    rights.append(width - _first_ink(inked[::-1], max(0.0, width - centers[-1] - pitch), width - centers[-1]))
    return list(zip(lefts, rights, strict=True))


def _first_ink(inked: npt.NDArray[np.bool_], start: float, end: float) -> float:
    columns = np.flatnonzero(inked[int(start) : max(int(start) + 1, int(end))])
    return float(int(start) + columns[0]) if len(columns) else start


def _widest_gap(inked: npt.NDArray[np.bool_], left: float, right: float) -> tuple[float, float]:
    """Start and end of the longest run of columns without ink in [left, right); the middle twice if none."""
    start = int(left)
    empty = np.concatenate([[False], ~inked[start : int(right)], [False]]).astype(np.int8)
    changes = np.diff(empty)
    begins, ends = np.flatnonzero(changes == 1), np.flatnonzero(changes == -1)
    if not len(begins):
        return (left + right) / 2, (left + right) / 2
    longest = int(np.argmax(ends - begins))
    return float(start + begins[longest]), float(start + ends[longest])


def _on_image(box: Box, quad: Quad) -> Box:
    """The upright box on the image around a box given in strip pixels."""
    width, height = quad_size(quad)
    strip = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(strip, quad)
    corners = np.array([[(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]], np.float32)
    mapped = cv2.perspectiveTransform(corners, matrix)[0]
    (x0, y0), (x1, y1) = mapped.min(axis=0), mapped.max(axis=0)
    return Box(float(x0), float(y0), float(x1), float(y1))
