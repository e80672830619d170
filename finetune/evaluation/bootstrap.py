"""How far a figure would move with other documents: percentile intervals and paired tests.

Every figure is a function of weighted sums over documents, so that a resample is a row of weights: how often
each document was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
EXCHANGES = 2000
_LARGEST_EXACT = 11  # documents: 2,048 exchanges

Weights = npt.NDArray[np.float64]
"""Shape (resamples, documents): how often each document counts."""

Statistic = Callable[[Weights], npt.NDArray[np.float64]]
"""From weights to one figure a resample; NaN where the documents drawn do not say."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure of all documents, and the limits of its 95 % interval."""

    value: float
    low: float
    high: float


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> Statistic:
    """Sum over documents divided by sum over documents, one number of each a document."""
    top, bottom = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)

    def figure(weights: Weights) -> npt.NDArray[np.float64]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((weights @ top) / (weights @ bottom))

    return figure


def mean_of(statistics: Sequence[Statistic]) -> Statistic:
    """The mean of several figures, those left out that the documents drawn do not say."""

    def figure(weights: Weights) -> npt.NDArray[np.float64]:
        figures = np.stack([statistic(weights) for statistic in statistics])
        known = np.isfinite(figures)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(known, figures, 0.0).sum(axis=0) / known.sum(axis=0))

    return figure


class Bootstrap:
    """Resamples of so many documents; the same for every figure, so that figures can be compared.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13 (percentile intervals) and
    16 (two samples); ``RESAMPLES`` resamples, seeded.
    """

    def __init__(self, documents: int, seed: int) -> None:
        self._documents = documents
        self._random = np.random.default_rng(seed)
        self._drawn = np.zeros((RESAMPLES, documents))
        if documents:
            shares = np.full(documents, 1 / documents)
            self._drawn += self._random.multinomial(documents, shares, RESAMPLES)

    def interval(self, statistic: Statistic) -> Interval | None:
        """The figure of all documents with its 95 % interval; None where no document says anything."""
        everything = np.ones((1, self._documents))
        return _interval(statistic(everything), statistic(self._drawn))

    def before_and_after(self, statistic: Statistic) -> tuple[float, float]:
        """Both figures of a statistic over the documents before, followed by the same documents after."""
        before, after = _both(statistic, np.ones((1, self._documents)))
        return float(before[0]), float(after[0])

    def difference(self, statistic: Statistic) -> Interval | None:
        """How much higher a figure is after than before, with its interval: both see the same resamples.

        Args:
            statistic: over the documents before, followed by the same documents after.
        """
        everything = np.ones((1, self._documents))
        return _interval(_gain(statistic, everything), _gain(statistic, self._drawn))

    def p_value(self, statistic: Statistic) -> float | None:
        """How often chance alone moves a figure that far in either direction; None where it says nothing.

        A paired randomisation test: were before and after the same, exchanging them in any of the
        documents would not matter (Noreen 1989; Yeh, "More accurate tests for the statistical significance of
        result differences", COLING 2000). All exchanges are tried for few documents, else random ones,
        the observed one among them.

        Args:
            statistic: over the documents before, followed by the same documents after.
        """
        count = self._documents
        observed = float(_gain(statistic, np.ones((1, count)))[0])
        if not np.isfinite(observed):
            return None
        if count <= _LARGEST_EXACT:
            exchanged = ((np.arange(2**count)[:, None] >> np.arange(count)) & 1).astype(np.float64)
        else:
            exchanged = self._random.integers(0, 2, (EXCHANGES, count)).astype(np.float64)
        before = statistic(np.hstack([1 - exchanged, exchanged]))
        after = statistic(np.hstack([exchanged, 1 - exchanged]))
        # Equal differences stay equal despite rounding.
        extreme = int((np.abs(after - before) >= abs(observed) - 1e-12).sum())
        if count <= _LARGEST_EXACT:
            return extreme / len(exchanged)
        return (extreme + 1) / (len(exchanged) + 1)


def _both(statistic: Statistic, weights: Weights) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    nothing = np.zeros_like(weights)
    return statistic(np.hstack([weights, nothing])), statistic(np.hstack([nothing, weights]))


def _gain(statistic: Statistic, weights: Weights) -> npt.NDArray[np.float64]:
    before, after = _both(statistic, weights)
    return after - before


def _interval(everything: npt.NDArray[np.float64], drawn: npt.NDArray[np.float64]) -> Interval | None:
    value = float(everything[0])
    if not np.isfinite(value):
        return None
    known = drawn[np.isfinite(drawn)]
    low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (value, value)
    return Interval(value, float(low), float(high))
