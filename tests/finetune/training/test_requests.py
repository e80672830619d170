"""How a window is asked about in training."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from docvlm.prompts import ANSWER_START, extraction_prompt, transcription_prompt
from docvlm.schemas import load_schema
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel
from finetune.synthesis.requests import Turn
from finetune.training.examples import WindowExample, document_examples
from finetune.training.requests import first_turn, window_turns
from tests.pages import reading_of

SCHEMA = load_schema("receipt")
PAGE = reading_of(["Corner Shop", "Date 2026-05-01", "Total 7.70"])
FULL = "company: Corner Shop\ndate: 2026-05-01\ntotal: 7.70\n"


def example(*labels: FieldLabel | QuestionLabel) -> WindowExample:
    fields = tuple(label for label in labels if isinstance(label, FieldLabel))
    questions = tuple(label for label in labels if isinstance(label, QuestionLabel))
    document = LabelledDocument("ab" * 32, "receipt", None, fields=fields, questions=questions)
    (found,), _ = document_examples(document, [PAGE], SCHEMA, lambda text: len(text.split()))
    return found


def three_fields() -> WindowExample:
    return example(
        FieldLabel("company", "Corner Shop"), FieldLabel("date", "2026-05-01"), FieldLabel("total", "7.70")
    )


def many_turns(absent_share: float = 0.0) -> list[Turn]:
    """The further requests of many visits."""
    window = three_fields()
    return [
        turn for seed in range(60) for turn in window_turns(window, SCHEMA, Random(seed), 2, absent_share)[1:]
    ]


def test_the_first_request_is_that_of_serving() -> None:
    window = three_fields()
    turn = window_turns(window, SCHEMA, Random(1), 0, 0.0)[0]
    assert turn == first_turn(window, SCHEMA)
    assert turn.schema is not None and turn.schema.name == SCHEMA.name
    assert turn.prompt == extraction_prompt(turn.schema)
    assert turn.reply == FULL


def test_there_are_as_many_further_requests_as_wanted_and_they_follow_from_the_seed() -> None:
    window = three_fields()
    for count in (0, 1, 3):
        turns = window_turns(window, SCHEMA, Random(4), count, 0.5)
        assert len(turns) == 1 + count
        assert turns == window_turns(window, SCHEMA, Random(4), count, 0.5)


def test_further_requests_ask_in_other_orders_other_words_and_without_hints() -> None:
    turns = many_turns()
    extractions = [turn for turn in turns if turn.schema is not None]
    orders = {tuple(spec.name for spec in turn.schema.fields) for turn in extractions if turn.schema}
    assert len(orders) > 8
    hinted = {any(spec.hint for spec in turn.schema.fields) for turn in extractions if turn.schema}
    assert hinted == {True, False}
    questions = {turn.prompt for turn in turns if turn.schema is None}
    assert len(questions) > 8
    assert all(turn.reply_start == ANSWER_START for turn in turns if turn.schema is None)


def test_replies_of_further_requests_say_the_same_values() -> None:
    for turn in many_turns():
        if turn.schema is not None:
            assert set(turn.reply.splitlines()) <= set(FULL.splitlines())
        else:
            assert turn.reply.strip() in ("Corner Shop", "2026-05-01", "7.70")


def test_fields_that_the_page_surely_lacks_are_asked_along_as_often_as_set() -> None:
    never, always = many_turns(0.0), many_turns(1.0)
    assert not any("not found" in turn.reply for turn in never)
    extractions = [turn for turn in always if turn.schema is not None]
    assert extractions and all(turn.reply.count("not found") == 1 for turn in extractions)


def test_labelled_questions_are_always_asked() -> None:
    window = example(QuestionLabel("Which shop?", ("Corner Shop",)), QuestionLabel("Who signed?", ()))
    turns = window_turns(window, None, Random(1), 3, 1.0)
    assert [(turn.prompt, turn.reply) for turn in turns] == [
        ("Question: Which shop?", " Corner Shop\n"),
        ("Question: Who signed?", " not found\n"),
    ]
    assert first_turn(window, None) == turns[0]


def test_a_page_is_copied_last_or_where_nothing_else_is_labelled() -> None:
    copied = Turn(transcription_prompt(), "", "Corner Shop\nTotal 7.70")
    asked = replace(example(QuestionLabel("Which day?", ("2026-05-01",))), transcript=copied.reply)
    assert window_turns(asked, SCHEMA, Random(1), 2, 0.0)[1:] == (copied,)
    assert first_turn(asked, SCHEMA) != copied
    alone = replace(asked, questions=())
    assert window_turns(alone, SCHEMA, Random(1), 2, 0.0) == (copied,)
    assert first_turn(alone, SCHEMA) == copied
