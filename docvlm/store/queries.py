"""What is asked of the tables in more than a line, given back as records."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.orm import Session

from docvlm.store import rows
from docvlm.store.records import AnswerRecord, DocumentRecord, ExtractionRecord, HitKind, SearchHit
from docvlm.store.search import fts5_query, snippet, tsquery
from docvlm.store.tables import (
    AnswerRow,
    DocumentNameRow,
    DocumentRow,
    ExtractionRow,
    FieldRow,
    LabelRow,
    LineItemsRow,
    RunRow,
    SearchEntryRow,
)
from docvlm.types import RunInfo

_MATCHES_SQLITE = text(
    "SELECT rowid AS id, -bm25(search_index) AS score FROM search_index"
    " WHERE search_index MATCH :query ORDER BY rank, rowid LIMIT :limit"
)
_MATCHES_POSTGRES = text(
    "SELECT entry.id, ts_rank_cd(entry.search_vector, asked.query) AS score"
    " FROM search_entries AS entry, to_tsquery('simple', :query) AS asked(query)"
    " WHERE entry.search_vector @@ asked.query ORDER BY score DESC, entry.id LIMIT :limit"
)


def documents() -> Select[Any]:
    """Documents with their numbers of runs, answers, extractions and labels, for ``document_records``."""

    def count(row_type: Any) -> Any:
        counted = select(func.count()).select_from(row_type)
        return counted.where(row_type.document_id == DocumentRow.id).scalar_subquery()

    return select(DocumentRow, count(RunRow), count(AnswerRow), count(ExtractionRow), count(LabelRow))


def latest_name(document_id: Any) -> Any:
    """The name under which a document was seen last, as a column."""
    return (
        select(DocumentNameRow.name)
        .where(DocumentNameRow.document_id == document_id)
        .order_by(DocumentNameRow.last_seen.desc(), DocumentNameRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def same_run(run: RunInfo) -> tuple[ColumnElement[bool], ...]:
    """Conditions for a run that differs from ``run`` in its timings at most."""
    return (
        RunRow.model == run.model,
        RunRow.model_revision == run.model_revision,
        RunRow.adapter.is_not_distinct_from(run.adapter),
        RunRow.tiling == run.tiling,
        RunRow.reader == run.reader,
        RunRow.pages == run.pages,
        RunRow.pipeline == run.pipeline,
    )


def kept_answers(document_id: int, run: RunInfo, question: str) -> Select[int]:
    """The ids of the answers to a question by runs like ``run``, latest first."""
    return (
        select(AnswerRow.id)
        .join(RunRow, RunRow.id == AnswerRow.run_id)
        .where(AnswerRow.document_id == document_id, AnswerRow.question == question, *same_run(run))
        .order_by(AnswerRow.id.desc())
    )


def kept_extractions(document_id: int, run: RunInfo, schema_key: str) -> Select[int]:
    """The ids of the extractions with a schema by runs like ``run``, latest first."""
    return (
        select(ExtractionRow.id)
        .join(RunRow, RunRow.id == ExtractionRow.run_id)
        .where(
            ExtractionRow.document_id == document_id,
            ExtractionRow.schema_key == schema_key,
            *same_run(run),
        )
        .order_by(ExtractionRow.id.desc())
    )


def document_records(session: Session, query: Select[Any]) -> list[DocumentRecord]:
    """The records of a query that began with ``documents()``."""
    found = session.execute(query).all()
    identifiers = query.with_only_columns(DocumentRow.id).subquery()
    names: dict[int, list[DocumentNameRow]] = defaultdict(list)
    for row in session.scalars(
        select(DocumentNameRow)
        .join(identifiers, identifiers.c.id == DocumentNameRow.document_id)
        .order_by(DocumentNameRow.last_seen.desc(), DocumentNameRow.id.desc())
    ):
        names[row.document_id].append(row)
    return [
        DocumentRecord(
            id=row.id,
            sha256=row.sha256,
            media_type=row.media_type,
            page_count=row.page_count,
            byte_count=row.byte_count,
            names=tuple(dict.fromkeys(seen.name for seen in names[row.id])),
            paths=tuple(dict.fromkeys(seen.path for seen in names[row.id] if seen.path)),
            added=row.created,
            runs=runs,
            answers=answers,
            extractions=extractions,
            labels=labels,
        )
        for row, runs, answers, extractions, labels in found
    ]


def answer_records(session: Session, identifiers: Select[Any]) -> list[AnswerRecord]:
    """The answers with these ids, oldest first."""
    query = (
        select(AnswerRow, RunRow, latest_name(AnswerRow.document_id))
        .join(RunRow, RunRow.id == AnswerRow.run_id)
        .where(AnswerRow.id.in_(identifiers))
        .order_by(AnswerRow.id)
    )
    return [
        AnswerRecord(row.id, row.document_id, name, rows.to_run(run), rows.to_answer(row))
        for row, run, name in session.execute(query)
    ]


def extraction_records(session: Session, identifiers: Select[Any]) -> list[ExtractionRecord]:
    """The extractions with these ids, oldest first."""
    extractions = (
        select(ExtractionRow, RunRow, latest_name(ExtractionRow.document_id), DocumentRow.sha256)
        .join(RunRow, RunRow.id == ExtractionRow.run_id)
        .join(DocumentRow, DocumentRow.id == ExtractionRow.document_id)
        .where(ExtractionRow.id.in_(identifiers))
        .order_by(ExtractionRow.id)
    )
    lists: dict[int, list[LineItemsRow]] = defaultdict(list)
    for items in session.scalars(select(LineItemsRow).where(LineItemsRow.extraction_id.in_(identifiers))):
        lists[items.extraction_id].append(items)
    fields: dict[int, list[FieldRow]] = defaultdict(list)
    for field in session.scalars(select(FieldRow).where(FieldRow.extraction_id.in_(identifiers))):
        fields[field.extraction_id].append(field)
    return [
        ExtractionRecord(
            id=row.id,
            document_id=row.document_id,
            document_name=name,
            sha256=sha256,
            schema_key=row.schema_key,
            run=rows.to_run(run),
            extraction=rows.to_extraction(row, lists[row.id], fields[row.id]),
        )
        for row, run, name, sha256 in session.execute(extractions)
    ]


def search_hits(session: Session, phrases: list[list[str]], limit: int) -> list[SearchHit]:
    """The texts that hold all the phrases, best first; see ``search.query_phrases``."""
    if session.get_bind().dialect.name == "sqlite":
        matches, asked = _MATCHES_SQLITE, fts5_query(phrases)
    else:
        matches, asked = _MATCHES_POSTGRES, tsquery(phrases)
    scores = {
        entry_id: float(score)
        for entry_id, score in session.execute(matches, {"query": asked, "limit": limit})
    }
    entries = (
        select(SearchEntryRow, DocumentRow.sha256, latest_name(SearchEntryRow.document_id), AnswerRow.page)
        .join(DocumentRow, DocumentRow.id == SearchEntryRow.document_id)
        .outerjoin(AnswerRow, AnswerRow.id == SearchEntryRow.answer_id)
        .where(SearchEntryRow.id.in_(scores))
    )
    hits = {
        entry.id: SearchHit(
            document_id=entry.document_id,
            sha256=sha256,
            name=name,
            page=entry.page_number if entry.answer_id is None else answer_page,
            kind=HitKind.PAGE if entry.answer_id is None else HitKind.ANSWER,
            snippet=snippet(entry.text, phrases),
            score=scores[entry.id],
        )
        for entry, sha256, name, answer_page in session.execute(entries)
    }
    return [hits[entry_id] for entry_id in scores]
