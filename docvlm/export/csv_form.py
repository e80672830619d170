"""CSV (RFC 4180) that a spreadsheet can open without running what a document says."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from docvlm.export.documents import (
    OUTCOME_COLUMNS,
    ExportedDocument,
    Table,
    documents_table,
    end_of,
    items_table,
)

# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV injection"), also in full width.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*%?")


def to_csv(documents: Iterable[ExportedDocument], items: bool = False) -> str:
    """One row a document and a column a field; with ``items``, one row an item of the list fields.

    A field with currencies has a second column for them.
    """
    return _table_csv(items_table(documents) if items else documents_table(documents))


def answers_csv(documents: Iterable[ExportedDocument]) -> str:
    """One row an answer; the answer is empty where it was not found.

    Where there are outcomes they stand behind the answers, and a file without an answer has a row as well.
    """
    documents = list(documents)
    has_outcomes = any(document.outcome for document in documents)
    lines = [["document", "question", "answer", "confidence", "page"]]
    if has_outcomes:
        lines[0] += OUTCOME_COLUMNS
    for document in documents:
        end = _texts(end_of(document.outcome)) if has_outcomes else []
        for answer in document.answers:
            page = "" if answer.page is None else str(answer.page)
            lines.append(
                [document.name, answer.question, answer.text or "", f"{answer.confidence:.4f}", page, *end]
            )
        if document.outcome is not None and not document.answers:
            lines.append([document.name, document.outcome.question or "", "", "", "", *end])
    return _lines_csv(lines)


def neutralised(text: str) -> str:
    """``text`` with an apostrophe before it where a spreadsheet would take it for a formula."""
    if text.startswith(_FORMULA_STARTS) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def _table_csv(table: Table) -> str:
    with_currency = [
        any(row.cells[index] is not None and row.cells[index].currency for row in table.rows)  # type: ignore[union-attr]
        for index in range(len(table.columns))
    ]
    header = list(table.lead_columns)
    for column, has_currency in zip(table.columns, with_currency, strict=True):
        header += [column, f"{column}_currency"] if has_currency else [column]
    header += table.end_columns
    lines = [header]
    for row in table.rows:
        line = [str(lead) for lead in row.lead]
        for cell, has_currency in zip(row.cells, with_currency, strict=True):
            line.append((cell and cell.value) or "")
            if has_currency:
                line.append((cell and cell.currency) or "")
        lines.append(line + _texts(row.end))
    return _lines_csv(lines)


def _texts(values: Iterable[str | int | None]) -> list[str]:
    return ["" if value is None else str(value) for value in values]


def _lines_csv(lines: Iterable[Sequence[str]]) -> str:
    output = io.StringIO()
    csv.writer(output).writerows([neutralised(text) for text in line] for line in lines)
    return output.getvalue()
