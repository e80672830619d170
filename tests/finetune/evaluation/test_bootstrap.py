from __future__ import annotations

import numpy as np
import pytest

from finetune.evaluation.bootstrap import Bootstrap, mean_of, ratio


def test_the_value_is_that_of_all_documents() -> None:
    interval = Bootstrap(3, seed=1).interval(ratio([1, 0, 2], [2, 1, 2]))
    assert interval is not None
    assert interval.value == pytest.approx(3 / 5)
    assert interval.low <= interval.value <= interval.high


def test_the_interval_is_as_wide_as_theory_says() -> None:
    right = [1.0] * 50 + [0.0] * 50
    interval = Bootstrap(100, seed=0).interval(ratio(right, [1] * 100))
    assert interval is not None
    half = 1.96 * np.sqrt(0.25 / 100)
    assert interval.low == pytest.approx(0.5 - half, abs=0.015)
    assert interval.high == pytest.approx(0.5 + half, abs=0.015)


def test_the_seed_decides_the_resamples() -> None:
    statistic = ratio([1, 0, 1, 1, 0, 1, 0], [1] * 7)
    assert Bootstrap(7, 3).interval(statistic) == Bootstrap(7, 3).interval(statistic)


def test_documents_that_say_nothing_give_no_interval() -> None:
    assert Bootstrap(2, 0).interval(ratio([0, 0], [0, 0])) is None
    assert Bootstrap(0, 0).interval(ratio([], [])) is None


def test_a_mean_leaves_out_what_is_not_known() -> None:
    statistic = mean_of([ratio([1, 1], [1, 1]), ratio([0, 0], [1, 0]), ratio([0, 0], [0, 0])])
    interval = Bootstrap(2, 0).interval(statistic)
    assert interval is not None and interval.value == 0.5


def test_the_difference_is_paired() -> None:
    # Every document gains exactly one of its two values, so no resample can say anything else.
    before, after = [0, 1, 0, 1], [1, 2, 1, 2]
    both = ratio([*before, *after], [2] * 8)
    difference = Bootstrap(4, 0).difference(both)
    assert difference is not None
    assert (difference.value, difference.low, difference.high) == pytest.approx((0.5, 0.5, 0.5))
    assert Bootstrap(4, 0).before_and_after(both) == pytest.approx((0.25, 0.75))


def test_few_documents_are_exchanged_in_every_way() -> None:
    # Five gains of one: of 32 exchanges only "all" and "none" are as far from zero.
    both = ratio([0] * 5 + [1] * 5, [1] * 10)
    assert Bootstrap(5, 0).p_value(both) == pytest.approx(2 / 32)


def test_many_documents_are_exchanged_at_random() -> None:
    unchanged = ratio([1, 0] * 40, [1] * 80)
    assert Bootstrap(40, 0).p_value(unchanged) == 1.0
    better = ratio([0] * 40 + [1] * 40, [1] * 80)
    p_value = Bootstrap(40, 0).p_value(better)
    assert p_value is not None and p_value < 0.001


def test_chance_alone_is_rarely_called_a_difference() -> None:
    random = np.random.default_rng(5)
    called = 0
    for _ in range(100):
        both = ratio(list(random.integers(0, 2, 40)), [1] * 40)
        p_value = Bootstrap(20, 0).p_value(both)
        called += p_value is not None and p_value <= 0.05
    assert called <= 12
