"""One run over folders: find, read, ask or extract, write the results, report."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import FrameType

from docvlm.atomic import check_writable
from docvlm.batch.executor import Executor, ModelExecutor, Stage, WorkerSetup
from docvlm.batch.feed import Feed, Selection
from docvlm.batch.find import Found, Source, check_sources, find_files
from docvlm.batch.journal import Journal, log_totals
from docvlm.batch.kept import lost_results
from docvlm.batch.ledger import FileOutcome, Ledger, Show, Totals, Watch
from docvlm.batch.machine import WorkerPlan, plan_workers, probe_machine
from docvlm.batch.piped_lines import PipedLines
from docvlm.batch.report import write_html_report
from docvlm.batch.results import Wanted, check_form, write_results
from docvlm.batch.schedule import Schedule
from docvlm.batch.units import Job, Task
from docvlm.batch.watch import watch_files
from docvlm.batch.workers import LocalExecutor, WorkerLimits
from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.ingest import parse_page_range
from docvlm.models.protocol import EngineCard
from docvlm.models.server.address import is_server_address
from docvlm.schemas import Schema
from docvlm.store import Store
from docvlm.telemetry import log_event, span

SERVER_REQUESTS = 4
"""So many model workers keep a model server busy where nobody decided."""


class WorkerEngine(StrEnum):
    """What starts the workers and looks after them."""

    LOCAL = "local"
    RAY = "ray"


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """What is wanted of a run.

    Attributes:
        sources: as ``docvlm.batch.find.find_files`` takes them.
        owner: whose documents they become; see ``docvlm.pipeline.owned_identity``.
        task: with ``question`` for ASK and ``schema`` for EXTRACT.
        pages: a page range, the same for every file.
        out: where the results go, by its ending; None keeps them in the store only.
        report: where the HTML report goes.
        watch: go on looking for new files until stopped.
        selection: which files are taken.
        limit: begin at most so many contents.
        workers: reading workers.
        threads: processor threads of each model; None for one.
        password: for every encrypted PDF among the files.
        file_seconds: the longest time for one file in each stage; None for one that grows with its pages.
        engine: where the workers are: processes of this machine, or Ray actors.
        address: of a Ray cluster; None starts a Ray on this machine.
        model_workers: workers with a model.
        plan: why so many workers and threads, a sentence for the report.
    """

    sources: tuple[Source, ...]
    task: Task
    question: str = ""
    schema: Schema | None = None
    pages: str = "all"
    out: Path | None = None
    report: Path | None = None
    watch: bool = False
    selection: Selection = field(default_factory=Selection)
    limit: int | None = None
    workers: int = 1
    threads: int | None = None
    password: str | None = None
    file_seconds: float | None = None
    owner: str = ""
    engine: WorkerEngine = WorkerEngine.LOCAL
    address: str | None = None
    model_workers: int = 1
    plan: str = ""


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What a run came to; ``stopped`` where it was ended early, ``results`` are the files written."""

    totals: Totals
    outcomes: tuple[FileOutcome, ...]
    stopped: bool
    results: tuple[Path, ...] = ()


def run_batch(
    options: BatchOptions,
    settings: Settings,
    show: Show = lambda _totals: None,
    watch: Watch = lambda _ledger: None,
    report: Callable[[str], None] = lambda _line: None,
) -> BatchSummary:
    """Do a whole batch with worker processes of this machine, or with those of a Ray cluster.

    Interrupted at any moment, the same call goes on where it was. ``watch`` is called like ``show``, with
    the books themselves; ``report`` with a sentence for each slow step before the work.

    Raises:
        UsageError: when a source does not exist or the results cannot be written.
        ModelError: when OCR or the model cannot be used.
        StoreError: when the database cannot be used.
    """
    check_options(options)
    settings.prepare_home()
    with (
        Store.open(settings.database_url, check_whole=True, report=report) as store,
        open_executor(options, settings) as executor,
    ):
        if options.task is not Task.READ:
            report("Loading the model.")
        card = None if options.task is Task.READ else executor.start_model()
        return run_with(executor, jobs_of(options, settings, card), options, settings, store, show, watch)


def check_options(options: BatchOptions) -> None:
    """Refuse, before the work begins, what would come to nothing at its end.

    Raises:
        UsageError: for an unknown form of results or report, a place that cannot be written to, a page range
            that is none, or a source that does not exist.
    """
    if options.out is not None:
        check_form(options.out, options.task)
    if options.report is not None and options.report.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{options.report.name} does not end like a report.", "Name it NAME.html.")
    parse_page_range(options.pages, 1, clip=True)
    for file in (options.out, options.report):
        if file is not None:
            check_writable(file)
    check_sources(options.sources)


def run_with(
    executor: Executor,
    jobs: Sequence[Job],
    options: BatchOptions,
    settings: Settings,
    store: Store,
    show: Show,
    watch: Watch = lambda _ledger: None,
) -> BatchSummary:
    """The same on an executor that is there already."""
    ledger = Ledger(show, watch)
    queue = store.work_queue()
    schedule = Schedule(queue, executor, Journal(ledger), options.limit)

    wanted = Wanted(options.task, options.question, options.schema, options.pages, options.owner)

    results: list[Path] = []

    def write() -> None:
        if options.out is not None:
            results[:] = write_results(store, wanted, ledger.outcomes(), options.out)
        if options.report is not None:
            write_html_report(ledger.totals(), ledger.outcomes(), options.report, options.plan)

    feed = Feed(
        _found(options),
        jobs,
        ledger,
        queue,
        settings.limits,
        options.selection,
        when_idle=write if options.watch else lambda: None,
        lost=lambda units, records: lost_results(store, units, records),
    )
    _log_start(options)
    with _stopping_on_signals(schedule.stop) as stopped:
        schedule.run(feed.contents())
    with span("write results"):
        write()
    log_totals(ledger.totals(), stopped.is_set())
    return BatchSummary(ledger.totals(), tuple(ledger.outcomes()), stopped.is_set(), tuple(results))


def jobs_of(options: BatchOptions, settings: Settings, card: EngineCard | None) -> tuple[Job, ...]:
    """Reading, then what the model does; ``card`` is the model's, None where none is wanted."""
    reading = Job(Task.READ, options.pages, owner=options.owner)
    if card is None:
        return (reading,)
    tiling = card.tiling(settings.budget)
    return reading, Job(
        options.task, options.pages, options.question, options.schema, card, tiling, options.owner
    )


def plan_for(
    task: Task,
    settings: Settings,
    *,
    workers: int | None = None,
    threads: int | None = None,
    model_workers: int | None = None,
    address: str | None = None,
) -> WorkerPlan:
    """Look at this machine for a moment and choose what was not decided; see ``BatchOptions``."""
    has_server = is_server_address(settings.model)
    model_workers = model_workers or (SERVER_REQUESTS if has_server else 1)
    computes_here = task is not Task.READ and address is None and not has_server
    models = model_workers if computes_here else 0
    plan = plan_workers(probe_machine(), models, workers, threads or settings.threads)
    return replace(plan, model_workers=model_workers)


@contextmanager
def open_executor(options: BatchOptions, settings: Settings) -> Iterator[ModelExecutor]:
    """Worker processes as the options say, ended in any case."""
    reader = replace(settings, threads=1)
    model = replace(settings, threads=options.threads or settings.threads)
    setups = {
        Stage.READING: WorkerSetup(Stage.READING, reader, options.password),
        Stage.MODEL: WorkerSetup(Stage.MODEL, model, options.password),
    }
    models = 0 if options.task is Task.READ else options.model_workers
    counts = {Stage.READING: options.workers, Stage.MODEL: models}
    limits = WorkerLimits.usual(settings.limits, options.file_seconds)
    executor: ModelExecutor
    if options.engine is WorkerEngine.RAY:
        from docvlm.batch.ray_executor import RayExecutor

        executor = RayExecutor(setups, counts, limits, options.address)
    else:
        executor = LocalExecutor(setups, counts, limits)
    try:
        yield executor
    finally:
        executor.close()


def _log_start(options: BatchOptions) -> None:
    number, count = options.selection.shard
    shard = f"{number}/{count}"
    log_event(
        "batch.started",
        task=options.task,
        workers=options.workers,
        threads=options.threads or 1,
        model_workers=options.model_workers,
        shard=shard,
    )


def _found(options: BatchOptions) -> Iterator[Found | None]:
    lines = PipedLines() if "-" in options.sources else None
    if options.watch:
        return watch_files(options.sources, lines=lines)
    return find_files(options.sources, lines.as_they_come() if lines else None)


@contextmanager
def _stopping_on_signals(stop: Callable[[], None]) -> Iterator[threading.Event]:
    """SIGINT and SIGTERM end the run after the pages in flight, a second one at once."""
    stopped = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()
        stop()

    if threading.current_thread() is not threading.main_thread():  # only the main thread may listen
        yield stopped
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
