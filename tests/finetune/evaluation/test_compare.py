"""Two evaluations of the same documents: what changed, by how much, and is that more than chance."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from docvlm.errors import UsageError
from finetune.evaluation import Comparison, ValueKind, compare, comparison_json
from finetune.evaluation.rows import CellCounts, RowsResult
from tests.finetune.evaluation.judged import document, evaluation, judged


def comparison() -> Comparison:
    """Ten receipts: eight totals fixed, one broken, one wrong in both; every date right."""
    right = [False] * 8 + [True, False]
    before = [
        document(number, judged("total", "1", "1" if one else "2"), judged("date", "x", "x"))
        for number, one in enumerate(right)
    ]
    after = [
        document(number, judged("total", "1", "3" if number > 7 else "1"), judged("date", "x", "x"))
        for number in range(10)
    ]
    return compare(evaluation(*before), evaluation(*reversed(after)))


def test_documents_are_matched_whatever_their_order() -> None:
    found = comparison()
    assert found.documents == 10
    assert [change.document for change in found.fixed] == [f"document-{number}.pdf" for number in range(8)]
    assert [change.document for change in found.broken] == ["document-8.pdf"]
    assert [change.document for change in found.still_wrong] == ["document-9.pdf"]
    assert (found.broken[0].before.raw, found.broken[0].after.raw) == ("1", "3")


def test_figures_before_and_after_with_their_difference() -> None:
    change = comparison().fields["total"]["typed"]
    assert (change.before, change.after) == (0.1, 0.8)
    assert change.difference.value == pytest.approx(0.7)
    assert 0 < change.difference.low < 0.7 < change.difference.high <= 1.0
    mean = comparison().metrics["field_typed"]  # over the two fields
    assert (mean.before, mean.after) == (pytest.approx(0.55), pytest.approx(0.9))


def test_the_paired_test_against_a_hand_worked_case() -> None:
    # Ten documents, gains of eight 1, one -1, one 0. Of all exchanges as many as by the sign test on nine
    # throws, in both directions: 2 (C(9,8) + C(9,9)) / 2^9.
    assert comparison().fields["total"]["typed"].p_value == pytest.approx(2 * (9 + 1) / 512)


def test_what_does_not_change_has_a_p_of_one() -> None:
    change = comparison().fields["date"]["typed"]
    assert (change.difference.value, change.p_value) == (0.0, 1.0)


def test_the_headline_is_the_share_right_of_each_field_and_of_all_together() -> None:
    assert list(comparison().headline) == ["total", "date", "all fields"]
    rows = RowsResult("items", 1, 1, 1, (CellCounts("name", 1, 1, 1),))
    answer = judged("Why?", "x", "x", kind=ValueKind.ANSWER)
    same = evaluation(document(0, answer, rows=[rows]))
    assert list(compare(same, same).headline) == ["items", "items.name", "all line items", "all answers"]


def test_values_and_documents_of_one_side_alone_are_left_out() -> None:
    before = evaluation(document(0, judged("total", "1", "1"), judged("tip", "1", "1")), document(1))
    after = evaluation(document(0, judged("total", "1", "2"), judged("date", "1", "2")), document(2))
    found = compare(before, after)
    assert found.documents == 1
    assert [change.after.name for change in found.broken] == ["total"]
    assert list(found.fields) == ["total"]


def test_a_question_and_a_field_of_one_name_are_two_things() -> None:
    field, answer = judged("total", "1", "1"), judged("total", "1", "2", kind=ValueKind.ANSWER)
    before = evaluation(document(0, field, answer))
    after = evaluation(document(0, replace(field, right=False), replace(answer, right=True)))
    found = compare(before, after)
    assert [change.after.kind for change in found.fixed] == [ValueKind.ANSWER]
    assert [change.after.kind for change in found.broken] == [ValueKind.FIELD]


def test_nothing_in_common_is_refused() -> None:
    with pytest.raises(UsageError, match="no document in common"):
        compare(evaluation(document(0)), evaluation(document(1)))


def test_the_json_is_plain() -> None:
    text = json.dumps(comparison_json(comparison()), allow_nan=False)
    assert json.loads(text)["fixed"][0]["before"]["raw"] == "2"
