from __future__ import annotations

import csv
import io

import pytest

from docvlm.export import to_csv
from docvlm.export.csv_form import neutralised
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
    }
    assert (second["document"], second["total"], second["tip"]) == ("'@other.pdf", "7", "'+1+1")


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
