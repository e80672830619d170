"""Whether an adapter beat its base on held-out documents, or may just have been lucky."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import comb

import numpy as np

JUDGEMENT = "judgement"
"""The folder inside an adapter's own, and inside a run's, that holds what came of the comparison."""

CHANCE = 0.05
"""The most probable luck that is still taken for a win."""

FEWEST_DOCUMENTS = 5
"""With fewer, all of them better are luck more often than ``CHANCE``: 1 in 16 for four."""

FOUND = 0.5
"""The share of the values that are there which a win by abstaining has to find."""

SLACK = 0.05
"""The share of the values that are there, or of those that are not, that may get worse in a win."""

FALL = 0.2
"""The share of one field's values from which it counts as fallen, whatever the others have won."""

_FEWEST_FALLEN = 2
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Tally:
    """Values of one sort in one document: how many, how many right after, and what changed."""

    values: int = 0
    right: int = 0
    fixed: int = 0
    broken: int = 0

    @property
    def gain(self) -> int:
        return self.fixed - self.broken


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, or one column of a list, in one document: how many values, and how many more are right."""

    name: str
    values: int
    gain: int


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One held-out document before and after: the values that it has, and those that it lacks.

    ``fields`` are both together for each field.
    """

    present: Tally = field(default_factory=Tally)
    absent: Tally = field(default_factory=Tally)
    fields: tuple[FieldChange, ...] = ()

    @property
    def gain(self) -> int:
        """By how many values it is better."""
        return self.present.gain + self.absent.gain


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of the comparison.

    Attributes:
        wins: whether the adapter may take its base's place.
        fixed: values that the base had wrong and the adapter has right.
        broken: values that the base had right and the adapter has wrong.
        luck: the probability of a difference as large if neither were better.
        reason: one sentence for the user.
    """

    wins: bool
    fixed: int
    broken: int
    luck: float
    reason: str


def judge(documents: Sequence[DocumentChange]) -> Verdict:
    """Promote only what beats its base by more than luck and gives up neither finding nor abstaining.

    Args:
        documents: held-out documents of which none is a copy of another; a copy would count twice.

    Five things have to hold:

    - More values are fixed than broken, by more than luck, both with values and with documents as what
      chance falls on. Values of one document are right and wrong together (a layout read well or badly, a
      shop that comes twice), so the documents' test is the honest one: ten values fixed in a single document
      are one stroke of luck. The values' test, :func:`sign_test`, keeps an adapter from winning by little
      where it changes much.
    - Of the values that documents have, not more than ``SLACK`` get lost.
    - Of those that they lack, not more than ``SLACK`` get invented.
    - A win that the values that are there do not bear out on their own, one by abstaining, counts only where
      at least ``FOUND`` of those are found. A model that finds next to nothing gets better by saying nothing;
      so it does with labels that belong to other documents, of which it can only learn what is seldom there.
    - No field falls by ``FALL`` of its values, and two at least: what is won with addresses does not pay for
      totals. The fields are named.
    """
    fixed = sum(document.present.fixed + document.absent.fixed for document in documents)
    broken = sum(document.present.broken + document.absent.broken for document in documents)
    luck = _luck([_together(document) for document in documents])
    changed = f"{fixed} held-out {_values(fixed)} fixed, {broken} broken"
    reason = _against(documents, fixed, broken, luck, changed)
    return Verdict(reason is None, fixed, broken, luck, reason or f"The adapter is better: {changed}.")


def _against(
    documents: Sequence[DocumentChange], fixed: int, broken: int, luck: float, changed: str
) -> str | None:
    """The first reason not to promote; None where there is none."""
    if fixed + broken == 0:
        return "The adapter changed none of the held-out values."
    if fixed <= broken:
        return f"The adapter is not better: {changed}."
    if lost := _lost([document.present for document in documents]):
        return f"The adapter abstains too often: {changed}, but {lost} fewer that are there are found."
    if invented := _lost([document.absent for document in documents]):
        return f"The adapter invents values: {changed}, but {invented} more are given where there are none."
    if luck > CHANCE:
        remedy = (
            f"hold out at least {FEWEST_DOCUMENTS} documents"
            if len(documents) < FEWEST_DOCUMENTS
            else "label more documents"
        )
        return f"The adapter may just be lucky: {changed} (probability {luck:.2f}); {remedy}."
    present = [document.present for document in documents]
    found, wanted = sum(tally.right for tally in present), sum(tally.values for tally in present)
    if _luck(present) > CHANCE and found < max(1.0, FOUND * wanted):
        return (
            f"The adapter wins only by abstaining: {changed}, but {found} of the {wanted} values "
            "that are there are found; label more documents."
        )
    if fallen := _fallen(documents):
        return f"The adapter is better in all, but worse at {fallen}: {changed}. Label more of these."
    return None


def _luck(tallies: Sequence[Tally]) -> float:
    """The probability of so many more fixed than broken values, one tally a document."""
    fixed, broken = sum(tally.fixed for tally in tallies), sum(tally.broken for tally in tallies)
    return max(sign_test(fixed, broken), exchange_test([tally.gain for tally in tallies]))


def _together(document: DocumentChange) -> Tally:
    one, other = document.present, document.absent
    return Tally(fixed=one.fixed + other.fixed, broken=one.broken + other.broken)


def _lost(tallies: Sequence[Tally]) -> int:
    """How many values got worse on balance; 0 where they are within the slack. One alone says nothing."""
    lost = -sum(tally.gain for tally in tallies)
    return lost if lost > max(1.0, SLACK * sum(tally.values for tally in tallies)) else 0


def _fallen(documents: Sequence[DocumentChange]) -> str:
    """The fields that got a lot worse, the worst first, with how much; empty where none did."""
    values: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for change in (change for document in documents for change in document.fields):
        values[change.name] += change.values
        lost[change.name] -= change.gain
    fallen = {
        name: count for name, count in lost.items() if count >= max(_FEWEST_FALLEN, FALL * values[name])
    }
    worst = sorted(fallen, key=lambda name: -fallen[name] / max(1, values[name]))
    named = [f"'{name}' ({fallen[name]} of {values[name]} fewer right)" for name in worst[:_MOST_NAMED]]
    more = [f"{len(worst) - _MOST_NAMED} more"] if len(worst) > _MOST_NAMED else []
    return ", ".join(named + more)


def _values(count: int) -> str:
    return "value" if count == 1 else "values"


def sign_test(better: int, worse: int) -> float:
    """The probability of at least ``better`` heads in ``better + worse`` throws of a fair coin.

    The one-sided exact test of McNemar 1947 on values that changed: what both got right or both got wrong
    says nothing about which is better. Eight fixed and two broken are luck once in 18 times.
    """
    throws = better + worse
    return float(sum(comb(throws, heads) for heads in range(better, throws + 1)) / 2**throws)


def exchange_test(gains: Sequence[int]) -> float:
    """How often chance alone gives documents a gain as large in all, if before and after were the same.

    The exact one-sided randomisation test for paired differences (Fisher, "The Design of Experiments",
    1935, section 21): were neither better, each document's gain could as well have been its loss. All
    exchanges are counted: the gains that stay positive are a random subset of their sizes. It holds for any
    number of documents and whatever the values of one document have to do with each other. Documents
    without a difference say nothing; where all differ by one it is :func:`sign_test` over documents.

    Args:
        gains: values better less values worse, for each document.
    """
    sizes = [abs(gain) for gain in gains if gain]
    chances = np.zeros(sum(sizes) + 1)  # of each sum of a subset of the sizes
    chances[0] = 1.0
    for size in sizes:
        moved = np.zeros_like(chances)
        moved[size:] = chances[:-size]
        chances = (chances + moved) / 2
    return min(1.0, float(chances[sum(gain for gain in gains if gain > 0) :].sum()))
