from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from docvlm.errors import UsageError
from docvlm.export import ExportedDocument
from docvlm.export.excel import write_excel
from docvlm.types import Extraction, FieldValue, LineItems
from tests.export.documents import OTHER, RECEIPT


def sheet_rows(path: Path, title: str) -> list[dict[str, object]]:
    header, *rows = load_workbook(path)[title].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def one_field(*values: str | None) -> list[ExportedDocument]:
    return [ExportedDocument("a", Extraction("s", (FieldValue("x", value, value, 1.0),))) for value in values]


def test_cells_are_typed(tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    write_excel([RECEIPT, OTHER], out)
    first, second = sheet_rows(out, "Documents")
    assert first["total"] == -12.5 and first["total currency"] == "EUR"
    assert first["total confidence"] == 0.98765 and first["total page"] == 2
    assert first["date"] == datetime(2024, 3, 9)
    assert first["number"] == "00123"
    assert (second["document"], second["total"], second["tip"]) == ("@other.pdf", 7, "+1+1")
    assert second["company"] is None and second["company confidence"] is None


def test_every_list_and_the_answers_have_a_sheet(tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    write_excel([RECEIPT, OTHER], out)
    book = load_workbook(out)
    assert book.sheetnames == ["Documents", "items", "payments", "Answers"]
    assert all(book[name].freeze_panes == "B2" for name in book.sheetnames)
    first, second = sheet_rows(out, "items")
    assert (first["document"], first["row"], first["amount"]) == ("receipt.pdf", 1, 10)
    assert (second["description"], second["amount"]) == ("Roll", None)
    assert [row["answer"] for row in sheet_rows(out, "Answers")] == ["Łódź Bakery", None]


def test_a_formula_on_the_page_is_text(tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    write_excel([RECEIPT], out)
    cell = load_workbook(out)["items"]["C2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=SUM(A1)", "s", True)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2.50", None], [1, 2.5, None]),
        (["A12", "7"], ["A12", "7"]),  # one that is no number makes the column text
        (["1234567890123456"], ["1234567890123456"]),  # more digits than Excel keeps
        (["0", "0.05", "-3"], [0, 0.05, -3]),
        (["2024-02-30"], ["2024-02-30"]),
        (["1805-02-03"], ["1805-02-03"]),  # before Excel's calendar
        (["bell\x07", "x" * 40_000], ["bell", "x" * 32_767]),
        (["a\uffff\ufffeb"], ["ab"]),  # no XML, and nothing would open the whole file
        ([None], [None]),
    ],
)
def test_columns_are_typed_as_a_whole(
    tmp_path: Path, values: list[str | None], expected: list[object]
) -> None:
    out = tmp_path / "out.xlsx"
    write_excel(one_field(*values), out)
    assert [row["x"] for row in sheet_rows(out, "Documents")] == expected


def test_any_list_name_becomes_a_sheet(tmp_path: Path) -> None:
    names = ("a/b", "A\\B", "x" * 40, "x" * 41, "documents", "")
    lists = tuple(LineItems(name, ((FieldValue("c", "1", "1", 1.0),),)) for name in names)
    out = tmp_path / "out.xlsx"
    write_excel([ExportedDocument("a", Extraction("s", lists))], out)
    titles = load_workbook(out).sheetnames
    assert titles == ["Documents", "a b", "A B 2", "x" * 31, "x" * 29 + " 2", "documents 2", "Items"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_excel([RECEIPT], tmp_path / "none" / "out.xlsx")
