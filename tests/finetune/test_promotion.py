"""Only a difference that chance does not explain is a win, and only one that costs nothing elsewhere."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from finetune.promotion import DocumentChange, FieldChange, Tally, exchange_test, judge, sign_test


def test_the_sign_test_against_hand_worked_cases() -> None:
    assert sign_test(5, 0) == 1 / 32
    assert sign_test(8, 2) == pytest.approx((45 + 10 + 1) / 1024)
    assert sign_test(0, 0) == 1
    assert sign_test(0, 3) == 1


def test_the_exchange_test_against_hand_worked_cases() -> None:
    assert exchange_test([1, 1, 1, 1, 1]) == sign_test(5, 0)
    assert exchange_test([1] * 8 + [-1, -1]) == pytest.approx(sign_test(8, 2))
    assert exchange_test([40, 0, 0]) == 1 / 2  # one document, however much it gains
    # Subsets of {3, 1, 1} with a sum of at least 4: {3, 1}, {3, 1}, {3, 1, 1}.
    assert exchange_test([3, 1, -1]) == 3 / 8
    assert exchange_test([]) == exchange_test([0, 0]) == 1
    assert exchange_test([-1, -2]) == 1


def test_the_exchange_test_keeps_its_promise_however_large_the_gains() -> None:
    rng = Random(2)
    sizes = [rng.choice([1, 1, 2, 4]) for _ in range(12)]
    lucky = sum(exchange_test([rng.choice([-1, 1]) * size for size in sizes]) <= 0.05 for _ in range(4000))
    assert 0.02 * 4000 < lucky <= 0.06 * 4000


def present(fixed: int, broken: int = 0, same: int = 2) -> DocumentChange:
    """A document with values only, ``same`` of them right before and after."""
    return DocumentChange(Tally(same + fixed + broken, same + fixed, fixed, broken))


@pytest.mark.parametrize(
    ("documents", "wins"),
    [
        ([present(1)] * 5, True),
        ([present(1)] * 4, False),
        ([present(5), *[present(0)] * 20], False),  # five values, but one document
        ([present(1)] * 8 + [present(0, 1)] * 2, False),
        ([present(1)] * 9 + [present(0, 1)] * 2, True),
        ([present(3, 2)] * 5, False),  # every document gains, yet two of five changes are for the worse
        ([present(0, 1)] * 9 + [present(1)] * 3, False),
        ([present(0)] * 9, False),
        ([], False),
    ],
)
def test_what_wins(documents: list[DocumentChange], wins: bool) -> None:
    verdict = judge(documents)
    assert verdict.wins is wins
    assert verdict.reason.endswith(".")


def test_few_documents_are_asked_for_more() -> None:
    assert "hold out at least 5 documents" in judge([present(4)] * 3).reason
    assert "label more documents" in judge([present(1)] * 4 + [present(0)] * 9).reason


def test_values_that_were_counted_are_reported() -> None:
    verdict = judge([present(2, 1)] * 3 + [present(1)] * 6)
    assert (verdict.fixed, verdict.broken) == (12, 3)
    assert "12 held-out values fixed, 3 broken" in verdict.reason


def test_finding_more_does_not_pay_for_inventing() -> None:
    finds = [DocumentChange(Tally(4, 4, 1, 0), Tally(2, 2)) for _ in range(20)]
    invents = [DocumentChange(Tally(4, 4, 1, 0), Tally(2, 1, 0, 1)) for _ in range(5)]
    assert judge(finds).wins
    refused = judge([*finds[:15], *invents])
    assert not refused.wins
    assert "invents values" in refused.reason and "5 more are given" in refused.reason


def test_one_invented_value_alone_does_not_decide() -> None:
    finds = [DocumentChange(Tally(4, 4, 1, 0), Tally(1, 1)) for _ in range(9)]
    assert judge([*finds, DocumentChange(Tally(4, 4, 1, 0), Tally(1, 0, 0, 1))]).wins


def test_abstaining_does_not_pay_for_finding_less() -> None:
    documents = [DocumentChange(Tally(2, 1, 0, 1), Tally(3, 3, 3, 0)) for _ in range(10)]
    refused = judge(documents)
    assert not refused.wins and "abstains too often" in refused.reason


def test_what_finds_nothing_does_not_win_by_abstaining() -> None:
    silent = [DocumentChange(Tally(3, 0), Tally(2, 2, 2, 0)) for _ in range(20)]
    refused = judge(silent)
    assert not refused.wins and "0 of the 60 values that are there are found" in refused.reason
    assert judge([DocumentChange(Tally(3, 2), Tally(2, 2, 2, 0)) for _ in range(20)]).wins
    assert not judge([DocumentChange(Tally(), Tally(2, 2, 2, 0)) for _ in range(20)]).wins


def of_fields(**gains: int) -> DocumentChange:
    """A document with one value of each field, better or worse by so many."""
    fixed, broken = sum(gain > 0 for gain in gains.values()), sum(gain < 0 for gain in gains.values())
    fields = tuple(FieldChange(name, 1, gain) for name, gain in gains.items())
    return DocumentChange(Tally(len(gains), fixed, fixed, broken), fields=fields)


def test_addresses_do_not_pay_for_totals() -> None:
    gains = [of_fields(address=1, company=1, total=0)] * 16
    assert judge([*gains, *[of_fields(address=1, company=1, total=-1)] * 3]).wins
    falls = [*gains, *[of_fields(address=1, company=1, total=-1)] * 4]
    # What is lost in all stays within the slack, as there are many other values.
    many = [replace(one, present=replace(one.present, values=30)) for one in falls]
    refused = judge(many)
    assert not refused.wins and refused.luck < 0.001
    assert "worse at 'total' (4 of 20 fewer right)" in refused.reason and "address" not in refused.reason


def test_one_value_fewer_is_no_fall_and_the_worst_are_named_first() -> None:
    few = [of_fields(a=1, b=1)] * 4
    assert judge([*few, of_fields(a=1, b=1, c=-1)]).wins
    many = [replace(one, present=replace(one.present, values=90)) for one in [of_fields(a=1, b=1, c=1)] * 9]
    lost = tuple(FieldChange(name, 10, -gain) for name, gain in (("p", 2), ("q", 9), ("r", 3), ("s", 4)))
    reason = judge([*many, replace(many[0], fields=lost)]).reason
    assert "'q' (9 of 10 fewer right), 's' (4 of 10" in reason and reason.count("fewer") == 3
    assert "1 more" in reason


def test_one_lucky_document_has_one_voice() -> None:
    """However many values it gains: without it the others have to win nearly alone."""
    for others in ([1, 1, 1], [1] * 5 + [-1], [0] * 40, [1, -1] * 9):
        documents = [present(max(gain, 0), max(-gain, 0)) for gain in others]
        assert not judge([*documents, present(500)]).wins
        assert judge([*documents, present(500)]).luck >= judge([*documents, present(1)]).luck / 2


def test_an_adapter_that_is_no_better_is_seldom_promoted_however_its_values_hang_together() -> None:
    """A document's values all change for the better or all for the worse: the worst case of dependence."""
    rng = Random(1)
    rounds = 2000
    promoted = sum(
        judge([present(4) if rng.random() < 0.5 else present(0, 4) for _ in range(12)]).wins
        for _ in range(rounds)
    )
    assert 0 < promoted <= 0.05 * rounds
