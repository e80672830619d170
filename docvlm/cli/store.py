"""``python -m docvlm store``: look after the database."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docvlm.cli.choices import chosen_settings
from docvlm.cli.observed import add_observed_command
from docvlm.errors import StoreError
from docvlm.terminal import Subparsers


def add_store(subparsers: Subparsers) -> None:
    """Add ``store`` and its actions."""
    summary = "check, vacuum, back up, restore and move the database"
    parser = subparsers.add_parser("store", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _action(actions, "check", _check, "look through the whole database for damage")
    _action(actions, "vacuum", _vacuum, "give back the space of what was deleted")
    backup = _action(actions, "backup", _backup, "copy a SQLite database while others use it")
    backup.add_argument(
        "file", nargs="?", type=Path, help="default: backups/NAME-TIME.sqlite beside the database"
    )
    restore = _action(actions, "restore", _restore, "put a backup in the place of a SQLite database")
    restore.add_argument("file", type=Path, help="a file that 'backup' has written")
    export = _action(actions, "export", _export, "write everything to one file, to be imported elsewhere")
    export.add_argument("file", type=Path, help="JSON lines; compressed where the name ends in .gz")
    for parser in (backup, restore, export):
        parser.add_argument("--force", action="store_true", help="also where there is one already")
    taking = _action(
        actions, "import", _import, "read an export into an empty database, SQLite or PostgreSQL"
    )
    taking.add_argument("file", type=Path, help="a file that 'export' has written")
    _action(actions, "salvage", _salvage, "go on without what a damaged write-ahead log can no longer give")


def _action(
    actions: Subparsers, name: str, run: Callable[[argparse.Namespace], int], summary: str
) -> argparse.ArgumentParser:
    return add_observed_command(actions, name, run, summary, group="store")


def _check(options: argparse.Namespace) -> int:
    from docvlm.store.maintenance import check_database

    health = check_database(_url(options))
    if health is None:
        raise StoreError("There is no database yet.", "It is made on first use.")
    problems = list(health.problems)
    _tell(
        options,
        f"{health.label}: revision {health.revision or 'none'}, {health.documents:,} documents, "
        f"{health.pages:,} pages, {_mebibytes(health.byte_count)}. "
        + ("Sound." if not problems else "\n".join(["Damaged:", *problems])),
        revision=health.revision,
        documents=health.documents,
        pages=health.pages,
        bytes=health.byte_count,
        problems=problems,
    )
    return StoreError.exit_code if problems else 0


def _vacuum(options: argparse.Namespace) -> int:
    from docvlm.store.maintenance import vacuum

    done = vacuum(_url(options))
    message = f"{_mebibytes(done.bytes_before)} before, {_mebibytes(done.bytes_after)} now."
    _tell(options, message, bytes_before=done.bytes_before, bytes_after=done.bytes_after)
    return 0


def _backup(options: argparse.Namespace) -> int:
    from docvlm.store.backup import back_up

    written = back_up(_url(options), options.file, overwrite=options.force)
    _tell(options, f"Wrote {written}.", file=str(written))
    return 0


def _restore(options: argparse.Namespace) -> int:
    from docvlm.store.backup import restore

    kept = restore(_url(options), options.file, overwrite=options.force)
    message = f"Restored {options.file}." + (f" What was there is kept as {kept}." if kept else "")
    _tell(options, message, file=str(options.file), kept=None if kept is None else str(kept))
    return 0


def _export(options: argparse.Namespace) -> int:
    from docvlm.store.portable import export_database

    moved = export_database(_url(options), options.file, overwrite=options.force)
    _tell(
        options,
        f"Wrote {moved.total:,} rows to {options.file}.",
        file=str(options.file),
        rows=dict(moved.rows),
    )
    return 0


def _import(options: argparse.Namespace) -> int:
    from docvlm.store.portable import import_database

    moved = import_database(_url(options), options.file)
    _tell(
        options,
        f"Read {moved.total:,} rows from {options.file}.",
        file=str(options.file),
        rows=dict(moved.rows),
    )
    return 0


def _salvage(options: argparse.Namespace) -> int:
    from docvlm.store.backup import salvage

    kept = salvage(_url(options))
    _tell(options, f"What could be read is in use again. The files as they were: {kept}.", kept=str(kept))
    return 0


def _url(options: argparse.Namespace) -> str:
    return chosen_settings(options).database_url


def _tell(options: argparse.Namespace, message: str, **values: Any) -> None:
    print(json.dumps(values, ensure_ascii=False) if options.json else message)


def _mebibytes(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB"
