"""Words on a made-up page, each marked with the fact it belongs to.

Positions are counted in character cells and turned into pixels once, so that reading order and layout
come out of the same code that reads real pages.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Literal

from docvlm.reading.order import Segment, arrange
from docvlm.types import Box, Line, Reading, ReadingSource, Word

CELL_WIDTH = 9.0
ROW_HEIGHT = 24.0
TEXT_HEIGHT = 16.0

Align = Literal["left", "right", "center"]

CHECKED, UNCHECKED = "☒", "☐"
"""Cells that stand for boxes to tick: drawn as such, and no words of a picture."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A run of text in a row.

    ``column`` is counted in characters from the left edge and says where the text starts, ends or has
    its middle, by ``align``. Without it the text follows the cell before after one space.
    ``fact`` names the fact that the words belong to, such as ``total`` or ``items.0.amount``.
    """

    text: str
    fact: str | None = None
    column: int | None = None
    align: Align = "left"


class Role(StrEnum):
    """What a printed row is for; a page that is drawn sets it accordingly."""

    TEXT = "text"
    TITLE = "title"
    HEADER = "header"
    """The heads of a table's columns."""
    LABEL = "label"
    """A label, or several, above their values."""
    HEADING = "heading"
    """Above the paragraphs of a section."""
    BUTTON = "button"
    """What can be pressed on a screen."""


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """The cells of one row as they were given; ``y`` is the row's top, counted in rows."""

    y: float
    role: Role
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class MarkedWord:
    """A word on its place; ``row`` numbers the printed row it stands on."""

    text: str
    box: Box
    row: int
    fact: str | None


class PageBuilder:
    """Collects rows from top to bottom; columns side by side by going back up with ``y``."""

    def __init__(self, columns: int, rng: Random) -> None:
        self.columns = columns
        self.indent = 0
        """Added to every column that is given, to keep the left of the page free for something else."""
        self.y = 2.0
        self._rng = rng
        self._row = 0
        self._words: list[MarkedWord] = []
        self._rows: list[PrintedRow] = []

    def row(self, *cells: Cell, role: Role = Role.TEXT) -> None:
        """Print cells on the next row."""
        cells = tuple(
            cell if cell.column is None else replace(cell, column=cell.column + self.indent) for cell in cells
        )
        self._rows.append(PrintedRow(self.y, role, cells))
        end = 0.0
        for cell in cells:
            words = cell.text.split()
            width = sum(len(word) for word in words) + len(words) - 1
            start = self._start(cell, width, end)
            for word in words:
                self._place(word, start, cell.fact)
                start += len(word) + 1
            end = start
        self.y += 1
        self._row += 1

    def gap(self, rows: float = 1.0) -> None:
        self.y += rows

    def words(self) -> tuple[MarkedWord, ...]:
        return tuple(self._words)

    def rows(self) -> tuple[PrintedRow, ...]:
        return tuple(self._rows)

    def _start(self, cell: Cell, width: int, end: float) -> float:
        if cell.column is None:
            return end
        left = {"left": cell.column, "right": cell.column - width, "center": cell.column - width / 2}[
            cell.align
        ]
        return max(float(left), end, 0.0)

    def _place(self, text: str, start: float, fact: str | None) -> None:
        x0 = (start + 4) * CELL_WIDTH + self._rng.uniform(-1.0, 1.0)
        y0 = self.y * ROW_HEIGHT + self._rng.uniform(-1.0, 1.0)
        box = Box(x0, y0, x0 + len(text) * CELL_WIDTH, y0 + TEXT_HEIGHT)
        self._words.append(MarkedWord(text, box, self._row, fact))


@dataclass(frozen=True, slots=True)
class Draft:
    """What a builder made: words in the order they were printed, and the labels printed for facts.

    ``rows`` are the same words as cells, ``columns`` the width of the page in characters; whoever draws
    the page starts from these.
    """

    kind: str
    language: str
    words: tuple[MarkedWord, ...]
    labels: Mapping[str, str]
    rows: tuple[PrintedRow, ...] = ()
    columns: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A page as the reader would give it, and what it states.

    Attributes:
        facts: the value of each fact as printed: a run of the page's words in reading order.
        unclear: facts that are printed but not as one run of words; nothing may be asked about them.
    """

    kind: str
    language: str
    reading: Reading
    facts: Mapping[str, str]
    labels: Mapping[str, str]
    unclear: frozenset[str]

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a list such as ``items``: for each, its facts by column."""
        rows: dict[int, dict[str, str]] = defaultdict(dict)
        for key, value in self.facts.items():
            parts = key.split(".")
            if parts[0] == name and len(parts) == 3:
                rows[int(parts[1])][parts[2]] = value
        return [rows[number] for number in sorted(rows)]


def read_draft(draft: Draft) -> Document:
    """Put the words in the order the reader finds, and look up each fact in it."""
    lines = _lines(draft.words)
    marks = {_place_of(word.box): word.fact for word in draft.words}
    reading = Reading(
        page_number=1,
        source=ReadingSource.OCR,
        width=round(max(word.box.x1 for word in draft.words) + 30),
        height=round(max(word.box.y1 for word in draft.words) + 30),
        lines=lines,
    )
    runs = _runs([(word.text, marks[_place_of(word.box)]) for word in reading.words])
    facts = {fact: found[0] for fact, found in runs.items() if len(found) == 1}
    unclear = frozenset(fact for fact, found in runs.items() if len(found) > 1)
    return Document(draft.kind, draft.language, reading, facts, draft.labels, unclear)


def _lines(words: Sequence[MarkedWord]) -> tuple[Line, ...]:
    rows = itertools.groupby(words, key=lambda word: word.row)
    return arrange([Segment(tuple(Word(word.text, word.box) for word in row)) for _, row in rows])


def _place_of(box: Box) -> tuple[float, float]:
    return box.x0, box.y0


def _runs(words: Sequence[tuple[str, str | None]]) -> dict[str, list[str]]:
    """For each fact, the runs of neighbouring words that carry its mark."""
    runs: dict[str, list[str]] = defaultdict(list)
    for fact, group in itertools.groupby(words, key=lambda item: item[1]):
        if fact is not None:
            runs[fact].append(" ".join(text for text, _ in group))
    return runs
