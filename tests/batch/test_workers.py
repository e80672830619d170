"""Worker processes are replaced before they could grow, stand behind other work, and lose nothing by it."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from PIL import Image, ImageDraw, ImageFont

from docvlm.batch import Job, Outcome, Task, Unit, UnitResult
from docvlm.batch.executor import Stage, WorkerSetup
from docvlm.batch.schedule import Schedule
from docvlm.batch.workers import LocalExecutor, WorkerLimits
from docvlm.config import Limits, Settings
from docvlm.store import Store, UnitRecord, UnitState
from tests.batch.files import write_pdf
from tests.batch.inline import Notes
from tests.processes import left_after

USUAL = WorkerLimits.usual(Limits())


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    yield
    assert left_after(10) == []


def executor_with(settings: Settings, limits: WorkerLimits) -> LocalExecutor:
    return LocalExecutor({Stage.READING: WorkerSetup(Stage.READING, settings)}, {Stage.READING: 1}, limits)


def unit(path: Path) -> Unit:
    return Unit(Job(Task.READ), hashlib.sha256(path.read_bytes()).hexdigest(), str(path))


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "docvlm.batch.worker" in child.cmdline()]


@pytest.mark.parametrize(("most_units", "processes"), [(2, 3), (500, 1)])
def test_a_worker_is_replaced_after_so_many_units_and_nothing_is_lost(
    tmp_path: Path, settings: Settings, most_units: int, processes: int
) -> None:
    files = [write_pdf(tmp_path / "in" / f"{number}.pdf", [f"Number {number}"]) for number in range(7)]
    seen: set[int] = set()

    class Watching(Notes):
        def finished(self, unit: Unit, record: UnitRecord, here: bool) -> None:
            seen.update(worker.pid for worker in workers())
            super().finished(unit, record, here)

    executor, notes = executor_with(settings, replace(USUAL, units=most_units)), Watching()
    with Store.open(settings.database_url) as store:
        queue = store.work_queue()
        try:
            Schedule(queue, executor, notes).run(iter([[(unit(file),) for file in files]]))
        finally:
            executor.close()
        records = queue.records([unit(file).key for file in files]).values()
    assert len(seen) == processes
    assert len(notes.records) == 7 and notes.elsewhere == []
    assert {(each.state, each.pages_done, each.attempts) for each in records} == {(UnitState.DONE, 1, 1)}


@pytest.mark.slow
@pytest.mark.parametrize(("most_growth", "stays"), [(2**30, True), (32 * 2**20, False)])
def test_a_worker_whose_memory_has_grown_is_replaced_between_two_units(
    tmp_path: Path, settings: Settings, most_growth: int, stays: bool
) -> None:
    """It grows for real: what recognises print is loaded for the first page without a text layer."""
    first, last = (write_pdf(tmp_path / f"{name}.pdf", [name]) for name in ("first", "last"))
    print_only = Image.new("RGB", (420, 110), "white")
    ImageDraw.Draw(print_only).text((30, 30), "Number 4711", "black", ImageFont.load_default(40))
    print_only.save(tmp_path / "picture.png")
    executor = executor_with(settings, replace(USUAL, growth_bytes=most_growth))
    try:
        result_of(executor, first)
        (worker,) = workers()
        look_around(executor)
        result_of(executor, tmp_path / "picture.png")
        look_around(executor)
        assert workers() == ([worker] if stays else [])
        result_of(executor, last)
        (other,) = workers()
        assert (other == worker) is stays
    finally:
        executor.close()


def test_workers_and_their_parsers_stand_behind_other_work(tmp_path: Path, settings: Settings) -> None:
    executor = executor_with(settings, USUAL)
    try:
        result_of(executor, write_pdf(tmp_path / "a.pdf", ["Alpha"]))
        (worker,) = workers()
        wanted = min(19, os.nice(0) + 5)
        assert worker.nice() == wanted
        assert [parser.nice() for parser in worker.children()] == [wanted]
    finally:
        executor.close()


def result_of(executor: LocalExecutor, path: Path) -> UnitResult:
    """Have one file read."""
    executor.submit(unit(path))
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for event in executor.events(0.2):
            if isinstance(event, UnitResult):
                assert (event.outcome, event.pages_done) == (Outcome.DONE, 1)
                return event
    raise AssertionError("no result came")


def look_around(executor: LocalExecutor) -> None:
    """Give the executor the time for its look at the memory of workers."""
    deadline = time.monotonic() + 2.5
    while time.monotonic() < deadline:
        assert executor.events(0.2) == []
