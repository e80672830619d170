"""The words of a labelled document's pages, ready for finding labels on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from docvlm.grounding import PageWords
from docvlm.reading import layout_rows
from docvlm.schemas import PageContext, page_context
from docvlm.types import Reading


@dataclass(frozen=True, slots=True, eq=False)
class LabelPage:
    """One page: its number from 1, its words and how it writes dates and amounts."""

    number: int
    words: PageWords
    context: PageContext


def label_pages(readings: Iterable[Reading], page: int | None = None) -> tuple[LabelPage, ...]:
    """The pages on which a label can stand: ``page`` where the label names one, else all."""
    return tuple(
        LabelPage(
            reading.page_number,
            PageWords([line.words for line in reading.lines], layout_rows(reading)),
            page_context(reading.text),
        )
        for reading in readings
        if page in (None, reading.page_number)
    )
