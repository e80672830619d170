"""Everything docvlm keeps: documents, what was read on them, answered, extracted and corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Select, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from docvlm.store import queries, rows
from docvlm.store.database import Database, Report
from docvlm.store.leases import this_process
from docvlm.store.migrate import migrate
from docvlm.store.overview import DocumentOverview, document_overviews, opening_texts
from docvlm.store.records import (
    AnswerRecord,
    DocumentRecord,
    ExtractionRecord,
    Label,
    LabelKind,
    LabelRecord,
    PageOutcome,
    RunKind,
    RunRecord,
    RunStatus,
    SearchHit,
)
from docvlm.store.replies import Replies, forget_replies, work_key
from docvlm.store.search import fold, query_phrases
from docvlm.store.tables import (
    AnswerRow,
    Base,
    DocumentNameRow,
    DocumentRow,
    ExtractionRow,
    LabelRow,
    PageRow,
    ReadingRow,
    RunRow,
    SearchEntryRow,
    now,
)
from docvlm.store.work_queue import WorkQueue
from docvlm.types import Answer, DocumentInfo, Extraction, Page, Reading, RunInfo


class Store:
    """A database of documents. Safe to share between threads; every method is one transaction.

    All methods raise ``StoreError`` where the database cannot do what is asked, also where a document
    was deleted meanwhile. Document ids are the store's own; pages count from 1.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(
        cls,
        url: str,
        wait_seconds: float = 30.0,
        check_whole: bool = False,
        report: Report = lambda _line: None,
    ) -> Store:
        """Open a database, made and brought up to date where needed.

        Args:
            url: ``sqlite:///path/to/file`` or ``postgresql://user@host/name``. A SQLite file and its
                folder are made for their owner only.
            wait_seconds: how long to wait for another process's lock.
            check_whole: look through a SQLite file for damage however large it is (one or two seconds a GiB).
            report: called with a sentence before that.

        Raises:
            StoreError: when it is locked, damaged, another program's, or of a newer docvlm.
        """
        database = Database(url, wait_seconds)
        try:
            database.refuse_damage(check_whole, report)
            database.use_write_ahead_log()
            migrate(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Documents

    def add_document(self, info: DocumentInfo, path: str | None = None) -> int:
        """Remember a file and the name it was seen under; the same bytes are the same document."""
        with self._database.session() as session:
            document_id = self._upsert(
                session,
                DocumentRow,
                {"sha256": info.sha256},
                {
                    "media_type": info.media_type,
                    "page_count": info.page_count,
                    "byte_count": info.byte_count,
                },
                returning=DocumentRow.id,
            )
            name_key = {"document_id": document_id, "name": info.name, "path": path or ""}
            self._upsert(session, DocumentNameRow, name_key, {"last_seen": now()})
            return int(document_id)

    def find_document(self, sha256: str) -> DocumentRecord | None:
        """The document with these bytes (the SHA-256 in hex), None where it was never added."""
        found = self._documents(queries.documents().where(DocumentRow.sha256 == sha256))
        return found[0] if found else None

    def document(self, document_id: int) -> DocumentRecord | None:
        found = self._documents(queries.documents().where(DocumentRow.id == document_id))
        return found[0] if found else None

    def list_documents(
        self, name: str | None = None, limit: int | None = None, offset: int = 0
    ) -> list[DocumentRecord]:
        """Documents, latest added first; with ``name``, those with a name that contains it."""
        query = queries.documents().order_by(DocumentRow.created.desc(), DocumentRow.id.desc())
        if name is not None:
            named = select(DocumentNameRow.document_id).where(
                DocumentNameRow.name.icontains(name, autoescape=True)
            )
            query = query.where(DocumentRow.id.in_(named))
        return self._documents(query.limit(limit).offset(offset))

    def overviews(self, identities: Sequence[str]) -> list[DocumentOverview]:
        """The documents with these ``sha256``, in the order given; unknown ones are left out."""
        with self._database.session(read_only=True) as session:
            return document_overviews(session, identities)

    def opening_texts(self, document_ids: Sequence[int]) -> dict[int, str]:
        """How the first page of each document begins, where it was read."""
        with self._database.session(read_only=True) as session:
            return opening_texts(session, document_ids)

    def delete_document(self, document_id: int) -> bool:
        """Forget a document and all that is kept about it; False where there was none."""
        with self._database.session() as session:
            statement = delete(DocumentRow).where(DocumentRow.id == document_id).returning(DocumentRow.id)
            return session.scalar(statement) is not None

    # Pages and readings

    def save_page(
        self, document_id: int, page: Page, reading: Reading | None = None, reader: str = ""
    ) -> None:
        """Keep what became of a page (not its pixels), in place of what was kept before.

        With ``reading``, what ``reader`` read on it is kept in the same step, as by ``save_reading``.
        """
        with self._database.session() as session:
            key = {"document_id": document_id, "number": page.number}
            self._upsert(session, PageRow, key, rows.page_values(page))
            if reading is not None:
                self._save_reading(session, document_id, reading, reader)

    def page_outcomes(self, document_id: int) -> list[PageOutcome]:
        """The pages saved so far, by number."""
        query = select(PageRow).where(PageRow.document_id == document_id).order_by(PageRow.number)
        with self._database.session(read_only=True) as session:
            return [rows.to_page_outcome(row) for row in session.scalars(query)]

    def save_reading(self, document_id: int, reading: Reading, reader: str) -> None:
        """Keep a page's words under the name and version of their reader, and make them searchable."""
        with self._database.session() as session:
            self._save_reading(session, document_id, reading, reader)

    def pages_read(self, document_id: int, reader: str) -> frozenset[int]:
        """The numbers of the pages that ``reader`` has read."""
        query = select(ReadingRow.page_number).where(
            ReadingRow.document_id == document_id, ReadingRow.reader == reader
        )
        with self._database.session(read_only=True) as session:
            return frozenset(session.scalars(query))

    def reading(self, document_id: int, page_number: int, reader: str) -> Reading | None:
        """The words that ``reader`` found on a page, None where it has not read it."""
        with self._database.session(read_only=True) as session:
            row = session.get(ReadingRow, (document_id, page_number, reader))
            return None if row is None else rows.to_reading(row)

    # Runs, answers, extractions

    def save_run(
        self,
        document_id: int,
        kind: RunKind,
        run: RunInfo,
        status: RunStatus = RunStatus.DONE,
        reason: str | None = None,
        started: datetime | None = None,
    ) -> int:
        """Keep that work was done, or failed, without a result. Results bring their run with them."""
        with self._database.session() as session:
            return _add_run(session, document_id, kind, run, status, reason, started)

    def runs(self, document_id: int) -> list[RunRecord]:
        """All work on a document, oldest first."""
        query = select(RunRow).where(RunRow.document_id == document_id).order_by(RunRow.id)
        with self._database.session(read_only=True) as session:
            return [rows.to_run(row) for row in session.scalars(query)]

    def save_answer(
        self, document_id: int, run: RunInfo, answer: Answer, started: datetime | None = None
    ) -> int:
        """Keep an answer with its run, and make it searchable unless it is "not found"."""
        with self._database.session() as session:
            forget_replies(session, document_id, work_key(RunKind.ASK, run, answer.question))
            run_id = _add_run(session, document_id, RunKind.ASK, run, started=started)
            row = rows.answer_row(document_id, run_id, answer)
            session.add(row)
            session.flush()
            if answer.text is not None:
                searchable = _searchable(f"{answer.question}\n{answer.text}")
                session.add(SearchEntryRow(document_id=document_id, answer_id=row.id, **searchable))
            return row.id

    def find_answer(self, document_id: int, run: RunInfo, question: str) -> Answer | None:
        """The latest answer to the same question by a run that differs in its timings at most."""
        with self._database.session(read_only=True) as session:
            answer_id = session.scalar(queries.kept_answers(document_id, run, question).limit(1))
            row = None if answer_id is None else session.get(AnswerRow, answer_id)
            return None if row is None else rows.to_answer(row)

    def answer_id(self, document_id: int, run: RunInfo, question: str) -> int | None:
        """The id of what ``find_answer`` finds."""
        with self._database.session(read_only=True) as session:
            return session.scalar(queries.kept_answers(document_id, run, question).limit(1))

    def answers(self, document_id: int | None = None) -> list[AnswerRecord]:
        """The answers on one document, or on all, oldest first."""
        query = select(AnswerRow.id)
        if document_id is not None:
            query = query.where(AnswerRow.document_id == document_id)
        return self._answers(query)

    def answers_with_ids(self, identifiers: Sequence[int]) -> list[AnswerRecord]:
        """The answers with these ids, oldest first."""
        return self._answers(select(AnswerRow.id).where(AnswerRow.id.in_(identifiers)))

    def save_extraction(
        self,
        document_id: int,
        run: RunInfo,
        schema_key: str,
        extraction: Extraction,
        started: datetime | None = None,
    ) -> int:
        """Keep the fields found with a schema; ``schema_key`` is a hash of the schema's content."""
        with self._database.session() as session:
            forget_replies(session, document_id, work_key(RunKind.EXTRACT, run, schema_key))
            run_id = _add_run(session, document_id, RunKind.EXTRACT, run, started=started)
            row = rows.extraction_row(document_id, run_id, schema_key, extraction)
            session.add(row)
            session.flush()
            session.add_all(rows.field_rows(row.id, extraction))
            return row.id

    def extraction(self, document_id: int, run: RunInfo, schema_key: str) -> Extraction | None:
        """The latest extraction with this schema by the same kind of run."""
        found = self._extractions(queries.kept_extractions(document_id, run, schema_key).limit(1))
        return found[0].extraction if found else None

    def extraction_id(self, document_id: int, run: RunInfo, schema_key: str) -> int | None:
        """The id of what ``extraction`` finds."""
        with self._database.session(read_only=True) as session:
            return session.scalar(queries.kept_extractions(document_id, run, schema_key).limit(1))

    def extractions(
        self, document_id: int | None = None, latest_only: bool = False
    ) -> list[ExtractionRecord]:
        """The extractions of one document, or of all, oldest first.

        ``latest_only`` leaves out those that a later one with the same schema has replaced.
        """
        query = select(ExtractionRow.id)
        if latest_only:
            query = select(func.max(ExtractionRow.id)).group_by(
                ExtractionRow.document_id, ExtractionRow.schema_key
            )
        if document_id is not None:
            query = query.where(ExtractionRow.document_id == document_id)
        return self._extractions(query)

    def extractions_with_ids(self, identifiers: Sequence[int]) -> list[ExtractionRecord]:
        """The extractions with these ids, oldest first."""
        return self._extractions(select(ExtractionRow.id).where(ExtractionRow.id.in_(identifiers)))

    def replies(self, document_id: int, kind: RunKind, run: RunInfo, subject: str) -> Replies:
        """The replies kept for work on a document that is not done; see ``replies.work_key``.

        ``save_answer`` and ``save_extraction`` drop those of the work they end.
        """
        return Replies(self._database, document_id, work_key(kind, run, subject))

    # Labels

    def save_label(self, document_id: int, label: Label) -> int:
        """Keep what a person says is right, in place of an earlier label of the same kind and name."""
        with self._database.session() as session:
            key = {"document_id": document_id, "kind": label.kind.value, "name": label.name}
            values = rows.label_values(label) | {"created": now()}
            return int(self._upsert(session, LabelRow, key, values, returning=LabelRow.id))

    def labels(self, document_id: int | None = None, kind: LabelKind | None = None) -> list[LabelRecord]:
        """The labels of one document, or of all, oldest first."""
        query = select(LabelRow).order_by(LabelRow.id)
        if document_id is not None:
            query = query.where(LabelRow.document_id == document_id)
        if kind is not None:
            query = query.where(LabelRow.kind == kind.value)
        with self._database.session(read_only=True) as session:
            return [rows.to_label_record(row) for row in session.scalars(query)]

    def delete_label(self, label_id: int) -> bool:
        """Take a label back; False where there was none."""
        with self._database.session() as session:
            statement = delete(LabelRow).where(LabelRow.id == label_id).returning(LabelRow.id)
            return session.scalar(statement) is not None

    # Search

    def search(self, query: str, limit: int = 20) -> list[SearchHit]:
        """Pages and answers that hold every word of ``query``, the last as a beginning; best first.

        Accents and case do not matter. Whatever is typed is text, never query syntax.
        """
        phrases = query_phrases(query)
        if not phrases:
            return []
        with self._database.session(read_only=True) as session:
            return queries.search_hits(session, phrases, limit)

    # Batch work

    def work_queue(self, owner: str | None = None) -> WorkQueue:
        """The units of batch work in this database; ``owner`` is this process unless named."""
        return WorkQueue(self._database, owner or this_process())

    # Shared by the methods above

    def _documents(self, query: Select[Any]) -> list[DocumentRecord]:
        with self._database.session(read_only=True) as session:
            return queries.document_records(session, query)

    def _answers(self, identifiers: Select[Any]) -> list[AnswerRecord]:
        with self._database.session(read_only=True) as session:
            return queries.answer_records(session, identifiers)

    def _extractions(self, identifiers: Select[Any]) -> list[ExtractionRecord]:
        with self._database.session(read_only=True) as session:
            return queries.extraction_records(session, identifiers)

    def _save_reading(self, session: Session, document_id: int, reading: Reading, reader: str) -> None:
        key = {"document_id": document_id, "page_number": reading.page_number, "reader": reader}
        self._upsert(session, ReadingRow, key, rows.reading_values(reading) | {"created": now()})
        entry_key = {"document_id": document_id, "page_number": reading.page_number}
        self._upsert(session, SearchEntryRow, entry_key, _searchable(reading.text))

    def _upsert(
        self,
        session: Session,
        row_type: type[Base],
        key: dict[str, Any],
        values: dict[str, Any],
        returning: Any = None,
    ) -> Any:
        """Insert a row, or give the row with the same key these values; returns one of its columns."""
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        statement: Any = insert(row_type).values(**key, **values)
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=values)
        if returning is None:
            session.execute(statement)
            return None
        return session.execute(statement.returning(returning)).scalar_one()


def _add_run(
    session: Session,
    document_id: int,
    kind: RunKind,
    run: RunInfo,
    status: RunStatus = RunStatus.DONE,
    reason: str | None = None,
    started: datetime | None = None,
) -> int:
    row = rows.run_row(document_id, kind, run, status, reason, started)
    session.add(row)
    session.flush()
    return row.id


def _searchable(content: str) -> dict[str, str]:
    return {"text": content, "folded": fold(content)}
