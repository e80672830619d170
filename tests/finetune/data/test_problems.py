from dataclasses import replace
from pathlib import Path

import pytest

from docvlm.config import Settings
from docvlm.schemas import Schema
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, RowsLabel
from finetune.data.problems import LabelProblem, ProblemKind, find_problems, without_problems
from finetune.data.readings import Readings
from finetune.data.schema import schema_of
from tests.finetune.data.pages import pdf_of


@pytest.fixture
def receipt(tmp_path: Path) -> LabelledDocument:
    return pdf_of(tmp_path / "a.pdf", "Acme Stores", "Date 25/12/2018", "Tea 2 4.50", "Total 9.00")


def problems_of(
    settings: Settings, *documents: LabelledDocument, schema: Schema | None = None
) -> tuple[LabelProblem, ...]:
    with Readings.open(settings) as readings:
        return find_problems(documents, readings, schema or schema_of(documents))


def with_fields(document: LabelledDocument, **values: str | None) -> LabelledDocument:
    return replace(document, fields=tuple(FieldLabel(name, value) for name, value in values.items()))


def test_good_labels_have_no_problems(settings: Settings, receipt: LabelledDocument) -> None:
    good = with_fields(receipt, company="ACME STORES", date="2018-12-25", total="9", tip=None)
    rows = RowsLabel("items", ((FieldLabel("description", "Tea"), FieldLabel("amount", "4.50")),))
    questions = (QuestionLabel("Who sells?", ("acme stores",)), QuestionLabel("Who buys?", ()))
    good = replace(good, fields=(*good.fields, rows), questions=questions)
    assert problems_of(settings, good) == ()


@pytest.mark.parametrize(
    ("name", "value", "kind", "says"),
    [
        (
            "company",
            "Bolt Ltd",
            ProblemKind.NOT_ON_PAGE,
            "a.pdf: company 'Bolt Ltd' is not found on the page",
        ),
        ("company", " ", ProblemKind.EMPTY, "a.pdf: company is empty"),
        ("date", "soon", ProblemKind.WRONG_TYPE, "a.pdf: date 'soon' cannot be read as a date."),
        ("total", "nine", ProblemKind.WRONG_TYPE, "a.pdf: total 'nine' cannot be read as an amount."),
        ("date", "2018-12-26", ProblemKind.NOT_ON_PAGE, "a.pdf: date '2018-12-26' is not found on the page"),
    ],
)
def test_a_bad_value_is_one_sentence(
    settings: Settings, receipt: LabelledDocument, name: str, value: str, kind: ProblemKind, says: str
) -> None:
    (problem,) = problems_of(settings, with_fields(receipt, **{name: value, "tip": None}))
    assert (problem.sha256, problem.kind, problem.label) == (receipt.sha256, kind, name)
    assert problem.sentence.startswith(says)


def test_a_list_is_told_by_its_first_wrong_cell(settings: Settings, receipt: LabelledDocument) -> None:
    rows = RowsLabel("items", ((FieldLabel("description", "Tea"),), (FieldLabel("description", "Cake"),)))
    (problem,) = problems_of(settings, replace(receipt, fields=(rows,)))
    assert problem.label == "items"
    assert "items, row 2: description 'Cake' is not found" in problem.sentence


def test_questions(settings: Settings, receipt: LabelledDocument) -> None:
    questions = (QuestionLabel("Who?", ("Bolt Ltd",)), QuestionLabel("What?", ("",)))
    schema = schema_of([with_fields(receipt, total="9.00")])
    found = problems_of(settings, replace(receipt, questions=questions), schema=schema)
    assert [(problem.label, problem.kind) for problem in found] == [
        ("Who?", ProblemKind.NOT_ON_PAGE),
        ("What?", ProblemKind.EMPTY),
    ]


def test_contradictions_within_and_between_copies(settings: Settings, receipt: LabelledDocument) -> None:
    twice = replace(receipt, fields=(FieldLabel("total", "9.00"), FieldLabel("total", "4.50")))
    copy = replace(with_fields(receipt, company="Acme"), name="b.pdf")
    other = replace(with_fields(receipt, company="Stores"), name="c.pdf")
    found = problems_of(settings, twice, copy, other)
    assert [problem.sentence for problem in found] == [
        "a.pdf: total is labelled twice and differently.",
        "c.pdf: company differs from that of b.pdf, the same document.",
    ]
    agreeing = replace(receipt, fields=(FieldLabel("total", "9.00"), FieldLabel("total", "9", ("9.00",))))
    assert problems_of(settings, agreeing) == ()


def test_a_document_that_cannot_be_read(settings: Settings, receipt: LabelledDocument) -> None:
    assert receipt.path is not None
    receipt.path.unlink()
    (problem,) = problems_of(settings, with_fields(receipt, total="9.00"))
    assert (problem.kind, problem.label) == (ProblemKind.UNREADABLE, "")
    assert without_problems([receipt], [problem]) == ()


def test_labels_with_problems_are_left_out(settings: Settings, receipt: LabelledDocument) -> None:
    document = with_fields(receipt, company="Bolt Ltd", total="9.00")
    found = problems_of(settings, document)
    (kept,) = without_problems([document], found)
    assert [label.name for label in kept.fields] == ["total"]
    nothing_left = with_fields(receipt, company="Bolt Ltd")
    assert without_problems([nothing_left], found) == ()
