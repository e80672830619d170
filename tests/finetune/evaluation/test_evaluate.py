"""Documents are asked as docvlm asks them; one that fails does not end an evaluation."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from docvlm.errors import Cancelled, InputError
from docvlm.schemas import Schema, load_schema
from docvlm.types import Page, Reading
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, TranscriptLabel
from finetune.evaluation import evaluate_documents, judge_documents, summarise
from finetune.evaluation.facts import Fact, FactKind
from finetune.evaluation.results import Evaluation
from tests.engines import WrittenEngine
from tests.finetune.evaluation.judged import document, evaluation, judged
from tests.pages import reading_of

SCHEMA = load_schema("company, total:amount")
ROWS = ("Harbour Books", "Total 12.50")


class Pages:
    """Readings of pages that were written down."""

    def __init__(self, *rows: Sequence[str]) -> None:
        self._rows = rows

    def of(self, document: LabelledDocument) -> tuple[Reading, ...]:
        if document.name == "gone.pdf":
            raise InputError("The file of 'gone.pdf' is not there any more.", "Leave it out.")
        return tuple(reading_of(rows, number) for number, rows in enumerate(self._rows, start=1))

    def page(self, document: LabelledDocument, number: int) -> Page:
        raise AssertionError("this model sees no pictures")


def labelled(number: int, name: str = "a.pdf", total: str | None = "12.50") -> LabelledDocument:
    fields = (FieldLabel("company", "Harbour Books"), FieldLabel("total", total))
    return LabelledDocument(f"{number:064x}", name, None, fields=fields)


def writing(company: str, total: str) -> WrittenEngine:
    return WrittenEngine(lambda _page, _prompt: f"company: {company}\ntotal: {total}\n")


def evaluate(
    engine: WrittenEngine, *documents: LabelledDocument, schema: Schema | None = SCHEMA
) -> Evaluation:
    return evaluate_documents(engine, documents, Pages(ROWS), schema)


def test_fields_are_extracted_and_judged() -> None:
    found = evaluate(writing("Harbour Books", "12.50"), labelled(0), labelled(1, total="13.00"))
    assert found.metrics["field_typed"].value == pytest.approx((1 + 1 / 2) / 2)
    assert found.field("company")["exact"].value == 1.0
    assert found.field("nobody") == {}
    (right, wrong) = (result.values[1] for result in found.documents)
    assert (right.raw, right.value, right.right, right.on_right_words) == ("12.50", "12.50", True, True)
    assert (wrong.right, wrong.on_right_words) == (False, False)
    assert (found.model, found.revision, found.adapter, found.failed) == ("written", "1", None, ())


def test_questions_are_asked_one_by_one() -> None:
    def answer(_page: str, prompt: str) -> str:
        return "12.50\n" if "total" in prompt else "Harbour Books\n"

    engine = WrittenEngine(answer)
    questions = (QuestionLabel("Who sells?", ("Harbour Books",)), QuestionLabel("The total?", ("9",)))
    asked = LabelledDocument("0" * 64, "a.pdf", None, questions=questions)
    found = evaluate(engine, asked, schema=None)
    assert [(value.raw, value.right) for value in found.documents[0].values] == [
        ("Harbour Books", True),
        ("12.50", False),
    ]
    assert found.metrics["answer_exact"].value == 0.5
    assert len(engine.requests) == 2


def test_each_document_can_have_a_schema_of_its_own() -> None:
    engine = writing("Harbour Books", "12.50")
    schemas = {"a.pdf": load_schema("company, date:date"), "b.pdf": None}
    documents = [labelled(0), labelled(1, "b.pdf")]
    found = evaluate_documents(engine, documents, Pages(ROWS), lambda document: schemas[document.name])
    assert [[value.name for value in result.values] for result in found.documents] == [["company"], []]


def test_a_document_that_fails_is_named_counts_as_wrong_and_stops_nothing() -> None:
    def write(page: str, _prompt: str) -> str:
        return "company: Harbour Books\ntotal: 12.50\n"

    found = evaluate(WrittenEngine(write), labelled(0, "gone.pdf"), labelled(1))
    assert [result.failure is None for result in found.documents] == [False, True]
    assert found.failed[0].failure == "The file of 'gone.pdf' is not there any more. Leave it out."
    assert found.metrics["field_typed"].value == 0.5
    assert found.documents[0].cost is None


def test_a_fault_of_the_program_is_a_reason_as_well() -> None:
    def write(_page: str, _prompt: str) -> str:
        raise ZeroDivisionError("oops")

    (result,) = judge_documents(WrittenEngine(write), [labelled(0)], Pages(ROWS), SCHEMA)
    assert result.failure == "'a.pdf' could not be asked about (ZeroDivisionError: oops)."
    assert [value.right for value in result.values] == [False, False]


def test_stopping_stops() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        list(judge_documents(writing("x", "y"), [labelled(0)], Pages(ROWS), SCHEMA, cancel=cancel))


def test_what_is_only_read_needs_no_question() -> None:
    engine = writing("x", "y")
    read = replace(labelled(0), fields=(), transcripts=(TranscriptLabel("\n".join(ROWS)),))
    facts = {read.sha256: (Fact("shop", FactKind.PRESENT, 1, text="Harbour Books"),)}
    found = evaluate_documents(engine, [read], Pages(ROWS), SCHEMA, facts=facts)
    assert engine.requests == []
    assert (found.metrics["reading_cer"].value, found.metrics["fact_accuracy"].value) == (0.0, 1.0)
    assert "seconds_per_document" not in found.metrics


def test_cost_counts_what_was_asked_and_replied() -> None:
    engine = writing("Harbour Books", "12.50")
    (result,) = judge_documents(engine, [labelled(0)], Pages(ROWS), SCHEMA)
    (request,) = engine.requests
    assert result.cost is not None
    assert result.cost.prompt_tokens == len(" ".join(ROWS).split()) + len(request.prompt.split())
    assert result.cost.reply_tokens == 2  # this engine's tokens are lines
    assert result.cost.seconds > 0


def test_intervals_follow_from_the_seed_and_shrink_with_documents() -> None:
    def some(count: int) -> list[str]:
        return ["1" if number % 4 else "2" for number in range(count)]

    def interval(count: int, seed: int) -> tuple[float, float]:
        results = [document(number, judged("total", "1", raw)) for number, raw in enumerate(some(count))]
        found = evaluation(*results, seed=seed).metrics["field_typed"]
        assert found.value == 0.75
        return found.low, found.high

    assert interval(40, 1) == interval(40, 1)
    assert len({interval(40, seed) for seed in range(6)}) > 1
    widths = [high - low for low, high in (interval(count, 1) for count in (20, 80, 320))]
    assert widths == sorted(widths, reverse=True)
    # The binomial's standard error, on either side 1.96 times.
    assert widths[-1] == pytest.approx(2 * 1.96 * (0.75 * 0.25 / 320) ** 0.5, rel=0.15)


def test_no_documents_have_no_figures() -> None:
    empty = summarise(writing("x", "y"), ())
    assert (empty.documents, empty.metrics, empty.fields) == ((), {}, ())
    assert all(one.count == 0 for one in empty.reliability)
