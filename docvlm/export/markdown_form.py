"""Markdown: a heading a document, a table of its fields, of each list and of the answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from docvlm.export.documents import ExportedDocument, ExportedOutcome
from docvlm.types import Answer, Extraction, FieldValue, LineItems

_MARKUP = re.compile(r"([\\`*_\[\]<>|#~&])")


def to_markdown(documents: Iterable[ExportedDocument]) -> str:
    """Everything about each document, for people to read; nothing in it acts as markup."""
    return "\n".join(_document_lines(documents))


def _document_lines(documents: Iterable[ExportedDocument]) -> Iterable[str]:
    for document in documents:
        yield f"# {_plain(document.name)}\n"
        if document.outcome is not None:
            yield f"{_outcome_line(document.outcome)}\n"
        if document.extraction is not None:
            yield from _extraction_lines(document.extraction)
        if document.answers:
            yield from _answer_lines(document.answers)


def _outcome_line(outcome: ExportedOutcome) -> str:
    line = f"Status: {outcome.status}. Pages read: {outcome.pages_done}, failed: {outcome.pages_failed}."
    return _plain(f"{line} {outcome.reason}" if outcome.reason else line)


def _extraction_lines(extraction: Extraction) -> Iterable[str]:
    fields = [field for field in extraction.fields if isinstance(field, FieldValue)]
    if fields:
        yield f"## {_plain(extraction.schema)}\n"
        yield from _table_lines(
            ("field", "value", "as printed", "confidence", "page"),
            [
                (field.name, _amount(field), field.raw, _percent(field.confidence), field.page)
                for field in fields
            ],
        )
    for items in extraction.fields:
        if isinstance(items, LineItems):
            yield f"## {_plain(items.name)}\n"
            columns = tuple(dict.fromkeys(cell.name for row in items.rows for cell in row))
            by_name = [{cell.name: _amount(cell) for cell in row} for row in items.rows]
            if columns:
                yield from _table_lines(columns, [[row.get(column) for column in columns] for row in by_name])
    for check in extraction.checks:
        yield f"- {'✓' if check.passed else '✗'} {_plain(check.message)}"
    if extraction.checks:
        yield ""


def _answer_lines(answers: Sequence[Answer]) -> Iterable[str]:
    yield "## Answers\n"
    yield from _table_lines(
        ("question", "answer", "confidence", "page"),
        [
            (
                answer.question,
                "not found" if answer.text is None else answer.text,
                _percent(answer.confidence),
                answer.page,
            )
            for answer in answers
        ],
    )


def _table_lines(header: Sequence[str], rows: Sequence[Sequence[str | int | None]]) -> Iterable[str]:
    yield _row(header)
    yield _row_of_dashes(len(header))
    for row in rows:
        yield _row(row)
    yield ""


def _row(cells: Sequence[str | int | None]) -> str:
    return "| " + " | ".join("" if cell is None else _plain(str(cell)) for cell in cells) + " |"


def _row_of_dashes(columns: int) -> str:
    return "|" + " --- |" * columns


def _amount(field: FieldValue) -> str | None:
    return f"{field.value} {field.currency}" if field.value and field.currency else field.value


def _percent(confidence: float) -> str:
    return f"{confidence:.0%}"


def _plain(text: str) -> str:
    """``text`` on one line, with every character of markdown taken literally."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
