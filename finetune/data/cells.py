"""Cells of a list under names of their own, ``items[2].amount``, for forms that know no lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from finetune.data.documents import FieldLabel, RowsLabel

_CELL = re.compile(r"(?P<items>.+)\[(?P<row>[1-9]\d{0,3})\]\.(?P<column>.+)")


@dataclass(frozen=True, slots=True)
class CellName:
    """Which cell a name means; rows count from 1."""

    items: str
    row: int
    column: str

    def __str__(self) -> str:
        return f"{self.items}[{self.row}].{self.column}"

    @staticmethod
    def parse(name: str) -> CellName | None:
        """None where the name is that of a field."""
        match = _CELL.fullmatch(name)
        return None if match is None else CellName(match["items"], int(match["row"]), match["column"])


def cell_labels(label: RowsLabel) -> Iterator[FieldLabel]:
    """The cells of a list, each under the name of its own."""
    for number, row in enumerate(label.rows, start=1):
        for cell in row:
            yield replace(cell, name=str(CellName(label.name, number, cell.name)))


def rows_of_cells(cells: Mapping[CellName, FieldLabel]) -> tuple[tuple[FieldLabel, ...], ...]:
    """The rows in order; one whose cells are all absent is none."""
    rows: dict[int, list[FieldLabel]] = {}
    for name, cell in cells.items():
        rows.setdefault(name.row, []).append(replace(cell, name=name.column))
    ordered = [tuple(rows[number]) for number in sorted(rows)]
    return tuple(row for row in ordered if any(cell.value is not None for cell in row))
