"""An Excel workbook with typed cells: a sheet of documents, one for each list field, one of answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from docvlm.atomic import atomic_file
from docvlm.export.documents import ExportedDocument, Table, documents_table, list_tables
from docvlm.types import FieldValue

_MAX_CELL_CHARACTERS = 32_767
_MAX_TITLE_CHARACTERS = 31
_MAX_EXACT_DIGITS = 15  # Excel keeps numbers in double precision
_FIRST_EXCEL_YEAR = 1900
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")  # not 00123, which is a code
_MIN_WIDTH, _MAX_WIDTH = 8, 60
_NO_XML = re.compile("[\ufffe\uffff]")  # openpyxl lets these through, and then nothing opens the file


def write_excel(documents: Sequence[ExportedDocument], out: Path) -> None:
    """Write the workbook; every field has its value, confidence and page side by side.

    What became of the files of a batch stands on the sheet of documents, behind the fields.
    A column is numbers where all its values are plain decimals, dates where they are ISO dates.

    Raises:
        UsageError: when the file cannot be written.
    """
    book = Workbook()
    book.remove(book.active)
    titles: set[str] = set()
    for table in [documents_table(documents), *list_tables(documents)]:
        _fill_sheet(book.create_sheet(_free_title(table.name, titles)), *_cells_of_table(table))
    answers = [(document.name, answer) for document in documents for answer in document.answers]
    if answers:
        header = ["document", "question", "answer", "confidence", "page"]
        lines = [
            [name, each.question, each.text, float(each.confidence), each.page] for name, each in answers
        ]
        _fill_sheet(book.create_sheet(_free_title("Answers", titles)), header, lines)
    with atomic_file(out) as temporary:
        book.save(temporary)


def _cells_of_table(table: Table) -> tuple[list[str], list[list[Any]]]:
    header = list(table.lead_columns)
    columns = []
    for index, name in enumerate(table.columns):
        fields = [row.cells[index] for row in table.rows]
        has_currency = any(field is not None and field.currency for field in fields)
        header += [
            name,
            *([f"{name} currency"] if has_currency else []),
            f"{name} confidence",
            f"{name} page",
        ]
        columns.append(_cells_of_column(fields, has_currency))
    header += table.end_columns
    lines = [
        [*row.lead, *(cell for column in columns for cell in column[number]), *row.end]
        for number, row in enumerate(table.rows)
    ]
    return header, lines


def _cells_of_column(fields: Sequence[FieldValue | None], has_currency: bool) -> list[list[Any]]:
    """Value, currency where the column has any, confidence and page of each field."""
    values = _typed([None if field is None else field.value for field in fields])
    width = 4 if has_currency else 3
    return [
        [None] * width
        if field is None
        else [value, *([field.currency] if has_currency else []), float(field.confidence), field.page]
        for field, value in zip(fields, values, strict=True)
    ]


def _typed(values: Sequence[str | None]) -> list[str | Decimal | date | None]:
    """The values of one column as numbers or dates where all of them are."""
    present = [value for value in values if value is not None]
    if all(_is_decimal(value) for value in present):
        return [None if value is None else Decimal(value) for value in values]
    if all(_to_date(value) is not None for value in present):
        return [None if value is None else _to_date(value) for value in values]
    return list(values)


def _is_decimal(value: str) -> bool:
    return bool(_DECIMAL.fullmatch(value)) and sum(map(str.isdigit, value)) <= _MAX_EXACT_DIGITS


def _to_date(value: str) -> date | None:
    if not _ISO_DATE.fullmatch(value):
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        return None
    return found if found.year >= _FIRST_EXCEL_YEAR else None


def _fill_sheet(sheet: Any, header: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    widths = [len(name) for name in header]
    for row_number, line in enumerate([header, *lines], start=1):
        for column_number, value in enumerate(line, start=1):
            if value not in (None, ""):
                _fill_cell(sheet.cell(row_number, column_number), value)
                widths[column_number - 1] = max(widths[column_number - 1], len(str(value)))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    for column_number, width in enumerate(widths, start=1):
        letter = get_column_letter(column_number)
        sheet.column_dimensions[letter].width = min(_MAX_WIDTH, max(_MIN_WIDTH, width + 2))
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions


def _fill_cell(cell: Cell, value: Any) -> None:
    if not isinstance(value, str):
        cell.value = value
        if isinstance(value, Decimal):
            digits = -int(value.as_tuple().exponent)
            cell.number_format = "0." + "0" * digits if digits > 0 else "0"
        elif isinstance(value, float):
            cell.number_format = "0.00"
        return
    text = value.encode("utf-8", errors="replace").decode()
    cell.value = _NO_XML.sub("", ILLEGAL_CHARACTERS_RE.sub("", text))[:_MAX_CELL_CHARACTERS]
    cell.data_type = "s"  # also where the text begins with "=", which would be a formula
    cell.quotePrefix = text.startswith("=")


def _free_title(name: str, taken: set[str]) -> str:
    """A sheet title near ``name`` that Excel accepts and that no sheet has yet; it ignores case."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff]", " ", name).strip().strip("'") or "Items"
    title, number = plain[:_MAX_TITLE_CHARACTERS], 1
    while title.lower() in taken:
        number += 1
        ending = f" {number}"
        title = plain[: _MAX_TITLE_CHARACTERS - len(ending)] + ending
    taken.add(title.lower())
    return title
