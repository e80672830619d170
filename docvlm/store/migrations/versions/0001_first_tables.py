"""The first tables.

There is no downgrade: a database is never taken back, a backup is put in its place.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _integer(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _double(name: str, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=nullable)


def _moment(name: str, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _json(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=nullable)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), primary_key=True)


def _number(name: str) -> sa.Column[int]:
    """A counted part of a primary key."""
    return sa.Column(name, sa.Integer(), primary_key=True, autoincrement=False)


def _owner(
    table: str, name: str, index: bool = False, primary_key: bool = False, nullable: bool = False
) -> sa.Column[int]:
    """A reference to the row without which this one does not exist."""
    owner = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.Integer(), owner, index=index, primary_key=primary_key, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "documents",
        _id(),
        sa.Column("sha256", sa.Text(), nullable=False, unique=True),
        _text("media_type"),
        _integer("page_count"),
        _integer("byte_count"),
        _moment("created"),
    )
    op.create_table(
        "document_names",
        _id(),
        _owner("documents", "document_id"),
        _text("name"),
        _text("path"),
        _moment("last_seen"),
        sa.UniqueConstraint("document_id", "name", "path"),
    )
    op.create_table(
        "pages",
        _owner("documents", "document_id", primary_key=True),
        _number("number"),
        _text("status"),
        _text("reason", nullable=True),
        _integer("width"),
        _integer("height"),
        _double("points_per_pixel", nullable=True),
        _json("notes"),
    )
    op.create_table(
        "readings",
        _owner("documents", "document_id", primary_key=True),
        _number("page_number"),
        sa.Column("reader", sa.Text(), primary_key=True),
        _text("source"),
        _integer("width"),
        _integer("height"),
        _double("points_per_pixel", nullable=True),
        _integer("rotation"),
        _double("skew"),
        _json("notes"),
        _json("lines"),
        _moment("created"),
    )
    op.create_table(
        "runs",
        _id(),
        _owner("documents", "document_id"),
        _text("kind"),
        _text("status"),
        _text("reason", nullable=True),
        _text("model"),
        _text("model_revision"),
        _text("adapter", nullable=True),
        _text("tiling"),
        _text("reader"),
        _text("pages"),
        _text("pipeline"),
        _json("timings"),
        _moment("started", nullable=True),
        _moment("finished"),
        sa.Index(None, "document_id", "kind", "model", "model_revision"),
    )
    op.create_table(
        "answers",
        _id(),
        _owner("runs", "run_id", index=True),
        _owner("documents", "document_id", index=True),
        _text("question"),
        _text("text", nullable=True),
        _double("confidence"),
        _integer("page", nullable=True),
        _json("boxes"),
    )
    op.create_table(
        "extractions",
        _id(),
        _owner("runs", "run_id", index=True),
        _owner("documents", "document_id", index=True),
        _text("schema_name"),
        _text("schema_key"),
        _json("checks"),
        _json("notes"),
    )
    op.create_table(
        "line_items",
        _owner("extractions", "extraction_id", primary_key=True),
        _number("position"),
        _text("name"),
        _integer("row_count"),
    )
    op.create_table(
        "fields",
        _id(),
        _owner("extractions", "extraction_id"),
        _integer("position"),
        _integer("row_index", nullable=True),
        _integer("column_index", nullable=True),
        _text("name"),
        _text("value", nullable=True),
        _text("raw", nullable=True),
        _double("confidence"),
        _integer("page", nullable=True),
        _json("box", nullable=True),
        _json("boxes"),
        _text("currency", nullable=True),
        _json("flags"),
        sa.UniqueConstraint("extraction_id", "position", "row_index", "column_index"),
    )
    op.create_table(
        "labels",
        _id(),
        _owner("documents", "document_id"),
        _text("kind"),
        _text("name"),
        _text("value", nullable=True),
        _integer("page", nullable=True),
        _json("boxes"),
        _text("source"),
        _moment("created"),
        sa.UniqueConstraint("document_id", "kind", "name"),
    )
    op.create_table(
        "search_entries",
        _id(),
        _owner("documents", "document_id"),
        _integer("page_number", nullable=True),
        _owner("answers", "answer_id", index=True, nullable=True),
        _text("text"),
        _text("folded"),
        sa.UniqueConstraint("document_id", "page_number"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _add_fts5_index()
    else:
        _add_tsvector_index()


def _add_fts5_index() -> None:
    """FTS5 over ``search_entries.folded``, kept in step by triggers (sqlite.org/fts5.html, section 4.4.3)."""
    op.execute(
        "CREATE VIRTUAL TABLE search_index USING fts5("
        "folded, content='search_entries', content_rowid='id', tokenize='unicode61 remove_diacritics 2')"
    )
    add = "INSERT INTO search_index(rowid, folded) VALUES (new.id, new.folded);"
    remove = "INSERT INTO search_index(search_index, rowid, folded) VALUES ('delete', old.id, old.folded);"
    for name, moment, steps in (
        ("search_entries_added", "INSERT", add),
        ("search_entries_removed", "DELETE", remove),
        ("search_entries_changed", "UPDATE", remove + add),
    ):
        op.execute(f"CREATE TRIGGER {name} AFTER {moment} ON search_entries BEGIN {steps} END")


def _add_tsvector_index() -> None:
    op.execute(
        "ALTER TABLE search_entries ADD COLUMN search_vector tsvector"
        " GENERATED ALWAYS AS (to_tsvector('simple', folded)) STORED"
    )
    op.execute("CREATE INDEX ix_search_entries_search_vector ON search_entries USING gin (search_vector)")
