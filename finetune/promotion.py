"""Whether an adapter beat its base on held-out documents, or may just have been lucky."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

CHANCE = 0.05
"""The most probable luck that is still taken for a win."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of the comparison.

    Attributes:
        wins: whether the adapter may take its base's place.
        fixed: values that the base had wrong and the adapter has right.
        broken: values that the base had right and the adapter has wrong.
        luck: the probability of so many more fixed than broken values if both were equally likely.
        reason: one sentence for the user.
    """

    wins: bool
    fixed: int
    broken: int
    luck: float
    reason: str


def judge(fixed: int, broken: int) -> Verdict:
    """The exact one-sided sign test on the values that changed (McNemar 1947, exact form).

    Values that both got right or both got wrong say nothing about which is better. Eight fixed and two
    broken values are luck once in 18 times, five fixed and none broken once in 32.
    """
    luck = sign_test(fixed, broken)
    if fixed + broken == 0:
        reason = "The adapter changed none of the held-out values."
    elif fixed <= broken:
        reason = f"The adapter is not better: {fixed} held-out values fixed, {broken} broken."
    elif luck > CHANCE:
        reason = (
            f"{fixed} held-out values fixed and {broken} broken may be luck "
            f"(probability {luck:.2f}); label more documents."
        )
    else:
        reason = f"The adapter is better: {fixed} held-out values fixed, {broken} broken."
    return Verdict(fixed > broken and luck <= CHANCE, fixed, broken, luck, reason)


def sign_test(better: int, worse: int) -> float:
    """The probability of at least ``better`` heads in ``better + worse`` throws of a fair coin."""
    throws = better + worse
    return float(sum(comb(throws, heads) for heads in range(better, throws + 1)) / 2**throws)
