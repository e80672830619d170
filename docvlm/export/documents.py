"""What is exported, and the tables that CSV, Excel and markdown are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from docvlm.types import Answer, Extraction, FieldValue, LineItems


@dataclass(frozen=True, slots=True)
class ExportedOutcome:
    """What became of a file in a batch, whether or not there is a result.

    Attributes:
        status: as in ``docvlm.batch.ledger.FileState``.
        reason: why pages, or the whole file, failed; or what is missing of a file that was opened.
        schema: the name of the schema that was to be filled in.
        question: what was asked; None where fields were wanted.
    """

    status: str
    reason: str | None = None
    pages_done: int = 0
    pages_failed: int = 0
    schema: str = ""
    question: str | None = None

    @property
    def values(self) -> tuple[str | int | None, ...]:
        """What stands below ``OUTCOME_COLUMNS``."""
        return self.status, self.reason, self.pages_done, self.pages_failed


CHECKS_COLUMN = "checks"
"""Of the checks that failed, such as subtotal and tax that do not make the total; empty where none did."""

OUTCOME_COLUMNS = ("status", "reason", "pages_done", "pages_failed")


@dataclass(frozen=True, slots=True)
class ExportedDocument:
    """A document's name with the fields of one schema, with answers, or with both.

    From a batch it has an outcome too, and, where the file failed, nothing else.
    """

    name: str
    extraction: Extraction | None = None
    answers: tuple[Answer, ...] = ()
    sha256: str | None = None
    outcome: ExportedOutcome | None = None


@dataclass(frozen=True, slots=True)
class TableRow:
    """``lead`` tells what the row is about; ``cells`` stand below the table's columns, None where unasked;
    ``end`` tells which checks failed and what became of the file."""

    lead: tuple[str | int, ...]
    cells: tuple[FieldValue | None, ...]
    end: tuple[str | int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    lead_columns: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    end_columns: tuple[str, ...] = ()


def documents_table(documents: Iterable[ExportedDocument]) -> Table:
    """One row an extraction, one column a field that is no list, in the order of first appearance.

    Where sums and dates were checked the checks that failed stand behind the fields. Behind them stand the
    outcomes, where there are any, and then a file without a result has a row as well.
    """
    found: list[tuple[tuple[str | int, ...], Sequence[FieldValue]]] = []
    outcomes: list[ExportedOutcome | None] = []
    failed: list[str | None] = []
    are_checked = False
    for document in documents:
        if document.extraction is not None:
            are_checked = are_checked or bool(document.extraction.checks)
            fields = [field for field in document.extraction.fields if isinstance(field, FieldValue)]
            found.append(((document.name, document.extraction.schema), fields))
        elif document.outcome is not None:
            found.append(((document.name, document.outcome.schema), ()))
        else:
            continue
        outcomes.append(document.outcome)
        failed.append(_failed_checks(document.extraction))
    table = _table("Documents", ("document", "schema"), found)
    if are_checked:
        table = _with_ends(table, (CHECKS_COLUMN,), [(message,) for message in failed])
    return _with_ends(table, OUTCOME_COLUMNS, [end_of(each) for each in outcomes]) if any(outcomes) else table


def _failed_checks(extraction: Extraction | None) -> str | None:
    checks = () if extraction is None else extraction.checks
    return " ".join(check.message for check in checks if not check.passed) or None


def end_of(outcome: ExportedOutcome | None) -> tuple[str | int | None, ...]:
    """The end of a row in a table that has ``OUTCOME_COLUMNS``."""
    return (None,) * len(OUTCOME_COLUMNS) if outcome is None else outcome.values


def _with_ends(table: Table, columns: tuple[str, ...], ends: Sequence[tuple[str | int | None, ...]]) -> Table:
    # A schema may have a field of the same name.
    names = tuple(f"file_{name}" if name in table.columns else name for name in columns)
    rows = tuple(replace(row, end=row.end + end) for row, end in zip(table.rows, ends, strict=True))
    return replace(table, rows=rows, end_columns=table.end_columns + names)


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
