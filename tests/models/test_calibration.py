"""Confidences are set right along a curve, and the order of values stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from docvlm.errors import ModelError
from docvlm.models.calibration import AS_IT_IS, Calibration, Curve, read_calibration, write_calibration
from docvlm.types import Answer, Extraction, FieldValue, LineItems

HALVED = Curve((0.0, 1.0), (0.0, 0.5))
LOW, HIGH = Curve((0.5,), (0.1,)), Curve((0.5,), (0.9,))


@pytest.mark.parametrize(("raw", "expected"), [(0.0, 0.2), (0.2, 0.2), (0.5, 0.4), (0.8, 0.6), (1.0, 0.6)])
def test_a_curve_is_straight_between_its_points_and_level_outside(raw: float, expected: float) -> None:
    assert Curve((0.2, 0.8), (0.2, 0.6))(raw) == pytest.approx(expected)


@pytest.mark.parametrize(
    "points", [((), ()), ((0.5, 0.5), (0.1, 0.2)), ((0.1, 0.2), (0.5, 0.4)), ((0.1,), ())]
)
def test_a_curve_rises(points: tuple[tuple[float, ...], tuple[float, ...]]) -> None:
    with pytest.raises(ValueError, match="must rise"):
        Curve(*points)


def test_each_kind_of_reply_has_its_own_curve() -> None:
    calibration = Calibration(HALVED, LOW, HIGH, AS_IT_IS)
    assert calibration.answer(Answer("q", "a", 0.3)).confidence == 0.9
    assert calibration.answer(Answer("q", None, 0.3)).confidence == pytest.approx(0.3)
    found, absent = FieldValue("total", "9.00", "9.00", 0.8), FieldValue("tax", None, None, 0.8)
    extraction = calibration.extraction(
        Extraction("s", (found, absent, LineItems("items", ((found, absent),))))
    )
    value, missing, items = extraction.fields
    assert isinstance(value, FieldValue) and isinstance(missing, FieldValue) and isinstance(items, LineItems)
    assert (value.confidence, missing.confidence) == (pytest.approx(0.4), 0.1)
    assert [cell.confidence for cell in items.rows[0]] == [pytest.approx(0.4), 0.1]


def test_words_that_are_wrong_three_times_of_four_are_not_given() -> None:
    calibration = Calibration(AS_IT_IS, AS_IT_IS, HALVED, Curve((0.0, 1.0), (0.2, 1.0)))
    assert calibration.answer(Answer("q", "a", 0.52, 3)) == Answer("q", "a", 0.26, 3)
    withheld = calibration.answer(Answer("q", "a", 0.4, 3))
    assert withheld == Answer("q", None, pytest.approx(0.6))  # as sure as a "not found" in two minds
    # A model without curves: the probability of many words is low, however right they are.
    assert Calibration().answer(Answer("q", "many words", 0.05)).text == "many words"


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    calibration = Calibration(HALVED, LOW, HIGH, AS_IT_IS)
    write_calibration(tmp_path / "calibration.json", calibration)
    assert read_calibration(tmp_path / "calibration.json") == calibration
    assert read_calibration(tmp_path / "none.json") == Calibration()


@pytest.mark.parametrize(
    "content", ["", "[]", '{"field_value": {"raw": [1, 0], "right": [0, 1]}}', '{"x": {}}']
)
def test_a_damaged_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    file = tmp_path / "calibration.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match="damaged"):
        read_calibration(file)
