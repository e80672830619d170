"""What a batch would come to: files and pages are counted, the time judged by trying a few pages."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from docvlm import ingest
from docvlm.batch.executor import Executor, Stage
from docvlm.batch.find import Found, FoundFile, PassedOver, find_files
from docvlm.batch.run import BatchOptions, WorkerEngine, check_options, jobs_of, open_executor
from docvlm.batch.units import Job, Outcome, Task, Unit, UnitResult
from docvlm.batch.work import pages_within
from docvlm.config import Settings
from docvlm.cores import allowed_cores
from docvlm.errors import InputError
from docvlm.models.server.address import is_server_address
from docvlm.store import Store, UnitRecord, UnitState

_SAMPLED_FILES = 5
_SAMPLED_PAGES = 3  # of each

ShowStep = Callable[[str, int, int | None], None]
"""Called with what is being done, how far it is, and of how many, None where that is not known."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """``done`` contents were done before, ``refused`` files cannot be opened, ``pages`` are left to do
    in this run (``BatchOptions.limit``).

    ``seconds`` is None where there is nothing to do. ``sampled`` pages were tried, by one worker of each
    stage.
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


@dataclass(frozen=True, slots=True)
class Trial:
    """``seconds`` of work, by stage, that ``pages`` took a worker."""

    seconds: dict[Stage, float]
    pages: int


def estimate(
    options: BatchOptions, settings: Settings, show: ShowStep = lambda _what, _done, _total: None
) -> Estimate:
    """Count and try, keeping nothing.

    Raises:
        UsageError: when a source does not exist, or nothing can be written where the results should go.
        ModelError: when the model is needed for the trial and cannot be loaded.
    """
    check_options(options)
    settings.prepare_home()
    with tempfile.TemporaryDirectory() as scratch, Store.open(settings.database_url) as store:
        trial = replace(settings, database_url=f"sqlite:///{Path(scratch) / 'trial.sqlite'}")
        alone = replace(options, workers=1, model_workers=1, engine=WorkerEngine.LOCAL)
        with open_executor(alone, trial) as executor:
            show("Loading", 0, None)
            card = None if options.task is Task.READ else executor.start_model()
            jobs = jobs_of(options, settings, card)
            files, refused, contents = _count(options, jobs[-1], settings, show)
            records = store.work_queue().records([content.unit.key for content in contents])
            left = [
                content
                for content in contents
                if _is_left(records.get(content.unit.key), options.selection.retry_failed)
            ]
            done = len(contents) - len(left)
            left = left[: options.limit]
            tried = _try(executor, jobs, _sample(left), show)
    pages = sum(content.pages for content in left)
    return Estimate(
        files=files,
        contents=len(contents),
        done=done,
        refused=refused,
        pages=pages,
        seconds=wall_seconds(tried, options, settings) / tried.pages * pages if tried.pages else None,
        sampled=tried.pages,
        workers=options.workers,
    )


def _count(
    options: BatchOptions, job: Job, settings: Settings, show: ShowStep
) -> tuple[int, int, list[_Content]]:
    """The number of files, of those that cannot be opened, and the different contents."""
    files = refused = 0
    contents: dict[str, _Content] = {}
    with closing(ingest.WorkerPool(keep=1)) as parsers:
        for found in find_files(options.sources):
            if found is None or (isinstance(found, FoundFile) and not options.selection.is_recent(found)):
                continue
            try:
                content = _open(found, options, job, settings, parsers)
            except InputError:
                files, refused = files + 1, refused + 1
                continue
            if content is not None:
                files += 1
                contents.setdefault(content.unit.sha256, content)
            show("Counting files", files, None)
    return files, refused, list(contents.values())


def _open(
    found: Found, options: BatchOptions, job: Job, settings: Settings, parsers: ingest.WorkerPool
) -> _Content | None:
    """The content of a file, None where it belongs to another shard.

    Raises:
        InputError: when the file cannot be opened.
    """
    if isinstance(found, PassedOver):
        raise InputError(found.reason)
    with ingest.open_document(
        found.path, password=options.password, limits=settings.limits, workers=parsers
    ) as document:
        if not options.selection.holds(document.info.sha256):
            return None
        pages = len(pages_within(options.pages, document.info.page_count, document.info.name))
        return _Content(Unit(job, document.info.sha256, found.path, name=Path(found.name).name), pages)


def _is_left(record: UnitRecord | None, retry_failed: bool) -> bool:
    if record is None or record.state in (UnitState.WAITING, UnitState.RUNNING):
        return True
    return retry_failed and record.has_failed


def _sample(contents: Sequence[_Content]) -> Sequence[_Content]:
    """A few contents spread over all."""
    step = max(1, len(contents) // _SAMPLED_FILES)
    return contents[::step][:_SAMPLED_FILES]


def _try(executor: Executor, jobs: Sequence[Job], contents: Sequence[_Content], show: ShowStep) -> Trial:
    """Have the first pages of these contents done, one unit after the other."""
    seconds = dict.fromkeys(Stage, 0.0)
    pages = 0
    for position, content in enumerate(contents):
        show("Trying pages", position, len(contents))
        count = min(content.pages, _SAMPLED_PAGES)
        for job in jobs:
            started = time.monotonic()
            result = _result(executor, replace(content.unit, job=replace(job, pages=f"1-{count}")))
            # What the worker says leaves out its own start; one that was lost says nothing.
            spent = sum(dict(result.timings).values()) or time.monotonic() - started
            seconds[Stage.of(job.task)] += spent
            if result.outcome is not Outcome.DONE:
                break
        pages += count
    return Trial(seconds, pages)


def _result(executor: Executor, unit: Unit) -> UnitResult:
    executor.submit(unit)
    while True:
        for event in executor.events(1.0):
            if isinstance(event, UnitResult) and event.key == unit.key:
                return event


def wall_seconds(tried: Trial, options: BatchOptions, settings: Settings) -> float:
    """What the tried pages take many workers: as long as the slower stage, unless cores are too few."""
    reading, model = tried.seconds[Stage.READING], tried.seconds[Stage.MODEL]
    side_by_side = max(reading / options.workers, model / options.model_workers)
    if options.address is not None:
        return side_by_side
    model_here = 0.0 if is_server_address(settings.model) else model * (options.threads or 1)
    return max(side_by_side, (reading + model_here) / allowed_cores())
