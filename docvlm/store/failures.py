"""What a database driver raises, told as a StoreError with a remedy."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from docvlm.errors import StoreError

BACKUPS = "backups"
"""The folder beside a SQLite database where backups go unless another place is named."""

_LOCKED_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_READ_ONLY_CODES = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_NO_SPACE_CODES = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_POSTGRES_LOCKED = {"55P03", "40P01", "57014"}  # lock not available, deadlock, statement cancelled


class DamageError(StoreError):
    """The file of a SQLite database is damaged, or is no database. The remedy offers the latest backup."""

    @classmethod
    def of_file(cls, label: str) -> DamageError:
        return cls(
            f"The database {label} is damaged or not a database.",
            f"{_restoring(label)}, or move the file away to start an empty one.",
        )

    @classmethod
    def of_log(cls, label: str, where: str) -> DamageError:
        return cls(
            f"The write-ahead log of the database {label} is damaged {where}.",
            f"{_restoring(label)}, or keep what comes before with 'python -m docvlm store salvage'.",
        )


def newest_backup(database: Path) -> Path | None:
    """The latest backup in the folder where they go."""
    found = (database.parent / BACKUPS).glob("*.sqlite")
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def is_locked(error: BaseException | None) -> bool:
    return _sqlite_code(error) in _LOCKED_CODES or getattr(error, "sqlstate", None) in _POSTGRES_LOCKED


def translate(error: DBAPIError | PoolTimeout | sqlite3.Error, label: str) -> StoreError:
    """The same as a StoreError; ``label`` is the database's name without its password."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = _sqlite_code(cause)
    if is_locked(cause):
        return StoreError(
            f"The database {label} is locked by another process.",
            "Wait for it to finish, or stop it, and try again.",
        )
    if code in _DAMAGED_CODES:
        return DamageError.of_file(label)
    if code in _READ_ONLY_CODES:
        return StoreError(
            f"The database {label} cannot be written.",
            "Check the permissions of the file and its folder, or set DOCVLM_DATABASE_URL to another place.",
        )
    if code in _NO_SPACE_CODES:
        return StoreError(f"The disk refused to write {label}.", "Check its free space and health.")
    if isinstance(error, IntegrityError):
        return StoreError(
            "What was to be saved belongs to a document that is not in the database.",
            "Add the document again.",
        )
    reason = str(cause or error).strip().splitlines()[0]
    return StoreError(
        f"The database {label} refused: {reason.rstrip('.')}.",
        "Check DOCVLM_DATABASE_URL, and that the database server runs where there is one.",
    )


def _restoring(label: str) -> str:
    backup = newest_backup(Path(label))
    if backup is None:
        return "Put a backup in its place with 'python -m docvlm store restore FILE'"
    return f"Put the backup in its place with 'python -m docvlm store restore {backup} --force'"


def _sqlite_code(error: BaseException | None) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF  # the low byte is the primary result code
