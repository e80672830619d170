"""What is known of many documents at once, for lists that show and filter them: a few queries for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from docvlm.store import queries
from docvlm.store.records import DocumentRecord
from docvlm.store.tables import (
    AnswerRow,
    DocumentRow,
    ExtractionRow,
    FieldRow,
    PageRow,
    ReadingRow,
    SearchEntryRow,
)
from docvlm.types import PageStatus

_GROUP = 500  # identifiers in one query
_OPENING_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class DocumentOverview:
    """A document with what was made of it.

    Attributes:
        pages_read: pages whose words are kept.
        pages_failed: pages that could not be drawn or read when the file was last opened.
        schema: the schema of the latest extraction, None before the first.
        fields: values found by the latest extraction with each schema.
        found: these and the answers that were found.
        confidence: the mean over ``found``; None where nothing was found.
    """

    record: DocumentRecord
    pages_read: int = 0
    pages_failed: int = 0
    schema: str | None = None
    fields: int = 0
    found: int = 0
    confidence: float | None = None


def document_overviews(session: Session, identities: Sequence[str]) -> list[DocumentOverview]:
    """The documents with these ``sha256`` that are known, in the order given."""
    found: dict[str, DocumentOverview] = {}
    for group in _groups(identities):
        records = queries.document_records(session, queries.documents().where(DocumentRow.sha256.in_(group)))
        numbers = [record.id for record in records]
        pages, failed = _read(session, numbers), _failed(session, numbers)
        schemas, fields, answers = (
            _schemas(session, numbers),
            _fields(session, numbers),
            _answers(session, numbers),
        )
        for record in records:
            values, value_sum = fields.get(record.id, (0, 0.0))
            replies, reply_sum = answers.get(record.id, (0, 0.0))
            total = values + replies
            found[record.sha256] = DocumentOverview(
                record,
                pages.get(record.id, 0),
                failed.get(record.id, 0),
                schemas.get(record.id),
                values,
                total,
                (value_sum + reply_sum) / total if total else None,
            )
    return [found[identity] for identity in identities if identity in found]


def opening_texts(session: Session, numbers: Sequence[int]) -> dict[int, str]:
    """The beginning of the first page of each document whose first page was read."""
    beginning = func.substr(SearchEntryRow.text, 1, _OPENING_CHARACTERS)
    return {
        number: text
        for group in _groups(numbers)
        for number, text in session.execute(
            select(SearchEntryRow.document_id, beginning).where(
                SearchEntryRow.document_id.in_(group), SearchEntryRow.page_number == 1
            )
        )
    }


def _read(session: Session, numbers: Sequence[int]) -> dict[int, int]:
    count = func.count(ReadingRow.page_number.distinct())
    return _by_document(session, select(ReadingRow.document_id, count), ReadingRow, numbers)


def _failed(session: Session, numbers: Sequence[int]) -> dict[int, int]:
    count = func.sum(case((PageRow.status == PageStatus.OK.value, 0), else_=1))
    return _by_document(session, select(PageRow.document_id, count), PageRow, numbers)


def _by_document(
    session: Session, query: Any, row_type: type[ReadingRow | PageRow], numbers: Sequence[int]
) -> dict[int, int]:
    grouped = query.where(row_type.document_id.in_(numbers)).group_by(row_type.document_id)
    return {number: int(count) for number, count in session.execute(grouped)}


def _latest(numbers: Sequence[int]) -> Select[Any]:
    """The ids of the latest extraction of each document with each schema."""
    return (
        select(func.max(ExtractionRow.id))
        .where(ExtractionRow.document_id.in_(numbers))
        .group_by(ExtractionRow.document_id, ExtractionRow.schema_key)
    )


def _schemas(session: Session, numbers: Sequence[int]) -> dict[int, str]:
    query = (
        select(ExtractionRow.document_id, ExtractionRow.schema_name)
        .where(ExtractionRow.id.in_(_latest(numbers)))
        .order_by(ExtractionRow.id)
    )
    return {row.document_id: row.schema_name for row in session.execute(query)}  # the last one stays


def _fields(session: Session, numbers: Sequence[int]) -> dict[int, tuple[int, float]]:
    query = (
        select(ExtractionRow.document_id, func.count(FieldRow.id), func.sum(FieldRow.confidence))
        .join(FieldRow, FieldRow.extraction_id == ExtractionRow.id)
        .where(ExtractionRow.id.in_(_latest(numbers)), FieldRow.raw.is_not(None))
        .group_by(ExtractionRow.document_id)
    )
    return {number: (int(count), float(total)) for number, count, total in session.execute(query)}


def _answers(session: Session, numbers: Sequence[int]) -> dict[int, tuple[int, float]]:
    query = (
        select(AnswerRow.document_id, func.count(AnswerRow.id), func.sum(AnswerRow.confidence))
        .where(AnswerRow.document_id.in_(numbers), AnswerRow.text.is_not(None))
        .group_by(AnswerRow.document_id)
    )
    return {number: (int(count), float(total)) for number, count, total in session.execute(query)}


def _groups(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[start : start + _GROUP] for start in range(0, len(values), _GROUP))
