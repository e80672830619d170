"""Only a difference that chance does not explain is a win."""

from __future__ import annotations

from random import Random

import pytest

from finetune.promotion import judge, sign_test


def test_the_sign_test_against_hand_worked_cases() -> None:
    assert sign_test(5, 0) == 1 / 32
    assert sign_test(8, 2) == pytest.approx((45 + 10 + 1) / 1024)
    assert sign_test(0, 0) == 1
    assert sign_test(0, 3) == 1


@pytest.mark.parametrize(
    ("fixed", "broken", "wins"),
    [(5, 0, True), (4, 0, False), (8, 2, False), (9, 2, True), (3, 9, False), (0, 0, False)],
)
def test_what_wins(fixed: int, broken: int, wins: bool) -> None:
    verdict = judge(fixed, broken)
    assert verdict.wins is wins
    assert verdict.reason.endswith(".")


def test_an_adapter_that_changes_values_at_random_is_seldom_promoted() -> None:
    rng = Random(1)
    promoted = 0
    for _ in range(2000):
        fixed = sum(rng.random() < 0.5 for _ in range(30))
        promoted += judge(fixed, 30 - fixed).wins
    assert promoted <= 0.05 * 2000
