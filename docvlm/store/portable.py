"""A whole database as one file of JSON lines, to move between SQLite and PostgreSQL row for row.

The first line says which revision the tables have. Then each table has a line with its name and columns
and a line for each row, a list of values; the last line counts the rows, so that a file that was cut off
is noticed. Names that end in ``.gz`` are compressed.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Connection, Table, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from docvlm.atomic import atomic_file
from docvlm.errors import StoreError
from docvlm.store.columns import UtcDateTime
from docvlm.store.database import Database
from docvlm.store.maintenance import refuse_missing
from docvlm.store.migrate import HEAD, migrate
from docvlm.store.tables import Base

FORMAT = 1
_SAME_COLUMNS = ("0003", "0004", HEAD)
"""The revisions of which an export can be imported: later ones changed no columns."""
_ROWS_AT_ONCE = 500
_WAIT_SECONDS = 30.0

Row = dict[str, Any]
Reader = Iterator[Any]


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rows went into or came out of a file, by table."""

    rows: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        return sum(count for _, count in self.rows)


def export_database(url: str, target: Path, overwrite: bool = False) -> Moved:
    """Write everything that is kept, as of one moment; others go on reading and writing.

    Raises:
        StoreError: when the database cannot be used or ``target`` exists.
        UsageError: when ``target`` cannot be written.
    """
    refuse_missing(url)
    if target.exists() and not overwrite:
        raise StoreError(f"{target} exists already.", "Give another name, or --force to replace it.")
    with _database(url) as database, atomic_file(target) as temporary:
        temporary.chmod(0o600)
        with (
            _opened(temporary, "w", target.suffix) as file,
            database.connection(read_only=True) as connection,
        ):
            _write(file, {"docvlm_store": FORMAT, "revision": HEAD})
            counts = [(table.name, _export_table(connection, table, file)) for table in _tables()]
            _write(file, {"rows": dict(counts)})
    return Moved(tuple(counts))


def import_database(url: str, source: Path) -> Moved:
    """Read a file that ``export_database`` wrote into a database without any rows, wholly or not at all.

    Raises:
        StoreError: when the file is damaged or of another docvlm, or the database holds anything.
    """
    if not source.is_file():
        raise StoreError(f"There is no file {source}.", "Check the path.")
    with _database(url) as database, _told_as_damaged(source), _opened(source, "r", source.suffix) as file:
        lines = (json.loads(line) for line in file)
        _refuse_other_forms(next(lines, None), source)
        with database.connection() as connection:
            _refuse_rows(connection, database)
            counts = _import_tables(connection, lines)
            if not database.is_sqlite:
                _continue_numbering(connection)
    return Moved(tuple(counts.items()))


def _tables() -> list[Table]:
    """All tables, each after those that it refers to."""
    return Base.metadata.sorted_tables


def _export_table(connection: Connection, table: Table, file: TextIO) -> int:
    _write(file, {"table": table.name, "columns": [column.name for column in table.columns]})
    encoders = [_encode_moment if isinstance(column.type, UtcDateTime) else None for column in table.columns]
    count = 0
    query = select(table).order_by(*table.primary_key.columns)
    with connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query) as result:
        for row in result:
            _write(
                file,
                [encode(value) if encode else value for value, encode in zip(row, encoders, strict=True)],
            )
            count += 1
    return count


def _import_tables(connection: Connection, lines: Reader) -> dict[str, int]:
    tables = {table.name: table for table in _tables()}
    counts: dict[str, int] = {}
    fill: _Filling | None = None
    for line in lines:
        if isinstance(line, list) and fill is not None:
            fill.add(line)
            counts[fill.table.name] += 1
            continue
        if fill is not None:
            fill.flush()
        if "rows" in line:
            if line["rows"] != counts or next(lines, None) is not None:
                raise ValueError("the counts differ")
            return counts
        table = tables[line["table"]]
        counts[table.name] = 0
        fill = _Filling(connection, table, line["columns"])
    raise EOFError


class _Filling:
    """Inserts rows into one table, many at a time."""

    def __init__(self, connection: Connection, table: Table, columns: list[str]) -> None:
        if columns != [column.name for column in table.columns]:
            raise ValueError(f"other columns in {table.name}")
        self.table = table
        self._connection = connection
        self._columns = columns
        self._decoders: list[Callable[[Any], Any] | None] = [
            _decode_moment if isinstance(column.type, UtcDateTime) else None for column in table.columns
        ]
        self._rows: list[Row] = []

    def add(self, values: list[Any]) -> None:
        decoded = (
            decode(value) if decode else value for value, decode in zip(values, self._decoders, strict=True)
        )
        self._rows.append(dict(zip(self._columns, decoded, strict=True)))
        if len(self._rows) >= _ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if self._rows:
            self._connection.execute(insert(self.table), self._rows)
            self._rows = []


def _continue_numbering(connection: Connection) -> None:
    """Have PostgreSQL give the next row the number after the last; SQLite does so by itself."""
    for table in _tables():
        if "id" not in table.columns:
            continue
        last = connection.scalar(select(func.max(table.columns["id"])))
        if last is not None:
            sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, "id")))
            connection.execute(
                text("SELECT setval(CAST(:sequence AS regclass), :last)"),
                {"sequence": sequence, "last": last},
            )


def _refuse_rows(connection: Connection, database: Database) -> None:
    for table in _tables():
        if connection.execute(select(table).limit(1)).first() is not None:
            raise StoreError(
                f"The database {database.label} is not empty.",
                "Import into a new one: set DOCVLM_DATABASE_URL or DOCVLM_HOME to another place.",
            )


def _refuse_other_forms(first: Any, source: Path) -> None:
    if not isinstance(first, dict) or first.get("docvlm_store") != FORMAT:
        raise StoreError(
            f"{source} is no export of a docvlm database.", "Give a file that 'store export' has written."
        )
    if first.get("revision") not in _SAME_COLUMNS:
        raise StoreError(
            f"{source} was exported from tables of revision {first.get('revision')}; this docvlm has {HEAD}.",
            "Export it again, and import it, with the same version of docvlm.",
        )


@contextmanager
def _database(url: str) -> Iterator[Database]:
    """Opened and brought up to date, as by ``Store.open``."""
    database = Database(url, _WAIT_SECONDS)
    try:
        database.refuse_damage()
        database.use_write_ahead_log()
        migrate(database)
        yield database
    finally:
        database.close()


@contextmanager
def _opened(path: Path, mode: str, suffix: str) -> Iterator[TextIO]:
    opened: Any = gzip.open if suffix == ".gz" else open
    with opened(path, f"{mode}t", encoding="utf-8", newline="\n") as file:
        yield file


@contextmanager
def _told_as_damaged(source: Path) -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        if not isinstance(error.__cause__, IntegrityError):
            raise
        raise StoreError(
            f"{source} has lost rows that others belong to; nothing was imported.", "Export it again."
        ) from error
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:  # bad gzip, bad JSON, bad shape
        raise StoreError(
            f"{source} is damaged or cut off; nothing was imported.", "Export it again, or fetch it again."
        ) from error


def _write(file: TextIO, value: Any) -> None:
    file.write(json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n")


def _encode_moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _decode_moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
