"""Rows of a list that a person added, kept apart from those that the model found before or finds later.

A row is known by its number. The first row that somebody enters by hand is row 1 as long as the model has
found none; once it has found three, that row is the fourth, and not a correction of the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from docvlm.pipeline.cell_names import CellName
from docvlm.pipeline.label_sources import ADDED, CONFIRMED
from docvlm.schemas.letters import compact
from docvlm.store import Label
from docvlm.types import FieldValue


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
        cell = CellName.parse(name)
        if cell is None or cell.items != self.items:
            return name
        return str(replace(cell, row=self.row(cell.row)))


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
        cell = CellName.parse(name)
        if cell is None or cell.items != items:
            continue
        if label.source == ADDED:
            own.setdefault(cell.row, {})[cell.column] = label.value
        else:
            others.add(cell.row)
    first = min(own, default=len(rows) + 1)
    if first > len(rows):
        return None
    start = found_before + 1 if found_before is not None and first > found_before else first
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
        cell = CellName.parse(name)
        if label.source != ADDED or cell is None or cell.items != moves.items:
            continue
        changed.setdefault(name, None)
        new = moves.name(name)
        source = CONFIRMED if cell.row in moves.merged else ADDED
        if label.value is not None or cell.row not in moves.merged:
            changed[new] = replace(label, name=new, source=source)
    return changed


def _is_same(cells: Mapping[str, str | None], found: Sequence[FieldValue]) -> bool:
    """Whether the model found every text that a person entered in a row."""
    by_column = {value.name: value.raw for value in found}
    entered = {column: text for column, text in cells.items() if text}
    return bool(entered) and all(
        compact(text) == compact(by_column.get(column) or "") for column, text in entered.items()
    )
