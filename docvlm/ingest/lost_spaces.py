"""Words that MuPDF runs together, parted again. Worker process only.

MuPDF takes a gap for a space from 0.15 em on (``SPACE_DIST`` in its ``stext-device.c``). Some fonts set
theirs narrower; their words then come as one. A gap that stands out among a word's own parts them again.
PyMuPDF parts words at plain and no-break spaces only, not at those of typesetters and of Chinese script.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

SUSPICIOUS_LENGTH = 20
"""Only a page with a word as long as this is looked at letter by letter."""

_STANDS_OUT = 0.09
"""Of an em: how much wider than a word's usual gap a space is. Kerning stays below."""

# Hair spaces set letters apart, and others between digits group them: those are no spaces between words.
_SPACE = re.compile(
    r"[\u1680\u2000-\u2006\u2008\u205f\u3000]|(?<!\d)[\u2007\u2009\u202f]|[\u2007\u2009\u202f](?!\d)"
)

Letter = tuple[str, float, float, float]
"""A character, its left and right edge in points, and its font size."""

WordRow = tuple[Any, ...]
"""A row of ``TextPage.extractWORDS()``: x0, y0, x1, y1, text, block, line, number."""


def may_be_joined(word_rows: Sequence[WordRow]) -> bool:
    """Whether a page may have words that were run together."""
    return _has_long_words(word_rows) or any(_SPACE.search(row[4]) for row in word_rows)


def _has_long_words(word_rows: Sequence[WordRow]) -> bool:
    return any(len(row[4]) >= SUSPICIOUS_LENGTH for row in word_rows)


def part_words(word_rows: Sequence[WordRow], raw_page: dict[str, Any]) -> list[WordRow]:
    """The words, parted at spaces and, on a page with long ones, where a gap stands out; boxes in points.

    Args:
        raw_page: ``TextPage.extractRAWDICT()`` of the same text page.
    """
    letters = _letters_of_lines(raw_page)
    by_gaps = _has_long_words(word_rows)
    parted: list[WordRow] = []
    current, position = (-1, -1), 0
    for row in word_rows:
        if (row[5], row[6]) != current:
            current, position = (row[5], row[6]), 0
        line = letters.get(current, [])
        start = "".join(letter[0] for letter in line).find(row[4], position)
        if start < 0:  # written from right to left, or upright
            parted.append(row)
            continue
        position = start + len(row[4])
        parted += _parts(row, line[start:position], by_gaps)
    return parted


def _letters_of_lines(raw_page: dict[str, Any]) -> dict[tuple[int, int], list[Letter]]:
    lines: dict[tuple[int, int], list[Letter]] = {}
    for block in raw_page["blocks"]:
        for number, line in enumerate(block.get("lines", ())):
            if line["dir"] == (1.0, 0.0):
                lines[block["number"], number] = [
                    (char["c"], char["bbox"][0], char["bbox"][2], span["size"])
                    for span in line["spans"]
                    for char in span["chars"]
                ]
    return lines


def _parts(row: WordRow, letters: Sequence[Letter], by_gaps: bool) -> list[WordRow]:
    spaces = {found.start() for found in _SPACE.finditer(row[4])}
    ends = {place for space in spaces for place in (space, space + 1)}
    cuts = sorted(ends | set(_gaps(letters) if by_gaps else ()))
    if not cuts:
        return [row]
    bounds = pairwise((0, *cuts, len(letters)))
    return [
        (letters[start][1], row[1], letters[end - 1][2], row[3], row[4][start:end], *row[5:])
        for start, end in bounds
        if start < end and start not in spaces
    ]


def _gaps(letters: Sequence[Letter]) -> list[int]:
    """Before which letters stands a gap that is clearly wider than usual."""
    gaps = [(after[1] - before[2]) / max(before[3], 1.0) for before, after in pairwise(letters)]
    if len(gaps) < 2:
        return []
    usual = statistics.median(gaps)
    return [place for place, gap in enumerate(gaps, start=1) if gap > usual + _STANDS_OUT]
