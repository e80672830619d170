"""Curves follow the share of right replies, and nothing of training or evaluation is used to fit them."""

from __future__ import annotations

from random import Random

import pytest

from docvlm.models.calibration import AS_IT_IS
from docvlm.prompts import NOT_FOUND
from finetune.calibrate import FORM, Observed, fit, fit_curve, lessons, observe
from finetune.synthesis.examples import Example, make_example
from tests.engines import WrittenEngine


def test_a_boastful_model_is_set_right() -> None:
    rng = Random(1)
    confidences = [rng.random() for _ in range(4000)]
    curve = fit_curve([Observed("field_value", c, rng.random() < c / 2) for c in confidences])
    for confidence in (0.1, 0.5, 0.9):
        assert curve(confidence) == pytest.approx(confidence / 2, abs=0.06)


def test_a_curve_rises_even_where_the_shares_do_not() -> None:
    falling = [Observed("field_value", place / 100, place < 50) for place in range(100)]
    assert len(set(fit_curve(falling).right[1:])) == 1


def test_a_reply_without_any_chance_is_given_none() -> None:
    curve = fit_curve([Observed("field_value", 0.4 + place / 1000, True) for place in range(100)])
    assert curve(0.0) == 0.0
    assert 0.3 < curve(0.2) < 0.6
    assert curve(0.5) > 0.9


def test_a_few_replies_fit_nothing() -> None:
    few = [Observed("answer_value", 0.5, True)] * 30
    assert fit(few).answer_value == AS_IT_IS


def test_every_field_and_answer_is_observed_with_its_truth() -> None:
    examples = (make_example(seed) for seed in range(50))
    example = next(example for example in examples if any(turn.schema for turn in example.turns))
    replies = {turn.prompt: turn.reply for turn in example.turns}
    truthful = list(observe(WrittenEngine(lambda _page, prompt: replies[prompt]), example, example))
    assert len(truthful) >= len(example.turns)
    assert all(one.right for one in truthful)
    silent = WrittenEngine(lambda _page, prompt: f" {NOT_FOUND}\n" if prompt.startswith("Question") else "")
    answers = [one for one in observe(silent, example, example) if one.kind.startswith("answer")]
    assert {one.kind for one in answers} == {"answer_absent"}
    assert any(not one.right for one in answers)


def test_what_is_printed_is_right_and_what_was_misread_is_not() -> None:
    pairs = [(make_example(seed), make_example(seed, misreadings=False)) for seed in range(120)]
    assert sum(_wrong(printed, printed) for _, printed in pairs) == 0
    assert sum(_wrong(example, printed) for example, printed in pairs) > 0


def test_nothing_is_observed_where_other_things_are_asked_about_the_printed_page() -> None:
    assert not list(observe(WrittenEngine(lambda _page, _prompt: ""), make_example(1), make_example(2)))


def test_fields_are_asked_for_of_every_kind_and_questions_of_misread_forms() -> None:
    pairs = list(lessons(40, 20))
    fields, questions = ([pair for pair in pairs if _asks_fields(pair[0]) is asks] for asks in (True, False))
    assert 30 < len(fields) <= 40
    assert len(questions) == 20
    assert len({example.kind for example, _ in fields}) > 4
    assert {example.kind for example, _ in questions} == {FORM}
    assert all(turn.schema is None for example, _ in questions for turn in example.turns)
    assert any(example.reading.text == printed.reading.text for example, printed in fields)
    assert all(example.reading.text != printed.reading.text for example, printed in questions)


def _asks_fields(example: Example) -> bool:
    return example.turns[0].schema is not None


def _wrong(example: Example, printed: Example) -> int:
    """How many replies are wrong of a model that says what it is taught to."""
    replies = {turn.prompt: turn.reply for turn in example.turns}
    engine = WrittenEngine(lambda _page, prompt: replies[prompt])
    return sum(not one.right for one in observe(engine, example, printed))
