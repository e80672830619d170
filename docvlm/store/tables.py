"""The tables. Rows stay inside ``docvlm.store``; other rooms see the dataclasses.

A change here needs a new file in ``migrations/versions``; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, ForeignKey, Index, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from docvlm.store.columns import StorableText, UtcDateTime

JsonValue = Annotated[Any, mapped_column(JSON, nullable=False)]
"""What ``json`` reads and writes; ``docvlm.store.codec`` knows the shape of each column."""

OfDocument = Annotated[int, mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))]


def now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: StorableText,
        datetime: UtcDateTime,
    }


class DocumentRow(Base):
    """A file, known by its content. The number of one that was deleted is never given to another."""

    __tablename__ = "documents"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy reads it from the class

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(unique=True)
    media_type: Mapped[str]
    page_count: Mapped[int]
    byte_count: Mapped[int]
    created: Mapped[datetime] = mapped_column(default=now)


class DocumentNameRow(Base):
    """A name, and a path where known (else empty), under which the same bytes were seen."""

    __tablename__ = "document_names"
    __table_args__ = (UniqueConstraint("document_id", "name", "path"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[OfDocument]
    name: Mapped[str]
    path: Mapped[str]
    last_seen: Mapped[datetime] = mapped_column(default=now)


class PageRow(Base):
    """What became of a page when the file was last opened."""

    __tablename__ = "pages"

    document_id: Mapped[OfDocument] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str]
    reason: Mapped[str | None]
    width: Mapped[int]
    height: Mapped[int]
    points_per_pixel: Mapped[float | None]
    notes: Mapped[JsonValue]


class ReadingRow(Base):
    """The words of a page, by the reader version that read them."""

    __tablename__ = "readings"

    document_id: Mapped[OfDocument] = mapped_column(primary_key=True)
    page_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reader: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    points_per_pixel: Mapped[float | None]
    rotation: Mapped[int]
    skew: Mapped[float]
    notes: Mapped[JsonValue]
    lines: Mapped[JsonValue]
    created: Mapped[datetime] = mapped_column(default=now)


class RunRow(Base):
    """One piece of work on a document, and with what it was done."""

    __tablename__ = "runs"
    __table_args__ = (Index(None, "document_id", "kind", "model", "model_revision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[OfDocument]
    kind: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    model: Mapped[str]
    model_revision: Mapped[str]
    adapter: Mapped[str | None]
    tiling: Mapped[str]
    reader: Mapped[str]
    pages: Mapped[str]
    pipeline: Mapped[str]
    timings: Mapped[JsonValue]
    started: Mapped[datetime | None]
    finished: Mapped[datetime] = mapped_column(default=now)


class AnswerRow(Base):
    __tablename__ = "answers"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy reads it from the class

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    document_id: Mapped[OfDocument] = mapped_column(index=True)
    question: Mapped[str]
    text: Mapped[str | None]
    confidence: Mapped[float]
    page: Mapped[int | None]
    boxes: Mapped[JsonValue]


class ExtractionRow(Base):
    """``schema_key`` is the hash of the schema, so that a changed schema is another one."""

    __tablename__ = "extractions"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy reads it from the class

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    document_id: Mapped[OfDocument] = mapped_column(index=True)
    schema_name: Mapped[str]
    schema_key: Mapped[str]
    checks: Mapped[JsonValue]
    notes: Mapped[JsonValue]


class LineItemsRow(Base):
    """A list field: its place among the extraction's fields, and how many rows it has."""

    __tablename__ = "line_items"

    extraction_id: Mapped[int] = mapped_column(
        ForeignKey("extractions.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    row_count: Mapped[int]


class FieldRow(Base):
    """A value: a field of its own, or the cell of a list field.

    ``position`` counts the extraction's fields from 0. In a list field it is that of the list, and
    ``row_index`` and ``column_index``, from 0, say which cell; elsewhere both are NULL.
    """

    __tablename__ = "fields"
    __table_args__ = (UniqueConstraint("extraction_id", "position", "row_index", "column_index"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    extraction_id: Mapped[int] = mapped_column(ForeignKey("extractions.id", ondelete="CASCADE"))
    position: Mapped[int]
    row_index: Mapped[int | None]
    column_index: Mapped[int | None]
    name: Mapped[str]
    value: Mapped[str | None]
    raw: Mapped[str | None]
    confidence: Mapped[float]
    page: Mapped[int | None]
    box: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    boxes: Mapped[JsonValue]
    currency: Mapped[str | None]
    flags: Mapped[JsonValue]


class ReplyRow(Base):
    """What the model replied to a window of a document that is not done; see ``docvlm.store.replies``."""

    __tablename__ = "replies"

    document_id: Mapped[OfDocument] = mapped_column(primary_key=True)
    work: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[JsonValue]
    created: Mapped[datetime] = mapped_column(default=now)


class LabelRow(Base):
    """What a person says is right; one for each document, kind and name."""

    __tablename__ = "labels"
    __table_args__ = (UniqueConstraint("document_id", "kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[OfDocument]
    kind: Mapped[str]
    name: Mapped[str]
    value: Mapped[str | None]
    page: Mapped[int | None]
    boxes: Mapped[JsonValue]
    source: Mapped[str]
    created: Mapped[datetime] = mapped_column(default=now)


class SearchEntryRow(Base):
    """A text that search finds: the latest reading of a page, or an answer that was found.

    ``folded`` is the text as ``docvlm.store.search.fold`` makes it; the full-text index (FTS5 table
    ``search_index`` on SQLite, column ``search_vector`` on PostgreSQL) is kept by the database from it.
    """

    __tablename__ = "search_entries"
    __table_args__ = (UniqueConstraint("document_id", "page_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[OfDocument]
    page_number: Mapped[int | None]
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), index=True)
    text: Mapped[str]
    folded: Mapped[str]


class WorkUnitRow(Base):
    """A unit of batch work: who has it, since when, and what became of it.

    ``key`` is a hash of what the unit is (see ``docvlm.batch.units``). ``owner`` and ``heartbeat`` are set
    while the state is "running". ``result_id`` is the answer's or extraction's, where the work has one.
    """

    __tablename__ = "work_units"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(index=True)
    owner: Mapped[str | None]
    heartbeat: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None]
    exit_code: Mapped[int] = mapped_column(default=0)
    pages_done: Mapped[int] = mapped_column(default=0)
    pages_failed: Mapped[int] = mapped_column(default=0)
    result_id: Mapped[int | None]
    timings: Mapped[JsonValue] = mapped_column(default=list)
    changed: Mapped[datetime] = mapped_column(default=now, onupdate=now)
