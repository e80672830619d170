"""Rows of a list field: which predicted row stands for which labelled one, and how many cells are right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.optimize import linear_sum_assignment

from docvlm.types import FieldValue
from finetune.data.documents import FieldLabel

Labelled = TypeVar("Labelled")
Predicted = TypeVar("Predicted")


@dataclass(frozen=True, slots=True)
class CellCounts:
    """Cells of one column: right ones, predicted ones and labelled ones, all with a value."""

    column: str
    right: int
    predicted: int
    labelled: int


@dataclass(frozen=True, slots=True)
class RowsResult:
    """One list field of one document.

    ``right_rows`` are the labelled rows whose every labelled cell is right in the predicted row beside them.
    """

    name: str
    right_rows: int
    predicted_rows: int
    labelled_rows: int
    cells: tuple[CellCounts, ...]


def match_rows(
    labelled: Sequence[Labelled],
    predicted: Sequence[Predicted],
    right_cells: Callable[[Labelled, Predicted], int],
) -> list[tuple[int, int]]:
    """Pairs of indices (labelled, predicted) with the most right cells in all, each row in one pair at most.

    The assignment problem, solved by ``scipy.optimize.linear_sum_assignment``; the order of rows is free, as
    for the groups of CORD (Park et al., 2019) in Donut's tree accuracy.
    """
    if not labelled or not predicted:
        return []
    gains = np.array([[right_cells(label, row) for row in predicted] for label in labelled])
    pairs = zip(*linear_sum_assignment(gains, maximize=True), strict=True)
    return [(int(label), int(row)) for label, row in pairs]


def judge_rows(
    name: str,
    labelled: Sequence[Sequence[FieldLabel]],
    predicted: Sequence[Sequence[FieldValue]],
    is_right: Callable[[FieldLabel, FieldValue], bool],
) -> RowsResult:
    """Compare the rows of a list field. Columns that no labelled row has are unknown and not judged.

    Args:
        is_right: whether a predicted cell is the labelled one, for cells of one column.
    """
    columns = list(dict.fromkeys(cell.name for row in labelled for cell in row))

    def right_columns(label: Sequence[FieldLabel], row: Sequence[FieldValue]) -> list[str]:
        found = {cell.name: cell for cell in row}
        return [
            cell.name
            for cell in label
            if cell.accepted
            and cell.name in found
            and found[cell.name].raw
            and is_right(cell, found[cell.name])
        ]

    pairs = match_rows(labelled, predicted, lambda label, row: len(right_columns(label, row)))
    right: Counter[str] = Counter()
    right_rows = 0
    for label, row in pairs:
        cells = right_columns(labelled[label], predicted[row])
        right.update(cells)
        wanted = sum(1 for cell in labelled[label] if cell.accepted)
        right_rows += wanted > 0 and len(cells) == wanted
    return RowsResult(
        name,
        right_rows,
        len(predicted),
        len(labelled),
        tuple(
            CellCounts(
                column,
                right[column],
                sum(1 for row in predicted for cell in row if cell.name == column and cell.raw is not None),
                sum(1 for row in labelled for cell in row if cell.name == column and cell.accepted),
            )
            for column in columns
        ),
    )
