"""Rows of a list that a person added, kept apart from those that the model found before or finds later.

A row is known by its number. The first row that somebody enters by hand is row 1 as long as the model has
found none; once it has found three, that row is the fourth, and not a correction of the first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from docvlm.store import Label
from docvlm.types import FieldValue

ADDED = "added"
"""``Label.source`` of the cells of such rows."""

_CELL = re.compile(r"(?P<items>.+)\[(?P<row>[1-9]\d{0,3})\]\.(?P<column>.+)")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a list by its list, its row (counted from 1) and its column."""

    items: str
    row: int
    column: str

    @property
    def name(self) -> str:
        return f"{self.items}[{self.row}].{self.column}"


def cell_of(name: str) -> Cell | None:
    """The cell that a value's name means, None where it is no cell."""
    found = _CELL.fullmatch(name)
    return Cell(found["items"], int(found["row"]), found["column"]) if found else None


@dataclass(frozen=True, slots=True)
class RowMoves:
    """Where the rows that a person added to a list go.

    Rows from ``start`` on go ``shift`` further down, but for those in ``merged``: the model found the same.
    """

    items: str
    start: int
    shift: int
    merged: Mapping[int, int]

    def row(self, row: int) -> int:
        return self.merged.get(row, row + self.shift if row >= self.start else row)

    def name(self, name: str) -> str:
        """The new name of a value; names of other values stay as they are."""
        cell = cell_of(name)
        if cell is None or cell.items != self.items:
            return name
        return replace(cell, row=self.row(cell.row)).name


def moves_of(
    items: str,
    rows: Sequence[Sequence[FieldValue]],
    labels: Mapping[str, Label],
    found_before: int | None = None,
) -> RowMoves | None:
    """What is to be done so that no row that a person added is laid over one that the model found.

    Args:
        rows: what the model found now.
        labels: those of the document's fields, by name.
        found_before: how many rows the model had found when the rows were added; None where nobody knows.

    Returns:
        None where every added row has a place of its own already.
    """
    own: dict[int, dict[str, str | None]] = {}
    others: set[int] = set()
    for name, label in labels.items():
        cell = cell_of(name)
        if cell is None or cell.items != items:
            continue
        if label.source == ADDED:
            own.setdefault(cell.row, {})[cell.column] = label.value
        else:
            others.add(cell.row)
    first = min(own, default=len(rows) + 1)
    if first > len(rows):
        return None
    known = found_before is not None and first > found_before
    start = found_before + 1 if known and found_before is not None else first
    merged: dict[int, int] = {}
    for row, cells in sorted(own.items()):
        same = (
            number
            for number, found in enumerate(rows, start=1)
            if number not in others and number not in merged.values() and _is_same(cells, found)
        )
        if (number := next(same, None)) is not None:
            merged[row] = number
    return RowMoves(items, start, len(rows) + 1 - start, merged)


def moved_labels(moves: RowMoves, labels: Mapping[str, Label]) -> dict[str, Label | None]:
    """What becomes of the labels of added rows: their new ones by name, None where there is to be none."""
    changed: dict[str, Label | None] = {}
    for name, label in labels.items():
        cell = cell_of(name)
        if label.source != ADDED or cell is None or cell.items != moves.items:
            continue
        changed.setdefault(name, None)
        new = moves.name(name)
        source = "confirmed" if cell.row in moves.merged else ADDED
        if label.value is not None or cell.row not in moves.merged:
            changed[new] = replace(label, name=new, source=source)
    return changed


def _is_same(cells: Mapping[str, str | None], found: Sequence[FieldValue]) -> bool:
    """Whether the model found every text that a person entered in a row."""
    by_column = {value.name: value.raw for value in found}
    entered = {column: text for column, text in cells.items() if text}
    return bool(entered) and all(
        _plain(text) == _plain(by_column.get(column) or "") for column, text in entered.items()
    )


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
