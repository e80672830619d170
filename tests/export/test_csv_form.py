from __future__ import annotations

import csv
import io

import pytest

from docvlm.export import ExportedDocument, ExportedOutcome, to_csv
from docvlm.export.csv_form import neutralised
from docvlm.types import CheckResult, Extraction, FieldValue
from tests.export.documents import OTHER, RECEIPT


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_one_row_a_document_and_one_column_a_field() -> None:
    first, second = read(to_csv([RECEIPT, OTHER]))
    assert first == {
        "document": "receipt.pdf",
        "schema": "receipt",
        "company": "Łódź Bakery",
        "date": "2024-03-09",
        "total": "-12.50",
        "total_currency": "EUR",
        "number": "00123",
        "tip": "",
        "checks": "10.00 is not 12.50",
    }
    assert (second["document"], second["total"], second["tip"]) == ("'@other.pdf", "7", "'+1+1")


def test_checks_that_failed_stand_behind_the_fields() -> None:
    checks = (CheckResult("total", True, "It agrees.", ()), CheckResult("sum", False, "1 is not 2.", ()))
    total = FieldValue("total", "2", "2", 0.9)
    outcome = ExportedOutcome("done", pages_done=1)
    wrong = ExportedDocument("a", Extraction("s", (total,), checks), outcome=outcome)
    right = ExportedDocument("b", Extraction("s", (total,), checks[:1]), outcome=outcome)
    lost = ExportedDocument("c", outcome=ExportedOutcome("failed", "It is empty.", schema="s"))
    lines = list(csv.reader(io.StringIO(to_csv([wrong, right, lost]))))
    assert lines[0][-5:] == ["checks", "status", "reason", "pages_done", "pages_failed"]
    assert [line[-5:-2] for line in lines[1:]] == [
        ["1 is not 2.", "done", ""],
        ["", "done", ""],
        ["", "failed", "It is empty."],
    ]


def test_items_are_rows() -> None:
    first, second = read(to_csv([RECEIPT, OTHER], items=True))
    assert first == {
        "document": "receipt.pdf",
        "schema": "receipt",
        "list": "items",
        "row": "1",
        "description": "'=SUM(A1)",
        "amount": "10.00",
        "amount_currency": "EUR",
    }
    assert (second["row"], second["description"], second["amount"]) == ("2", "Roll", "")


def test_nothing_to_write_is_a_header() -> None:
    assert to_csv([]) == "document,schema\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1",
        "-",
        "+cmd|' /C calc'!A0",
        "-1e5",
        "=-1",
    ],
)
def test_formulas_are_neutralised(text: str) -> None:
    assert neutralised(text) == "'" + text


@pytest.mark.parametrize(
    "text", ["", "-12.50", "+1,234.50", "-5%", "12=3", "a@b.c", "2024-01-02", "'quoted'"]
)
def test_plain_text_and_numbers_stay(text: str) -> None:
    assert neutralised(text) == text


def test_headers_are_neutralised_too() -> None:
    from docvlm.export import ExportedDocument
    from docvlm.types import Extraction, FieldValue

    evil = ExportedDocument("a", Extraction("=s", (FieldValue('=HYPERLINK("x")', "1", "1", 1.0),)))
    (row,) = read(to_csv([evil]))
    assert row == {"document": "a", "schema": "'=s", '\'=HYPERLINK("x")': "1"}
