"""Labels of a document beside what was predicted on its pages."""

from __future__ import annotations

import pytest

from docvlm.schemas import load_schema
from docvlm.types import Answer, Box, Extraction, FieldValue, LineItems, Reading
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, RowsLabel, TranscriptLabel
from finetune.evaluation.answering import Said
from finetune.evaluation.facts import Fact, FactKind
from finetune.evaluation.judging import Judge
from finetune.evaluation.results import Cost, ValueKind
from finetune.evaluation.rows import CellCounts
from finetune.evaluation.text import ErrorCounts
from tests.pages import reading_of

PAGE = reading_of(["Harbour Books", "Total 12.50", "Cash 20.00"])
TOTAL = Box(60, 24, 110, 42)  # "12.50" on the second row
CASH = Box(50, 48, 100, 66)
SCHEMA = load_schema("company, total:amount, tip:amount, items[name, price:amount]")


def labelled(*fields: FieldLabel | RowsLabel, questions: tuple[QuestionLabel, ...] = ()) -> LabelledDocument:
    return LabelledDocument("0" * 64, "a.pdf", None, fields=fields, questions=questions)


def said(*fields: FieldValue | LineItems, answers: tuple[Answer, ...] = ()) -> Said:
    return Said(Extraction("schema", fields), answers, Cost(0.0, 0, 0))


def found(name: str, raw: str | None, box: Box | None = None, page: int | None = 1) -> FieldValue:
    return FieldValue(name, raw, raw, 0.9, page, box, (box,) if box else ())


def test_only_fields_with_a_label_that_were_asked_for_are_judged() -> None:
    document = labelled(FieldLabel("Total", "12.50"), FieldLabel("color", "red"))
    values = Judge([PAGE]).values(document, SCHEMA, said(found("total", "12.50"), found("company", "Books")))
    assert [(value.name, value.labels, value.raw, value.right) for value in values] == [
        ("total", ("12.50",), "12.50", True)
    ]


def test_a_field_that_is_not_there_is_right_when_nothing_was_found() -> None:
    document = labelled(FieldLabel("tip", None), FieldLabel("total", None))
    tip, total = Judge([PAGE]).values(document, SCHEMA, said(found("tip", None), found("total", "20.00")))
    assert (tip.labels, tip.right, tip.confidence) == ((), True, 0.9)
    assert (total.right, total.on_right_words) == (False, None)


def test_of_labels_that_contradict_each_other_each_counts_as_right() -> None:
    document = labelled(FieldLabel("total", "20.00"), FieldLabel("TOTAL", "12.50", ("12.5",)))
    (total,) = Judge([PAGE]).values(document, SCHEMA, said(found("total", "12.50")))
    assert (total.labels, total.right) == (("20.00", "12.50", "12.5"), True)


def test_a_document_that_failed_found_nothing_and_abstained_from_nothing() -> None:
    document = labelled(
        FieldLabel("total", "12.50"),
        FieldLabel("tip", None),
        questions=(QuestionLabel("How much?", ("12.50",)), QuestionLabel("Why?", ())),
    )
    values = Judge([]).values(document, SCHEMA, None)
    assert [(value.name, value.right, value.raw, value.confidence) for value in values] == [
        ("total", False, None, None),
        ("How much?", False, None, None),
    ]


def test_answers_come_in_the_order_of_the_questions() -> None:
    document = labelled(questions=(QuestionLabel("Where?", ("Harbour Books",)), QuestionLabel("When?", ())))
    answers = (Answer("Where?", "Harbour Book", 0.8, 1), Answer("When?", None, 0.7))
    where, when = Judge([PAGE]).values(document, None, said(answers=answers))
    assert (where.kind, where.name, where.exact) == (ValueKind.ANSWER, "Where?", False)
    assert where.anls == pytest.approx(1 - 1 / 13)  # one letter of thirteen is missing (Biten et al. 2019)
    assert (when.right, when.anls, when.confidence) == (True, 1.0, 0.7)


def test_the_place_is_right_when_the_words_there_say_so() -> None:
    document = labelled(FieldLabel("total", "12.5", boxes=(TOTAL,), page=1))
    (right,) = Judge([PAGE]).values(document, SCHEMA, said(found("total", "12.50", TOTAL)))
    assert (right.on_right_words, right.box_overlap) == (True, pytest.approx(1.0))
    (wrong,) = Judge([PAGE]).values(document, SCHEMA, said(found("total", "12.50", CASH)))
    assert (wrong.right, wrong.on_right_words, wrong.box_overlap) == (True, False, 0.0)
    (other_page,) = Judge([PAGE]).values(document, SCHEMA, said(found("total", "12.50", TOTAL, page=2)))
    assert (other_page.on_right_words, other_page.box_overlap) == (False, 0.0)
    (nowhere,) = Judge([PAGE]).values(document, SCHEMA, said(found("total", "12.50")))
    assert (nowhere.on_right_words, nowhere.box_overlap) == (None, None)


def test_a_box_that_covers_half_too_much_has_its_share_in_common() -> None:
    document = labelled(FieldLabel("total", "12.50", boxes=(TOTAL,)))
    twice = Box(TOTAL.x0, TOTAL.y0, TOTAL.x1 + TOTAL.width, TOTAL.y1)
    (value,) = Judge([PAGE]).values(document, SCHEMA, said(found("total", "12.50", twice)))
    assert value.box_overlap == pytest.approx(1 / 2)


def test_rows_are_compared_by_the_meaning_of_their_cells() -> None:
    rows = RowsLabel("items", ((FieldLabel("name", "Tea"), FieldLabel("price", "2.5")),))
    predicted = LineItems("items", ((found("name", "TEA"), found("price", "2.50")), (found("name", "Cash"),)))
    (result,) = Judge([PAGE]).rows(labelled(rows), SCHEMA, said(predicted))
    assert (result.right_rows, result.predicted_rows, result.labelled_rows) == (1, 2, 1)
    assert result.cells == (CellCounts("name", 1, 2, 1), CellCounts("price", 1, 1, 1))
    (failed,) = Judge([]).rows(labelled(rows), SCHEMA, None)
    assert (failed.predicted_rows, failed.labelled_rows) == (0, 1)


def test_a_list_that_is_labelled_as_one_value_is_not_judged_as_a_list() -> None:
    document = labelled(FieldLabel("items", "Tea"), RowsLabel("total", ((FieldLabel("name", "Tea"),),)))
    judge = Judge([PAGE])
    assert judge.rows(document, SCHEMA, said()) == ()
    assert judge.values(document, SCHEMA, said()) == ()


@pytest.mark.parametrize("label", [FieldLabel("items", None), RowsLabel("items", ())])
def test_rows_of_a_list_that_is_not_there_are_judged_as_one_absent_value(
    label: FieldLabel | RowsLabel,
) -> None:
    document, judge = labelled(label), Judge([PAGE])
    for nothing in (said(), said(LineItems("items", ()))):
        (value,) = judge.values(document, SCHEMA, nothing)
        assert (value.name, value.labels, value.raw, value.confidence) == ("items", (), None, None)
        assert value.right
        assert [rows.predicted_rows for rows in judge.rows(document, SCHEMA, nothing)] == [0]
    cells = (found("name", "Cash", CASH), found("price", "20.00", TOTAL))
    invented = said(LineItems("items", (cells, (found("name", "Books"), found("price", None)))))
    (value,) = judge.values(document, SCHEMA, invented)
    assert (value.raw, value.page, value.boxes, value.right) == ("Cash 20.00 Books", 1, (CASH, TOTAL), False)
    (rows,) = judge.rows(document, SCHEMA, invented)
    assert (rows.right_rows, rows.predicted_rows, rows.labelled_rows, rows.cells) == (0, 2, 0, ())
    assert judge.values(document, SCHEMA, None) == ()


def test_what_was_read_is_compared_with_the_transcript() -> None:
    transcripts = (
        TranscriptLabel("Harbor Books\nTotal 12.50\nCASH 20.00", page=1),
        TranscriptLabel(words=("Books", "Harbour", "Tip")),
        TranscriptLabel("x", page=7),
    )
    document = LabelledDocument("0" * 64, "a.pdf", None, transcripts=transcripts)
    page, words, missing = Judge([PAGE]).transcripts(document)
    # Read "Harbour" for "Harbor" (one letter) and "Cash" for "CASH" (three letters) of 35.
    assert (page.characters, page.words) == (ErrorCounts(4, 35), ErrorCounts(2, 6))
    assert (page.caseless_characters, page.caseless_words) == (ErrorCounts(1, 35), ErrorCounts(1, 6))
    assert (words.bag.shared, words.bag.read, words.bag.right, words.characters) == (2, 6, 3, None)
    assert missing.characters == ErrorCounts(1, 1)  # a page that was not read is empty


def test_facts_do_not_hold_on_pages_that_were_not_read() -> None:
    absent = Fact("no header", FactKind.ABSENT, page=1, text="Invoice")
    elsewhere = Fact("no header", FactKind.ABSENT, page=2, text="Invoice")
    assert [result.holds for result in Judge([PAGE]).facts([absent, elsewhere])] == [True, False]


def test_pages_are_read_together_for_how_numbers_are_written() -> None:
    pages: list[Reading] = [reading_of(["Total 129.750"], 1), reading_of(["Rabatt 10,25"], 2)]
    document = labelled(FieldLabel("total", "129750"))
    (value,) = Judge(pages).values(
        document, SCHEMA, said(FieldValue("total", "129750", "129.750", 0.9, 1, None, ()))
    )
    assert value.right
