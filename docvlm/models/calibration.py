"""From the probability of a reply's tokens to the share of such replies that are right.

A model's own probabilities are too high or too low in a steady way (Guo et al. 2017, "On calibration of
modern neural networks"). A monotone curve, fitted by isotonic regression on replies whose truth is known
(Zadrozny and Elkan 2002), sets them right and keeps their order. The curves belong to one set of weights
and lie beside them.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from docvlm.errors import ModelError
from docvlm.types import Answer, Extraction, FieldValue, LineItems

CALIBRATION_FILE = "calibration.json"
"""Lies in the folder of the adapter that it was fitted with."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A rising curve through points, straight between them and level outside.

    ``raw`` rises strictly; ``right`` holds the share of right replies at each of its points.
    """

    raw: tuple[float, ...]
    right: tuple[float, ...]

    def __post_init__(self) -> None:
        rises = all(a < b for a, b in zip(self.raw, self.raw[1:], strict=False))
        falls = any(a > b for a, b in zip(self.right, self.right[1:], strict=False))
        if not self.raw or len(self.raw) != len(self.right) or not rises or falls:
            raise ValueError("a calibration curve must rise")

    def __call__(self, confidence: float) -> float:
        after = bisect_right(self.raw, confidence)
        if after == 0:
            return self.right[0]
        if after == len(self.raw):
            return self.right[-1]
        left, right = self.raw[after - 1], self.raw[after]
        share = (confidence - left) / (right - left)
        return self.right[after - 1] + share * (self.right[after] - self.right[after - 1])


AS_IT_IS = Curve((0.0, 1.0), (0.0, 1.0))

LEAST_ANSWER = 0.25
"""Words that are wrong three times of four mislead more than they help: "not found" is said instead. What a
curve says below its first measured point falls to nothing in a straight line."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """One curve for each kind of reply: a value or "not found", of a field or in answer to a question."""

    field_value: Curve = AS_IT_IS
    field_absent: Curve = AS_IT_IS
    answer_value: Curve = AS_IT_IS
    answer_absent: Curve = AS_IT_IS

    def answer(self, answer: Answer) -> Answer:
        """The answer with its confidence set right; "not found" where its words are hardly ever right."""
        if answer.text is None:
            return replace(answer, confidence=self.answer_absent(answer.confidence))
        confidence = self.answer_value(answer.confidence)
        # Without a curve the probability of many words is low, however right they are.
        if confidence < LEAST_ANSWER and self.answer_value != AS_IT_IS:
            # Nobody measured how often that is right; never surer than a reply that was in two minds.
            return Answer(answer.question, None, min(1 - confidence, self.answer_absent(0.5)))
        return replace(answer, confidence=confidence)

    def extraction(self, extraction: Extraction) -> Extraction:
        """The extraction with every confidence set right, those of cells too."""
        return replace(extraction, fields=tuple(self._field(field) for field in extraction.fields))

    def _field(self, field: FieldValue | LineItems) -> FieldValue | LineItems:
        if isinstance(field, LineItems):
            return replace(field, rows=tuple(tuple(map(self._value, row)) for row in field.rows))
        return self._value(field)

    def _value(self, value: FieldValue) -> FieldValue:
        curve = self.field_absent if value.raw is None else self.field_value
        return replace(value, confidence=curve(value.confidence))


UNCALIBRATED = Calibration()


def read_calibration(file: Path) -> Calibration:
    """The curves of a file; those of uncalibrated probabilities where there is no file.

    Raises:
        ModelError: when the file is damaged.
    """
    try:
        curves = json.loads(file.read_text(encoding="utf-8"))
        return Calibration(
            **{name: Curve(tuple(curve["raw"]), tuple(curve["right"])) for name, curve in curves.items()}
        )
    except FileNotFoundError:
        return UNCALIBRATED
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(
            f"The calibration in {file} is damaged.",
            "Install docvlm again.",
        ) from error


def write_calibration(file: Path, calibration: Calibration) -> None:
    file.write_text(json.dumps(asdict(calibration), indent=1) + "\n", encoding="utf-8")
