"""Which words of a page one entry of a list can be made of: its own band of rows, and none of another's.

A small model loses its place in a long table and takes the price of one row and the amount of another.
Held to one band after the other, from top to bottom, it cannot.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docvlm.schemas import FieldSpec, FieldType

_PRICED = re.compile(r"\d[.,]\d{1,3}(?!\d)|[$€£¥]")
"""A figure with decimals, or a currency's sign."""

_LETTERS = re.compile(r"[^\W\d_]{2}")

_MOST_BEFORE, _MOST_BEHIND = 3, 2
"""Rows of text before the row with the figures, and rows that go on behind it."""

FIGURES = (FieldType.AMOUNT, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT)

_MOST_SKIPPED = 1
"""Rows with figures between two entries that belong to neither: a remark, a row that the reader tore."""


@dataclass(frozen=True, slots=True)
class Band:
    """The rows ``[start, end)`` that an entry beginning at ``start`` may take words from, and where the
    entry behind it may begin at the latest."""

    start: int
    end: int
    latest_next: int


def has_figures(field: FieldSpec) -> bool:
    """Whether the entries of a list have figures, by which its rows are told apart."""
    return any(column.type in FIGURES for column in field.columns)


def row_bands(rows: Sequence[Sequence[str]]) -> tuple[Band, ...]:
    """A band for each row of a page (or of a part of it).

    An entry may have its text above its figures (receipts), or go on below them (a long description, a
    figure that slipped).

    Args:
        rows: the words of each row, from top to bottom.
    """
    priced = [any(_PRICED.search(word) for word in row) for row in rows]
    lettered = [any(_LETTERS.search(word) for word in row) for row in rows]
    ends = (_end(start, priced, lettered) for start in range(len(rows)))
    return tuple(Band(start, end, _latest_next(end, priced)) for start, end in enumerate(ends))


def _end(start: int, priced: Sequence[bool], lettered: Sequence[bool]) -> int:
    last = len(priced)
    figures = next((row for row in range(start, min(start + _MOST_BEFORE + 1, last)) if priced[row]), None)
    if figures is None:
        return min(start + _MOST_BEFORE, last)
    end = figures + 1
    # Behind text with figures below it, more text is the next entry's.
    behind = _MOST_BEHIND if figures == start else 1
    while end < min(figures + 1 + behind, last) and not (priced[end] and lettered[end]):
        if figures > start and not priced[end]:
            break
        end += 1
    return end


def _latest_next(end: int, priced: Sequence[bool]) -> int:
    figures = [row for row in range(end, len(priced)) if priced[row]]
    return figures[_MOST_SKIPPED] if len(figures) > _MOST_SKIPPED else len(priced) - 1
