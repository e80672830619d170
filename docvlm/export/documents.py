"""What is exported, and the tables that CSV, Excel and markdown are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docvlm.types import Answer, Extraction, FieldValue, LineItems


@dataclass(frozen=True, slots=True)
class ExportedDocument:
    """A document's name with the fields of one schema, with answers, or with both."""

    name: str
    extraction: Extraction | None = None
    answers: tuple[Answer, ...] = ()
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class TableRow:
    """``lead`` tells what the row is about; ``cells`` stand below the table's columns, None where unasked."""

    lead: tuple[str | int, ...]
    cells: tuple[FieldValue | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    lead_columns: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]


def documents_table(documents: Iterable[ExportedDocument]) -> Table:
    """One row an extraction, one column a field that is no list, in the order of first appearance."""
    found: list[tuple[tuple[str | int, ...], Sequence[FieldValue]]] = []
    for document, extraction in _extractions(documents):
        fields = [field for field in extraction.fields if isinstance(field, FieldValue)]
        found.append(((document.name, extraction.schema), fields))
    return _table("Documents", ("document", "schema"), found)


def list_tables(documents: Iterable[ExportedDocument]) -> list[Table]:
    """One table a list field, one row an item; ``row`` counts the items of a document from 1."""
    found: dict[str, list[tuple[tuple[str | int, ...], Sequence[FieldValue]]]] = {}
    for document, extraction in _extractions(documents):
        for items in extraction.fields:
            if isinstance(items, LineItems):
                rows = [((document.name, number), row) for number, row in enumerate(items.rows, start=1)]
                found.setdefault(items.name, []).extend(rows)
    return [_table(name, ("document", "row"), rows) for name, rows in found.items()]


def items_table(documents: Iterable[ExportedDocument]) -> Table:
    """The items of every list field in one table."""
    found: list[tuple[tuple[str | int, ...], Sequence[FieldValue]]] = []
    for document, extraction in _extractions(documents):
        for items in extraction.fields:
            if isinstance(items, LineItems):
                for number, row in enumerate(items.rows, start=1):
                    found.append(((document.name, extraction.schema, items.name, number), row))
    return _table("Items", ("document", "schema", "list", "row"), found)


def _extractions(documents: Iterable[ExportedDocument]) -> Iterable[tuple[ExportedDocument, Extraction]]:
    for document in documents:
        if document.extraction is not None:
            yield document, document.extraction


def _table(
    name: str,
    lead_columns: tuple[str, ...],
    found: Sequence[tuple[tuple[str | int, ...], Sequence[FieldValue]]],
) -> Table:
    columns = tuple(dict.fromkeys(field.name for _, fields in found for field in fields))
    rows = []
    for lead, fields in found:
        by_name = {field.name: field for field in fields}
        rows.append(TableRow(lead, tuple(by_name.get(column) for column in columns)))
    return Table(name, lead_columns, columns, tuple(rows))
