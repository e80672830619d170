from __future__ import annotations

from docvlm.types import FieldValue
from finetune.data.documents import FieldLabel
from finetune.evaluation.rows import CellCounts, judge_rows, match_rows


def label(**cells: str | None) -> tuple[FieldLabel, ...]:
    return tuple(FieldLabel(name, value) for name, value in cells.items())


def row(**cells: str | None) -> tuple[FieldValue, ...]:
    return tuple(FieldValue(name, value, value, 0.9) for name, value in cells.items())


def same(wanted: FieldLabel, found: FieldValue) -> bool:
    return found.raw in wanted.accepted


def test_rows_are_matched_for_the_most_right_cells_in_all() -> None:
    gains = [[2, 1], [2, 0]]  # taking the best for the first row would leave the second with nothing
    assert match_rows([0, 1], [0, 1], lambda labelled, found: gains[labelled][found]) == [(0, 1), (1, 0)]
    assert match_rows([], [1], lambda _label, _row: 1) == []


def test_cells_are_counted_over_matched_rows_in_any_order() -> None:
    labelled = [label(item="Tea", amount="2.00"), label(item="Milk", amount="1.00")]
    predicted = [
        row(item="Milk", amount="1.00"),
        row(item="Tea", amount="3.00"),
        row(item="Cash", amount="5.00"),
    ]
    result = judge_rows("items", labelled, predicted, same)
    assert (result.right_rows, result.predicted_rows, result.labelled_rows) == (1, 3, 2)
    assert result.cells == (CellCounts("item", 2, 3, 2), CellCounts("amount", 1, 3, 2))


def test_a_column_without_labels_is_unknown() -> None:
    result = judge_rows("items", [label(item="Tea")], [row(item="Tea", amount="2.00")], same)
    assert result.cells == (CellCounts("item", 1, 1, 1),)
    assert result.right_rows == 1


def test_nothing_found_and_nothing_there() -> None:
    assert judge_rows("items", [label(item="Tea")], [], same).cells == (CellCounts("item", 0, 0, 1),)
    assert judge_rows("items", [], [row(item="Tea")], same).predicted_rows == 1
