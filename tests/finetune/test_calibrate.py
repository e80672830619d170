"""Curves follow the share of right replies, and nothing of training or evaluation is used to fit them."""

from __future__ import annotations

from random import Random

import pytest

from docvlm.models.calibration import AS_IT_IS
from docvlm.prompts import NOT_FOUND
from finetune.calibrate import Observed, fit, fit_curve, observe
from finetune.synthesis.examples import make_example
from tests.engines import WrittenEngine


def test_a_boastful_model_is_set_right() -> None:
    rng = Random(1)
    confidences = [rng.random() for _ in range(4000)]
    curve = fit_curve([Observed("field_value", c, rng.random() < c / 2) for c in confidences])
    for confidence in (0.1, 0.5, 0.9):
        assert curve(confidence) == pytest.approx(confidence / 2, abs=0.06)


def test_a_curve_rises_even_where_the_shares_do_not() -> None:
    falling = [Observed("field_value", place / 100, place < 50) for place in range(100)]
    assert len(set(fit_curve(falling).right)) == 1


def test_a_few_replies_fit_nothing() -> None:
    few = [Observed("answer_value", 0.5, True)] * 30
    assert fit(few).answer_value == AS_IT_IS


def test_every_field_and_answer_is_observed_with_its_truth() -> None:
    examples = (make_example(seed) for seed in range(50))
    example = next(example for example in examples if any(turn.schema for turn in example.turns))
    replies = {turn.prompt: turn.reply for turn in example.turns}
    truthful = list(observe(WrittenEngine(lambda _page, prompt: replies[prompt]), example))
    assert len(truthful) >= len(example.turns)
    assert all(one.right for one in truthful)
    silent = WrittenEngine(lambda _page, prompt: f" {NOT_FOUND}\n" if prompt.startswith("Question") else "")
    answers = [one for one in observe(silent, example) if one.kind.startswith("answer")]
    assert {one.kind for one in answers} == {"answer_absent"}
    assert any(not one.right for one in answers)
