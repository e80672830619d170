"""Backups of a SQLite database: made while others write, put back whole, the old one never lost."""

from __future__ import annotations

import itertools
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from docvlm.atomic import atomic_file
from docvlm.errors import StoreError
from docvlm.store.failures import BACKUPS, DamageError, translate
from docvlm.store.maintenance import check_database, refuse_missing, sqlite_file
from docvlm.store.write_ahead_log import find_damage

_COMPANIONS = ("", "-wal", "-shm")
_WAIT_SECONDS = 30.0
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510  # the bytes that readers lock (SQLite's src/os.h)


def back_up(url: str, target: Path | None = None, overwrite: bool = False) -> Path:
    """Copy a database as it is at this moment; others go on reading and writing.

    The copy is made by SQLite's online backup API (sqlite.org/backup.html) and looked through.

    Args:
        target: the file to write; by default one named by the time, in ``backups`` beside the database.
        overwrite: replace the file where it exists.

    Returns:
        The file that was written.

    Raises:
        StoreError: when the database is not SQLite, missing or damaged, or ``target`` exists.
        UsageError: when ``target`` cannot be written.
    """
    path = _file_of(url, "backup", "pg_dump")
    refuse_missing(url)
    if target is None:
        target = path.parent / BACKUPS / f"{path.stem}-{_moment()}.sqlite"
        target.parent.mkdir(mode=0o700, exist_ok=True)
    if target.exists() and not overwrite:
        raise StoreError(f"{target} exists already.", "Give another name, or --force to replace it.")
    if (damage := find_damage(Path(f"{path}-wal"))) is not None:
        raise DamageError.of_log(str(path), str(damage))
    with atomic_file(target) as copy:
        copy.chmod(0o600)
        _copy(path, copy, mode="rw")  # so that SQLite tidies up behind itself
        _refuse_unsound(copy, path)
    return target


def restore(url: str, source: Path, overwrite: bool = False) -> Path | None:
    """Put a backup in a database's place.

    Args:
        overwrite: also where there is a database; it is kept beside the new one under another name.

    Returns:
        Where the database that was there is now, or its log where that was left alone; None where there was
        neither.

    Raises:
        StoreError: when the backup is damaged or of a newer docvlm, when there is a database and
            ``overwrite`` is not set, or when another process has it open.
    """
    path = _file_of(url, "restore", "pg_restore")
    if not source.is_file():
        raise StoreError(f"There is no backup at {source}.", "Check the path.")
    if path.exists() and source.samefile(path):
        raise StoreError(f"{source} is the database itself.", "Give the file of a backup.")
    if path.exists() and path.stat().st_size and not overwrite:
        raise StoreError(
            f"There is a database at {path}.",
            "Give --force; the one that is there is kept beside the new one.",
        )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with atomic_file(path) as copy:
        _copy(source, copy)
        _refuse_unsound(copy, source)
        copy.chmod(0o600)
        return _put_aside(path)  # a log alone, too: SQLite would play it into the backup


def salvage(url: str) -> Path:
    """Go on with what comes before the damage in a write-ahead log; the files as they were are kept.

    Returns:
        Where the files as they were are now.

    Raises:
        StoreError: when the log is not damaged, or the database itself is.
    """
    path = _file_of(url, "salvage", "its own tools")
    refuse_missing(url)
    if find_damage(Path(f"{path}-wal")) is None:
        raise StoreError(
            f"The write-ahead log of {path} is not damaged.",
            "See what is wrong with 'python -m docvlm store check'.",
        )
    kept = _put_aside(path)
    assert kept is not None  # noqa: S101 - a database without a file was refused
    try:
        with atomic_file(path) as copy:
            _copy(kept, copy)
            _refuse_unsound(copy, path)
            copy.chmod(0o600)
    except BaseException:
        _rename(kept, path)  # or the next start would make an empty database here
        raise
    return kept


def _file_of(url: str, what: str, instead: str) -> Path:
    path = sqlite_file(url)
    if path is None:
        raise StoreError(
            f"'store {what}' is for SQLite, and this database is PostgreSQL.",
            f"Use {instead}, or 'python -m docvlm store export' and 'import'.",
        )
    return path


def _copy(source: Path, target: Path, mode: str = "ro") -> None:
    """Copy with SQLite, all in one step: in a write-ahead log a reader holds nobody up."""
    with (
        _told_of(source),
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode={mode}", uri=True)) as reading,
    ):
        reading.execute(f"PRAGMA busy_timeout = {round(_WAIT_SECONDS * 1000)}")
        with closing(sqlite3.connect(target)) as writing:
            reading.backup(writing)
            writing.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it


def _refuse_unsound(copy: Path, original: Path) -> None:
    """Look through a copy that was made.

    Raises:
        StoreError: when it is damaged, or no database that this docvlm can open.
    """
    try:
        health = check_database(f"sqlite:///{copy}")
    except DamageError as error:
        raise DamageError.of_file(str(original)) from error
    if health is None or health.problems:
        raise DamageError.of_file(str(original))
    if health.revision is None:
        raise StoreError(
            f"{original} is no database of docvlm.", "Give a file that 'store backup' has written."
        )
    if health.is_newer:
        raise StoreError(
            f"{original} was written by a newer docvlm (revision {health.revision}).", "Update docvlm."
        )


def _put_aside(path: Path) -> Path | None:
    """Give the database and what belongs to it another name.

    Returns:
        Where the database is now, or its log where there is no more; None where there is neither.

    Raises:
        StoreError: when another process has it open.
    """
    if path.exists():
        _refuse_in_use(path)
    aside = _free_name(path.with_name(f"{path.stem}.before-{_moment()}{path.suffix}"))
    _rename(path, aside)
    return next((kept for kept in (aside, Path(f"{aside}-wal")) if kept.exists()), None)


def _free_name(path: Path) -> Path:
    """The path, or with the first number that makes it free: one second may see two."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(name for name in itertools.chain([path], numbered) if not _is_taken(name))


def _is_taken(path: Path) -> bool:
    return any(Path(f"{path}{companion}").exists() for companion in _COMPANIONS)


def _rename(path: Path, name: Path) -> None:
    """Give a database another name, with all that lies beside it."""
    for companion in _COMPANIONS:
        with suppress(FileNotFoundError):
            Path(f"{path}{companion}").rename(f"{name}{companion}")


def _refuse_in_use(path: Path) -> None:
    """Look for the lock that every reader holds, without opening the database, which would tidy its log."""
    if sys.platform == "win32":
        return  # there a file that is open cannot be renamed
    import fcntl

    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except OSError as error:
            raise StoreError(
                f"The database {path} is in use by another process.", "Stop docvlm everywhere, and try again."
            ) from error


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error, str(path)) from error


def _moment() -> str:
    return datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
