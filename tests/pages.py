"""Small pages of words for tests: rows of text become a reading with boxes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docvlm.grounding import PageWords
from docvlm.reading import layout_rows
from docvlm.types import Box, Line, Reading, ReadingSource, Word

CHARACTER_WIDTH = 10
ROW_HEIGHT = 24


def reading_of(rows: Sequence[str], page_number: int = 1, confidence: float = 1.0) -> Reading:
    """A reading whose words stand where they stand in ``rows``, ten pixels a character."""
    lines = tuple(
        Line(
            tuple(
                Word(match.group(), _box(match.start(), match.end(), row), confidence)
                for match in re.finditer(r"\S+", text)
            ),
            block=row,
        )
        for row, text in enumerate(rows)
        if text.strip()
    )
    return Reading(page_number, ReadingSource.OCR, 1000, max(1, len(rows)) * ROW_HEIGHT, lines)


def words_of(*rows: str) -> PageWords:
    """The words of such a reading as replies are looked up in them."""
    reading = reading_of(rows)
    return PageWords([line.words for line in reading.lines], layout_rows(reading))


def _box(start: int, end: int, row: int) -> Box:
    top = row * ROW_HEIGHT
    return Box(start * CHARACTER_WIDTH, top, end * CHARACTER_WIDTH, top + ROW_HEIGHT - 6)
