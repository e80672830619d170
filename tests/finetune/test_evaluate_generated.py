"""Measuring on generated documents, with an engine that knows the answers and one that finds nothing."""

from __future__ import annotations

from docvlm.prompts import ANSWER_START, NOT_FOUND
from finetune.evaluate_generated import HELD_OUT, evaluate
from finetune.synthesis.examples import make_example
from finetune.synthesis.requests import Turn
from tests.engines import WrittenEngine

DOCUMENTS = 12


def asked() -> dict[tuple[str, str], Turn]:
    """What is asked about each page, by page and prompt."""
    made = (make_example(f"{HELD_OUT}:{number}") for number in range(DOCUMENTS))
    return {(example.page_text, turn.prompt): turn for example in made for turn in example.turns}


def nothing_found(turn: Turn) -> str:
    if turn.schema is None:
        return f" {NOT_FOUND}\n"
    return "".join(f"{spec.name}: {NOT_FOUND}\n" for spec in turn.schema.fields)


def test_every_line_of_a_right_reply_is_right() -> None:
    turns = asked()
    engine = WrittenEngine(lambda page, prompt: turns[page, prompt].reply)
    scores = evaluate(engine, DOCUMENTS)
    assert set(scores) >= {"field", "field not there", "question", "question not there", "row"}
    assert all(right == count > 0 for right, count in scores.values())
    assert {request.reply_start for request in engine.requests} == {"", ANSWER_START}


def test_finding_nothing_is_right_only_where_nothing_is() -> None:
    turns = asked()
    scores = evaluate(WrittenEngine(lambda page, prompt: nothing_found(turns[page, prompt])), DOCUMENTS)
    assert scores["field"][0] == scores["row"][0] == scores["question"][0] == 0
    right, count = scores["question not there"]
    assert right == count > 0


def test_documents_of_one_kind_are_asked_about_alone() -> None:
    engine = WrittenEngine(lambda page, prompt: "")
    evaluate(engine, 3, kind="contract")
    kinds = [make_example(f"{HELD_OUT}:{number}") for number in range(200)]
    contracts = [example.page_text for example in kinds if example.kind == "contract"]
    assert list(dict.fromkeys(page.reader_text for page in engine.pages)) == contracts[:3]
