from __future__ import annotations

import numpy as np
import pytest

from finetune.evaluation.calibration import BINS, bin_of, bin_sums, calibration_error, reliability


def test_bins_hold_their_upper_edge() -> None:
    assert [bin_of(value) for value in (0.0, 0.01, 1 / 15, 0.07, 0.999, 1.0)] == [0, 0, 0, 1, 14, 14]


def test_the_error_is_the_gap_of_each_bin_by_its_share() -> None:
    # Two values in (14/15, 1], one right: |0.5 - 0.95|; two in (6/15, 7/15], both wrong: |0 - 0.45|.
    values = [(0.95, True), (0.95, False), (0.45, False), (0.45, False)]
    assert calibration_error(bin_sums(values)) == pytest.approx(0.5 * 0.45 + 0.5 * 0.45)


def test_as_sure_as_right_has_no_error() -> None:
    values = [(0.75, True)] * 3 + [(0.75, False)]
    assert calibration_error(bin_sums(values)) == pytest.approx(0.0)


def test_no_values_have_no_error_at_all() -> None:
    assert np.isnan(calibration_error(bin_sums([])))


def test_reliability_has_a_bin_for_every_confidence() -> None:
    bins = reliability(bin_sums([(0.95, True), (0.97, False)]))
    assert len(bins) == BINS
    assert bins[0].accuracy is None and bins[0].count == 0
    assert (bins[-1].count, bins[-1].accuracy) == (2, 0.5)
    assert bins[-1].confidence == pytest.approx(0.96)
