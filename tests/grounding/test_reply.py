import pytest

from docvlm.grounding import ReplyRows, ReplySpan, ReplyText, parse_answer, parse_extraction
from docvlm.schemas import load_schema
from docvlm.types import TokenStep


def reply_of(*steps: tuple[str, float]) -> ReplyText:
    return ReplyText.of(
        TokenStep(text, probability, forced=probability == 1.0) for text, probability in steps
    )


def test_an_answer_has_the_probability_of_all_its_decisions_and_of_ending() -> None:
    span = parse_answer(reply_of((" RM", 0.9), ("9.00", 1.0), ("\n", 0.5)))
    assert span == ReplySpan("answer", "RM9.00", pytest.approx(0.45))


def test_not_found_is_none() -> None:
    assert parse_answer(reply_of((" not", 0.8), (" found\n", 1.0))).text is None


def test_fields_keep_their_own_probabilities() -> None:
    schema = load_schema("company, total:amount")
    reply = reply_of(
        ("company:", 1.0), (" Acme", 0.9), ("\n", 0.8), ("total:", 1.0), (" not", 0.6), (" found\n", 1.0)
    )
    assert parse_extraction(reply, schema).fields == (
        ReplySpan("company", "Acme", pytest.approx(0.72)),
        ReplySpan("total", None, pytest.approx(0.6)),
    )


def test_rows_and_cells() -> None:
    schema = load_schema("items[description, amount:amount], total:amount")
    reply = reply_of(
        ("items:\n- description:", 1.0),
        (" Pen", 0.5),
        ("\tamount:", 1.0),
        (" 7.00", 0.9),
        ("\n", 1.0),
        ("- description: Ink\tamount: not found\n", 1.0),
        ("total:", 1.0),
        (" 7.00\n", 0.4),
    )
    rows, total = parse_extraction(reply, schema).fields
    assert isinstance(rows, ReplyRows)
    assert [[cell.text for cell in row] for row in rows.rows] == [["Pen", "7.00"], ["Ink", None]]
    assert rows.rows[0][0].confidence == pytest.approx(0.5)
    assert rows.rows[0][1].confidence == pytest.approx(0.9)
    assert total == ReplySpan("total", "7.00", pytest.approx(0.4))


def test_a_list_that_was_not_found_has_no_rows() -> None:
    schema = load_schema("items[description], total:amount")
    reply = reply_of(("items: not found\n", 1.0), ("total: 1.00\n", 1.0))
    rows, total = parse_extraction(reply, schema).fields
    assert rows == ReplyRows("items", ())
    assert isinstance(total, ReplySpan)
    assert total.text == "1.00"


def test_a_reply_cut_off_yields_what_is_complete() -> None:
    schema = load_schema("company, date:date, total:amount")
    parsed = parse_extraction(reply_of(("company: Acme\ndate: 12/0", 1.0)), schema)
    assert [field.name for field in parsed.fields] == ["company"]
    assert not parsed.complete


def test_an_answer_cut_in_a_word_loses_that_word() -> None:
    assert parse_answer(reply_of((" Green Street Spring", 0.9))).text == "Green Street"
