"""Words of small pages."""

from __future__ import annotations

from docvlm.grounding import PageWords
from docvlm.reading import layout_rows
from tests.pages import reading_of


def words_of(*rows: str) -> PageWords:
    reading = reading_of(rows)
    return PageWords([line.words for line in reading.lines], layout_rows(reading))
