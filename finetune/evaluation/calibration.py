"""Whether answers given with confidence 0.8 are right eight times of ten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BINS = 15
"""Bins of equal width over [0, 1], as in Guo et al. 2017."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The values whose confidence lies in (``low``, ``high``]; means are None in an empty bin."""

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


def bin_of(confidence: float) -> int:
    """The bin, from 0, that a confidence in [0, 1] belongs to: the m-th holds ((m-1)/15, m/15]."""
    return min(BINS - 1, max(0, int(np.ceil(confidence * BINS)) - 1))


def bin_sums(values: Sequence[tuple[float, bool]]) -> npt.NDArray[np.float64]:
    """Count, sum of confidences and number right in each bin: shape (3, ``BINS``)."""
    sums = np.zeros((3, BINS))
    for confidence, right in values:
        sums[:, bin_of(confidence)] += (1.0, confidence, float(right))
    return sums


def calibration_error(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The expected calibration error of binned values, in [0, 1]; NaN without any.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3: the difference of accuracy
    and mean confidence in each bin, weighted by the share of values in it.

    Args:
        sums: shape (..., 3, ``BINS``), as :func:`bin_sums` gives it.
    """
    count, confidence, right = sums[..., 0, :], sums[..., 1, :], sums[..., 2, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.abs(right - confidence).sum(axis=-1) / count.sum(axis=-1))


def reliability(sums: npt.NDArray[np.float64]) -> tuple[ReliabilityBin, ...]:
    """The reliability diagram's bins, from low confidence to high."""
    return tuple(
        ReliabilityBin(
            number / BINS,
            (number + 1) / BINS,
            int(count),
            float(confidence / count) if count else None,
            float(right / count) if count else None,
        )
        for number, (count, confidence, right) in enumerate(sums.T)
    )
