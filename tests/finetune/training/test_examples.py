"""What labelled documents teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from docvlm.schemas import Schema, load_schema
from docvlm.types import Reading
from finetune.data.documents import (
    DocumentLabel,
    FieldLabel,
    LabelledDocument,
    QuestionLabel,
    RowsLabel,
    TranscriptLabel,
)
from finetune.training.examples import ExampleSet, WindowExample, document_examples, make_examples
from tests.pages import reading_of

SCHEMA = load_schema("shop, date:date, total:amount, tip:amount, items[name, amount:amount]")
PAGE = reading_of(
    ["Corner Shop", "Date 2026-05-01", "Tea      4.50", "Cake     3.20", "Total    7.70"], page_number=1
)


def document(*labels: DocumentLabel) -> LabelledDocument:
    return LabelledDocument(
        "ab" * 32,
        "receipt",
        None,
        fields=tuple(label for label in labels if isinstance(label, FieldLabel | RowsLabel)),
        questions=tuple(label for label in labels if isinstance(label, QuestionLabel)),
    )


def examples(
    *labels: DocumentLabel, pages: Sequence[Reading] = (PAGE,), schema: Schema | None = SCHEMA
) -> tuple[list[WindowExample], int]:
    return document_examples(document(*labels), pages, schema, lambda text: len(text.split()))


def lines(example: WindowExample) -> list[str]:
    return [line for target in example.fields for line in target.lines]


def test_values_are_written_as_the_page_writes_them_in_the_order_of_the_schema() -> None:
    (example,), lost = examples(FieldLabel("total", "7.7"), FieldLabel("SHOP", "corner shop"))
    assert lines(example) == ["shop: Corner Shop", "total: 7.70"]
    assert lost == 0 and example.teaches_a_value


def test_a_field_that_the_document_lacks_is_not_found_and_an_unlabelled_one_is_not_asked() -> None:
    (example,), lost = examples(FieldLabel("shop", "Corner Shop"), FieldLabel("tip", None))
    assert lines(example) == ["shop: Corner Shop", "tip: not found"]
    assert [target.found for target in example.fields] == [True, False]
    assert lost == 0


def test_a_label_that_stands_nowhere_is_counted_and_not_taught() -> None:
    (example,), lost = examples(FieldLabel("shop", "Bakery"), FieldLabel("total", "7.70"))
    assert lines(example) == ["total: 7.70"] and lost == 1


def test_rows_are_taught_whole_or_not_at_all() -> None:
    row = (FieldLabel("name", "Tea"), FieldLabel("amount", "4.50"))
    other = (FieldLabel("name", "Cake"), FieldLabel("amount", None))
    (example,), lost = examples(RowsLabel("items", (row, other)))
    assert lines(example) == ["items:", "- name: Tea\tamount: 4.50", "- name: Cake\tamount: not found"]
    wrong = (FieldLabel("name", "Cake"), FieldLabel("amount", "9.99"))
    found, lost = examples(RowsLabel("items", (row, wrong)))
    assert found == [] and lost == 1
    (example,), lost = examples(RowsLabel("items", ()))
    assert lines(example) == ["items: not found"] and lost == 0


@pytest.mark.parametrize("label", [FieldLabel("items", None), RowsLabel("items", ())])
def test_a_list_that_the_document_lacks_is_not_found_and_never_lost(label: FieldLabel | RowsLabel) -> None:
    (example,), lost = examples(FieldLabel("shop", "Corner Shop"), label)
    assert lines(example) == ["shop: Corner Shop", "items: not found"] and lost == 0


def test_a_list_that_is_labelled_as_one_value_is_lost() -> None:
    assert examples(FieldLabel("items", "Tea")) == ([], 1)


def test_questions_are_answered_with_words_of_the_page() -> None:
    (example,), lost = examples(
        QuestionLabel("What is due?", ("7,70", "7.70")),
        QuestionLabel("Who signed?", ()),
        QuestionLabel("Where?", ("Bonn",)),
        schema=None,
    )
    assert [(target.question, target.answer) for target in example.questions] == [
        ("What is due?", "7.70"),
        ("Who signed?", "not found"),
    ]
    assert lost == 1


def test_a_value_is_looked_for_on_its_own_page_only() -> None:
    second = replace(PAGE, page_number=2)
    first_page, second_page = examples(FieldLabel("total", "7.70", page=2), pages=(PAGE, second))[0]
    assert lines(first_page) == ["total: not found"] and lines(second_page) == ["total: 7.70"]


def test_a_transcript_is_copied_by_a_model_that_sees_the_page_alone() -> None:
    labelled = replace(document(), transcripts=(TranscriptLabel("Corner Shop"),))
    count = lambda text: len(text.split())  # noqa: E731
    (example,), lost = document_examples(labelled, [PAGE], SCHEMA, count, sees_pixels=True)
    assert (example.transcript, lost) == ("Corner Shop", 0) and example.teaches_a_value
    assert document_examples(labelled, [PAGE], SCHEMA, count) == ([], 0)


class _Kept:
    """Readings that are there already."""

    def __init__(self, *pages: Reading) -> None:
        self._pages = pages

    def of(self, _document: LabelledDocument) -> tuple[Reading, ...]:
        return self._pages


def test_labels_that_say_something_are_counted_and_those_that_are_lost() -> None:
    labels = (
        FieldLabel("shop", "Other Shop"),
        FieldLabel("total", "7.70"),
        FieldLabel("tip", None),
        FieldLabel("colour", "green"),
        FieldLabel("items", None),
        QuestionLabel("What is the total?", ("7.70",)),
        QuestionLabel("Who served?", ()),
    )
    found = make_examples([document(*labels)], _Kept(PAGE), SCHEMA, lambda text: len(text.split()))  # type: ignore[arg-type]
    assert (found.lost_labels, found.values) == (1, 3)


@pytest.mark.parametrize("pages", [2, 9])
def test_of_pages_without_a_value_as_many_are_kept_as_there_are_with_one(pages: int) -> None:
    readings = [
        replace(reading_of([f"Terms, part {number}"]), page_number=number) for number in range(2, pages + 1)
    ]
    labelled = document(FieldLabel("total", "7.70", page=1))

    def made(seed: int) -> ExampleSet:
        kept = _Kept(PAGE, *readings)
        return make_examples([labelled], kept, SCHEMA, lambda text: len(text.split()), seed)  # type: ignore[arg-type]

    found = [example.window.page_number for example in made(1).examples]
    assert found[0] == 1 and len(found) == 2
    assert found == [example.window.page_number for example in made(1).examples]
    assert pages == 2 or len({made(seed).examples[1].window.page_number for seed in range(20)}) > 2
