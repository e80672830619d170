"""What a batch would come to: files and pages are counted, the time judged by trying a few pages."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from docvlm import ingest
from docvlm.batch.find import Found, FoundFile, PassedOver, find_files
from docvlm.batch.run import BatchOptions, check_options, jobs_of
from docvlm.batch.units import Job, Task, Unit
from docvlm.batch.work import do_unit, pages_within
from docvlm.config import Settings
from docvlm.errors import InputError
from docvlm.pipeline import Workspace
from docvlm.store import Store, UnitRecord, UnitState

_SAMPLED_FILES = 5
_SAMPLED_PAGES = 3  # of each


@dataclass(frozen=True, slots=True)
class Estimate:
    """``done`` contents were done before, ``refused`` files cannot be opened, ``pages`` are left to do
    in this run (``BatchOptions.limit``).

    ``seconds`` is None where there is nothing to do. ``sampled`` pages were tried on one core.
    """

    files: int
    contents: int
    done: int
    refused: int
    pages: int
    seconds: float | None
    sampled: int
    workers: int


@dataclass(frozen=True, slots=True)
class _Content:
    unit: Unit
    pages: int


def estimate(options: BatchOptions, settings: Settings) -> Estimate:
    """Count and try, keeping nothing.

    Raises:
        UsageError: when a source does not exist, or nothing can be written where the results should go.
        ModelError: when the model is needed for the trial and cannot be loaded.
    """
    check_options(options)
    settings.prepare_home()
    with tempfile.TemporaryDirectory() as scratch:
        trial = replace(settings, database_url=f"sqlite:///{Path(scratch) / 'trial.sqlite'}")
        with Workspace(trial) as workspace, Store.open(settings.database_url) as store:
            card = None if options.task is Task.READ else workspace.engine.card
            jobs = jobs_of(options, settings, card)
            files, refused, contents = _count(options, jobs[-1], settings)
            records = store.work_queue().records([content.unit.key for content in contents])
            left = [
                content
                for content in contents
                if _is_left(records.get(content.unit.key), options.selection.retry_failed)
            ]
            done = len(contents) - len(left)
            left = left[: options.limit]
            seconds, sampled = _try(workspace, jobs, left, options.password)
    pages = sum(content.pages for content in left)
    # Reading is shared among the workers; a model works alone.
    at_once = options.workers if options.task is Task.READ else 1
    return Estimate(
        files=files,
        contents=len(contents),
        done=done,
        refused=refused,
        pages=pages,
        seconds=seconds / sampled * pages / at_once if sampled else None,
        sampled=sampled,
        workers=options.workers,
    )


def _count(options: BatchOptions, job: Job, settings: Settings) -> tuple[int, int, list[_Content]]:
    """The number of files, of those that cannot be opened, and the different contents."""
    files = refused = 0
    contents: dict[str, _Content] = {}
    for found in find_files(options.sources):
        if isinstance(found, FoundFile) and not options.selection.is_recent(found):
            continue
        try:
            content = _open(found, options, job, settings)
        except InputError:
            files, refused = files + 1, refused + 1
            continue
        if content is not None:
            files += 1
            contents.setdefault(content.unit.sha256, content)
    return files, refused, list(contents.values())


def _open(found: Found, options: BatchOptions, job: Job, settings: Settings) -> _Content | None:
    """The content of a file, None where it belongs to another shard.

    Raises:
        InputError: when the file cannot be opened.
    """
    if isinstance(found, PassedOver):
        raise InputError(found.reason)
    with ingest.open_document(found.path, password=options.password, limits=settings.limits) as document:
        if not options.selection.holds(document.info.sha256):
            return None
        pages = len(pages_within(options.pages, document.info.page_count, document.info.name))
        return _Content(Unit(job, document.info.sha256, found.path, name=Path(found.name).name), pages)


def _is_left(record: UnitRecord | None, retry_failed: bool) -> bool:
    if record is None or record.state in (UnitState.WAITING, UnitState.RUNNING):
        return True
    return retry_failed and record.has_failed


def _try(
    workspace: Workspace, jobs: Sequence[Job], contents: Sequence[_Content], password: str | None
) -> tuple[float, int]:
    """Do the first pages of a few contents spread over all; seconds and pages they took."""
    step = max(1, len(contents) // _SAMPLED_FILES)
    seconds, pages = 0.0, 0
    for content in contents[::step][:_SAMPLED_FILES]:
        count = min(content.pages, _SAMPLED_PAGES)
        started = time.monotonic()
        for job in jobs:
            unit = replace(content.unit, job=replace(job, pages=f"1-{count}"))
            do_unit(workspace, unit, password=password)
        seconds += time.monotonic() - started
        pages += count
    return seconds, pages
