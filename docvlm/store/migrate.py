"""Brings a database to the tables of this version of docvlm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from docvlm.errors import StoreError
from docvlm.store.database import Database
from docvlm.store.tables import Base

HEAD = "0005"
"""The revision this code works with; a test keeps it equal to the newest migration."""

VERSION_TABLE = "docvlm_revision"
_ADVISORY_LOCK = 0x646F63766C6D  # "docvlm": any number that nothing else in the database uses
_SEARCH_INDEX = "search_index"
_SEARCH_VECTOR = ("search_vector", "ix_search_entries_search_vector")


def migrate(database: Database) -> None:
    """Upgrade, in one transaction, unless the tables are there already; safe for two processes at once.

    Raises:
        StoreError: when the database is newer than this code, or is another program's.
    """
    with database.connection(read_only=True) as connection:
        if current_revision(connection) == HEAD:  # also while another process writes
            return
    with database.changing_tables() as connection:
        if not database.is_sqlite:  # SQLite's transactions are exclusive for writers as they are
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        revision = current_revision(connection)
        if revision == HEAD:  # another process was faster
            return
        if revision is None:
            _refuse_foreign_tables(connection, database)
        _upgrade(connection, revision, database.label)


def current_revision(connection: Connection) -> str | None:
    """The revision of the tables, None where there are none yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    return None if revision is None else str(revision)


def alembic_config(connection: Connection) -> Any:
    """Alembic's configuration for a connection that is in a transaction."""
    from alembic.config import Config  # here, because an up-to-date database does without

    config = Config()
    folder = Path(__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def is_compared(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    """Whether Alembic compares an object with the models: not the indexes that only one database has."""
    if kind == "table":
        return name is not None and not name.startswith(_SEARCH_INDEX)
    return name not in _SEARCH_VECTOR


def _upgrade(connection: Connection, revision: str | None, label: str) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            f"The database {label} was written by a newer docvlm (revision {revision}).",
            "Update docvlm, or set DOCVLM_HOME to another folder.",
        )
    command.upgrade(config, "head")


def _refuse_foreign_tables(connection: Connection, database: Database) -> None:
    tables = set(inspect(connection).get_table_names())
    # A PostgreSQL database may be shared with others as long as no name clashes; a file may not.
    foreign = tables if database.is_sqlite else tables & set(Base.metadata.tables)
    if foreign:
        raise StoreError(
            f"The database {database.label} holds tables of another program ({min(foreign)}).",
            "Set DOCVLM_DATABASE_URL to a database of docvlm's own.",
        )
