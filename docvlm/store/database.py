"""Connections and sessions: SQLite and PostgreSQL set up alike, every failure told as a StoreError."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    create_engine,
    event,
    func,
    literal,
    make_url,
)
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from docvlm.errors import StoreError
from docvlm.store.columns import UtcDateTime
from docvlm.store.failures import DamageError, is_locked, translate
from docvlm.store.write_ahead_log import find_damage

# Compact, and NaN refused, which is not JSON and which PostgreSQL would not take.
_to_json = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode

POSTGRES_DRIVER = "postgresql+psycopg"
_BEGIN = "docvlm_begin"  # execution option: the statement that begins a transaction on SQLite
_POSTGRES_NAMES = {"postgres", "postgresql", POSTGRES_DRIVER}
_MOST_CHECKED_BYTES = 64 * 2**20
"""Looking through so much takes a tenth of a second; larger files only where that is wanted."""
Report = Callable[[str], None]
"""Called with one sentence for a slow step."""

_LOG_LOOKS = 4
_LOG_LOOK_SECONDS = 0.2


class Database:
    """An engine with the settings that docvlm relies on, and sessions on it.

    Args:
        url: ``sqlite:///path`` or a PostgreSQL URL.
        wait_seconds: how long to wait for another process's lock before giving up.

    Raises:
        StoreError: when the URL cannot be used.
    """

    def __init__(self, url: str, wait_seconds: float) -> None:
        self.url = parse_url(url)
        self.wait_seconds = wait_seconds
        if self.is_sqlite:
            _prepare_sqlite_file(Path(str(self.url.database)))
            self.engine = _sqlite_engine(self.url, wait_seconds)
        else:
            self.engine = _postgres_engine(self.url, wait_seconds)
        self._reading_engine = self.engine.execution_options(**{_BEGIN: "BEGIN"})
        if not self.is_sqlite:  # as on SQLite, all that a session reads is of one moment
            self._reading_engine = self._reading_engine.execution_options(isolation_level="REPEATABLE READ")

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def label(self) -> str:
        """The database's name for messages, without its password."""
        return str(self.url.database) if self.is_sqlite else self.url.render_as_string(hide_password=True)

    def moment(self, ago: timedelta = timedelta()) -> ColumnElement[datetime]:
        """Now, or some time ago, for statements that several processes compare.

        By the clock of the server, which all machines share; by this machine's for SQLite, which is on it.
        """
        if self.is_sqlite:
            return literal(datetime.now(UTC) - ago, UtcDateTime())
        return func.clock_timestamp(type_=DateTime(timezone=True)) - ago

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def session(self, read_only: bool = False) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on any exception.

        Raises:
            StoreError: for whatever the database refuses.
        """
        engine = self._engine_for(read_only)
        with self.translated_errors(), Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def connection(self, read_only: bool = False) -> Iterator[Connection]:
        """As ``session``, for statements that are no business of the tables (set-up, checks)."""
        with self.translated_errors(), self._engine_for(read_only).begin() as connection:
            yield connection

    @contextmanager
    def changing_tables(self) -> Iterator[Connection]:
        """As ``connection``, for migrations: SQLite enforces no references meanwhile.

        It rebuilds a table by dropping the old one, which would delete all rows that refer to it; and within
        a transaction it cannot be told otherwise.
        """
        if not self.is_sqlite:
            with self.connection() as connection:
                yield connection
            return
        engine = _sqlite_engine(self.url, self.wait_seconds, enforces_references=False)
        try:
            with self.translated_errors(), engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()

    @contextmanager
    def statements(self) -> Iterator[Connection]:
        """For statements that must not stand in a transaction."""
        engine = self.engine.execution_options(**{_BEGIN: ""})
        if not self.is_sqlite:
            engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        with self.translated_errors(), engine.connect() as connection:
            yield connection

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, PoolTimeout) as error:
            raise translate(error, self.label) from error

    def refuse_damage(self, whole: bool = False, report: Report = lambda _line: None) -> None:
        """Look for damage before anything is read or written (SQLite; up to 64 MiB, the log always).

        Args:
            whole: look through larger files too.
            report: called with a sentence before that.

        Raises:
            DamageError: when the file or its write-ahead log is damaged.
        """
        if not self.is_sqlite:
            return
        path = Path(str(self.url.database))
        for look in range(_LOG_LOOKS):
            damage = find_damage(Path(f"{path}-wal"))
            if damage is None:
                break
            if look == _LOG_LOOKS - 1:
                raise DamageError.of_log(self.label, str(damage))
            time.sleep(_LOG_LOOK_SECONDS)  # another process may be writing to it just now
        size = path.stat().st_size
        if size > _MOST_CHECKED_BYTES:
            if not whole:
                return
            report(f"Checking the database for damage ({size / 2**20:,.0f} MiB).")
        with self.connection(read_only=True) as connection:
            if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
                raise DamageError.of_file(self.label)

    def use_write_ahead_log(self) -> None:
        """Let readers and a writer work side by side (SQLite); the file remembers it.

        Raises:
            StoreError: when the file is not a database or stays locked.
        """
        if not self.is_sqlite:
            return
        deadline = time.monotonic() + self.wait_seconds
        with self.translated_errors():
            while True:
                try:
                    self._set_journal_mode()
                except DBAPIError as error:
                    # SQLite does not wait by itself while another process makes the same change.
                    if not is_locked(error.orig) or time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)
                else:
                    return

    def _engine_for(self, read_only: bool) -> Engine:
        return self._reading_engine if read_only else self.engine

    def _set_journal_mode(self) -> None:
        with self.engine.execution_options(**{_BEGIN: ""}).connect() as connection:
            if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")


def parse_url(url: str) -> URL:
    """The URL of a database, with the driver that docvlm uses.

    Raises:
        StoreError: when it is not understood or names no kind of database that is supported.
    """
    remedy = "Give sqlite:///path/to/file.sqlite or postgresql://user@host/name."
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError("The database URL is not understood.", remedy) from error
    if parsed.drivername in _POSTGRES_NAMES:
        return parsed.set(drivername=POSTGRES_DRIVER)
    if parsed.get_backend_name() != "sqlite":
        raise StoreError(f"Databases of the kind '{parsed.drivername}' are not supported.", remedy)
    if parsed.database in (None, "", ":memory:"):
        raise StoreError("The database URL names no file.", remedy)
    return parsed


def _prepare_sqlite_file(path: Path) -> None:
    """Make the folder and an empty file that only their owner can read; leave what exists as it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"The database {path} cannot be made: {error.strerror}.",
            "Set DOCVLM_HOME or DOCVLM_DATABASE_URL to a place you may write to.",
        ) from error


def _sqlite_engine(url: URL, wait_seconds: float, enforces_references: bool = True) -> Engine:
    engine = create_engine(url, connect_args={"timeout": wait_seconds}, json_serializer=_to_json)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # sqlite3's own BEGIN comes too late to be of use
        connection.execute(f"PRAGMA foreign_keys = {'ON' if enforces_references else 'OFF'}")
        connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails at once, without waiting, where another
        # process wrote in between (SQLITE_BUSY_SNAPSHOT); so a writer takes the lock at the start.
        statement = connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE")
        if statement:
            connection.exec_driver_sql(statement)

    return engine


def _postgres_engine(url: URL, wait_seconds: float) -> Engine:
    try:
        engine = create_engine(
            url, pool_pre_ping=True, connect_args={"connect_timeout": 10}, json_serializer=_to_json
        )
    except ModuleNotFoundError as error:
        raise StoreError(
            "The PostgreSQL driver is not installed.", "Install it with: pip install 'psycopg[binary]'."
        ) from error

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {max(1, round(wait_seconds * 1000))}")
        connection.commit()

    return engine
