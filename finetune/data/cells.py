"""The rows of a list as labels of single cells and back, for forms that know no lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from docvlm.pipeline import CellName
from finetune.data.documents import FieldLabel, RowsLabel


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
