"""Where things are kept: the data folder and the database."""

from __future__ import annotations

import tempfile

from docvlm.config import Settings
from docvlm.doctor.finding import Finding, fail, ok, warn
from docvlm.doctor.machine import existing_parent
from docvlm.errors import StoreError, UsageError
from docvlm.store.maintenance import check_database as look_into_database


def check_home(settings: Settings) -> Finding:
    """Whether files can be made in the data folder; where it is not there yet, in the folder above."""
    folder = existing_parent(settings.home)
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".docvlm-doctor-") as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        return fail(
            "data folder",
            f"{folder} cannot be written: {error.strerror or error}.",
            "Set DOCVLM_HOME to a folder you may write to.",
            UsageError.exit_code,
        )
    there = "" if folder == settings.home else ", not there yet, made on first use"
    return ok("data folder", f"{settings.home}{there}")


def check_database(settings: Settings) -> Finding:
    try:
        health = look_into_database(settings.database_url)
    except StoreError as error:
        return fail("database", error.message, error.remedy, error.exit_code)
    if health is None:
        return ok("database", "none yet, made on first use")
    if health.problems:
        return fail(
            "database",
            f"{health.label} is damaged: {health.problems[0]}",
            "Put a backup in its place with 'python -m docvlm store restore FILE'.",
            StoreError.exit_code,
        )
    if health.revision is None:
        return ok("database", f"{health.label} is empty; its tables are made on first use")
    message = f"{health.label}, {health.documents:,} documents, {health.byte_count / 2**20:,.1f} MiB, sound"
    if not health.is_current:
        return warn(
            "database",
            f"{message}, with tables of revision {health.revision}.",
            "They are brought up to date on first use; make a backup before.",
        )
    return ok("database", message)
