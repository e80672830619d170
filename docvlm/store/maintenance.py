"""Upkeep of a database: is it sound, and what takes up its space."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from docvlm.errors import StoreError
from docvlm.store.database import Database, parse_url
from docvlm.store.failures import DamageError
from docvlm.store.migrate import HEAD, current_revision, migrate
from docvlm.store.replies import forget_abandoned_replies
from docvlm.store.tables import Base, DocumentRow, ReadingRow

_MOST_PROBLEMS = 20
_CHECK_WAIT_SECONDS = 10.0
_SQLITE_UPKEEP = (
    "INSERT INTO search_index(search_index) VALUES ('optimize')",
    "VACUUM",
    "ANALYZE",
    "PRAGMA wal_checkpoint(TRUNCATE)",
)


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """What a look into a database found.

    Attributes:
        label: the database's name, without its password.
        revision: of its tables; None where there are none yet.
        documents: how many there are; 0 where the tables are of another revision.
        pages: how many pages have been read.
        byte_count: what it takes up.
        problems: each a sentence; empty where it is sound.
    """

    label: str
    revision: str | None
    documents: int
    pages: int
    byte_count: int
    problems: tuple[str, ...] = ()

    @property
    def is_current(self) -> bool:
        return self.revision == HEAD

    @property
    def is_newer(self) -> bool:
        return self.revision is not None and self.revision > HEAD  # revisions are numbered with four digits


def check_database(url: str) -> DatabaseHealth | None:
    """Look through a whole database; nothing is changed, also where its tables are of an older revision.

    Returns:
        None where the URL names a SQLite file that does not exist.

    Raises:
        StoreError: when it cannot be opened, or is not a database at all.
    """
    if (path := sqlite_file(url)) is not None and not path.exists():
        return None
    database = Database(url, _CHECK_WAIT_SECONDS)
    try:
        database.refuse_damage()
        with database.connection(read_only=True) as connection:
            revision = current_revision(connection)
            problems = _sqlite_problems(connection) if database.is_sqlite else ()
            documents = pages = 0
            if revision == HEAD and not problems:
                documents = connection.scalar(select(func.count()).select_from(DocumentRow)) or 0
                pages = connection.scalar(select(func.count()).select_from(ReadingRow)) or 0
            size = _byte_count(database, connection)
        if database.is_sqlite and revision == HEAD and not problems:
            problems = _index_problems(database)
        return DatabaseHealth(database.label, revision, documents, pages, size, problems)
    finally:
        database.close()


def sqlite_file(url: str) -> Path | None:
    """The file that a URL names, None for a database on a server.

    Raises:
        StoreError: when the URL is not understood.
    """
    parsed = parse_url(url)
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


def _sqlite_problems(connection: Connection) -> tuple[str, ...]:
    found = connection.execute(text(f"PRAGMA integrity_check({_MOST_PROBLEMS})")).scalars().all()
    if found != ["ok"]:
        return tuple(str(problem) for problem in found)
    orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
    return tuple(
        f"A row of {row[0]} belongs to a row of {row[2]} that is gone." for row in orphans[:_MOST_PROBLEMS]
    )


def _index_problems(database: Database) -> tuple[str, ...]:
    """Compare the full-text index with the table it stands for (sqlite.org/fts5.html, section 6.4)."""
    try:
        with database.connection() as connection:  # the check is written as an INSERT, and changes nothing
            connection.execute(
                text("INSERT INTO search_index(search_index, rank) VALUES ('integrity-check', 1)")
            )
    except StoreError as error:
        if not isinstance(error, DamageError):
            raise
        return ("The full-text index does not fit the texts.",)
    return ()


def _byte_count(database: Database, connection: Connection) -> int:
    if database.is_sqlite:
        files = [Path(f"{database.url.database}{ending}") for ending in ("", "-wal")]
        return sum(file.stat().st_size for file in files if file.exists())
    sizes = [func.pg_total_relation_size(table) for table in Base.metadata.tables]
    return sum(connection.scalar(select(size)) or 0 for size in sizes)


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """What a database took up before and after."""

    bytes_before: int
    bytes_after: int


def vacuum(url: str) -> Vacuumed:
    """Give back the space of what was deleted, and renew what the planner of queries knows.

    Raises:
        StoreError: when there is no database, or another process has it locked.
    """
    refuse_missing(url)
    database = Database(url, _CHECK_WAIT_SECONDS)
    try:
        database.refuse_damage()
        migrate(database)
        before = _size(database)
        forget_abandoned_replies(database)
        with database.statements() as connection:
            if database.is_sqlite:
                for statement in _SQLITE_UPKEEP:
                    connection.exec_driver_sql(statement)
            else:
                for table in Base.metadata.tables:
                    connection.exec_driver_sql(f'VACUUM (ANALYZE) "{table}"')
        return Vacuumed(before, _size(database))
    finally:
        database.close()


def refuse_missing(url: str) -> None:
    """Opening would make a SQLite file that is not there.

    Raises:
        StoreError: when there is none.
    """
    if (path := sqlite_file(url)) is not None and not path.exists():
        raise StoreError(f"There is no database at {path}.", "Check DOCVLM_HOME and DOCVLM_DATABASE_URL.")


def _size(database: Database) -> int:
    with database.connection(read_only=True) as connection:
        return _byte_count(database, connection)
