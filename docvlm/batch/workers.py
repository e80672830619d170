"""Worker processes on this machine: started when there is work, watched, replaced when they wear out.

A worker that crashes, hangs, or takes too much memory or time is killed; its unit comes back as *lost*
with the page it was at, so that the schedule has it go on behind that page.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from docvlm.batch.executor import Event, Stage, WorkerSetup
from docvlm.batch.machine import allowed_bytes
from docvlm.batch.messages import Broken, Ready
from docvlm.batch.units import Outcome, Unit, UnitProgress, UnitResult
from docvlm.batch.worker_process import Inbox, WorkerProcess
from docvlm.config import Limits
from docvlm.errors import LimitError, ModelError
from docvlm.models.protocol import EngineCard
from docvlm.telemetry import log_event

_UNITS_AHEAD = 2  # the unit a worker does and the next one, so that it never waits for the schedule
_LOOK_SECONDS = 1.0
_STOP_SECONDS = 20.0  # for the pages in flight, once asked to stop
_MODEL_SHARE = 0.8  # of the memory of a machine, for all its models together
_FILE_SECONDS = {Stage.READING: (300.0, 20.0), Stage.MODEL: (1800.0, 300.0)}
"""What a file may take where nobody decided: seconds for any, and for each of its pages (or parts that the
model reads). A page takes a second or two to read and the embedded model a few; others take minutes."""


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """When a worker is killed, and when it is replaced between two units.

    Attributes:
        silent_seconds: by stage, the longest time without a sign of life: one page, or one part that the
            model reads. Much longer than ``Limits.page_seconds``, which bounds the parser alone.
        file_seconds: the longest time for one file in one stage; None for a time that grows with its pages.
        reading_bytes: resident memory of a worker of the READING stage.
        model_bytes: the same of one of the MODEL stage; None for its share of the machine's memory.
        units: after so many units a worker is replaced.
        growth_bytes: and when its memory has grown by so much since its first unit.
    """

    silent_seconds: Mapping[Stage, float]
    file_seconds: float | None
    reading_bytes: int
    units: int = 500
    growth_bytes: int = 384 * 2**20
    model_bytes: int | None = None

    @staticmethod
    def usual(limits: Limits, file_seconds: float | None = None) -> WorkerLimits:
        """Limits that follow from what a single file may cost."""
        silent_seconds = {
            Stage.READING: 60 + 4 * limits.page_seconds,
            Stage.MODEL: max(1800.0, file_seconds or 0.0),
        }
        return WorkerLimits(silent_seconds, file_seconds, limits.reader_bytes, model_bytes=limits.model_bytes)

    def seconds_for(self, stage: Stage, pages: int) -> float:
        """The longest time in one stage for a file of so many pages (or parts that the model reads)."""
        least, a_page = _FILE_SECONDS[stage]
        return least + a_page * pages if self.file_seconds is None else self.file_seconds


class LocalExecutor:
    """Does units in processes of this machine; see ``docvlm.batch.executor.Executor``.

    Args:
        setups: what the workers of each stage are started with.
        counts: how many workers each stage has at most.
    """

    def __init__(
        self, setups: Mapping[Stage, WorkerSetup], counts: Mapping[Stage, int], limits: WorkerLimits
    ) -> None:
        self._setups = setups
        self._counts = counts
        self._limits = limits
        model_bytes = limits.model_bytes or _MODEL_SHARE * allowed_bytes() / max(
            1, counts.get(Stage.MODEL, 0)
        )
        self._most_bytes = {Stage.READING: limits.reading_bytes, Stage.MODEL: round(model_bytes)}
        self._inbox: Inbox = queue.SimpleQueue()
        self._workers: list[WorkerProcess] = []
        self._last_look = time.monotonic()
        self._stop_by: float | None = None

    def start_model(self) -> EngineCard:
        """Load the model in its worker and return its card.

        Raises:
            ModelError: when it cannot be loaded.
        """
        worker = self._start(Stage.MODEL)
        while True:
            sender, message = self._inbox.get()
            if sender is worker and isinstance(message, Broken):
                raise message.as_error()
            if sender is worker and message is None:
                raise ModelError(
                    "The model's process ended while it was loading.",
                    "Check that memory is free, and try again.",
                )
            if sender is worker and isinstance(message, Ready) and message.card is not None:
                return message.card

    def free(self, stage: Stage) -> int:
        working = [worker for worker in self._of(stage) if not worker.retiring]
        taken = sum(len(worker.units) for worker in working)
        return max(0, self._counts.get(stage, 0) * _UNITS_AHEAD - taken)

    def submit(self, unit: Unit) -> None:
        self._least_busy(Stage.of(unit.job.task)).submit(unit)

    def events(self, seconds: float) -> Sequence[Event]:
        events: list[Event] = []
        for sender, message in self._messages(seconds):
            events += self._events_of(sender, message)
        if time.monotonic() - self._last_look >= _LOOK_SECONDS:
            self._last_look = time.monotonic()
            for worker in list(self._workers):
                events += self._look_at(worker)
        return events

    def stop(self) -> None:
        self._stop_by = time.monotonic() + _STOP_SECONDS
        for worker in self._workers:
            worker.stop()

    def close(self) -> None:
        while self._workers:
            self._workers.pop().kill()

    def _of(self, stage: Stage) -> list[WorkerProcess]:
        return [worker for worker in self._workers if worker.stage is stage]

    def _start(self, stage: Stage) -> WorkerProcess:
        worker = WorkerProcess(self._setups[stage], self._inbox)
        self._workers.append(worker)
        return worker

    def _least_busy(self, stage: Stage) -> WorkerProcess:
        working = [worker for worker in self._of(stage) if not worker.retiring]
        idle = [worker for worker in working if not worker.units]
        if not idle and len(working) < self._counts[stage]:
            return self._start(stage)
        return min(idle or working, key=lambda worker: len(worker.units))

    def _messages(self, seconds: float) -> Iterator[tuple[WorkerProcess, object]]:
        try:
            yield self._inbox.get(timeout=seconds)
            while True:
                yield self._inbox.get_nowait()
        except queue.Empty:
            return

    def _events_of(self, worker: WorkerProcess, message: object) -> Sequence[Event]:
        if worker not in self._workers:  # killed before; its units are settled
            return []
        if isinstance(message, Broken):
            raise message.as_error()
        worker.last_sign = time.monotonic()
        if isinstance(message, UnitProgress):
            worker.progress = message
            return [message]
        if isinstance(message, UnitResult):
            self._unit_is_over(worker)
            return [message]
        if message is None:
            return self._lose(worker, "crash", "made its worker process crash.", ModelError.exit_code)
        return []

    def _unit_is_over(self, worker: WorkerProcess) -> None:
        worker.units.pop(0)
        worker.progress = None
        worker.unit_started = time.monotonic()
        worker.units_done += 1
        worker.retiring = worker.retiring or worker.units_done >= self._limits.units
        if worker.retiring and not worker.units:
            self._remove(worker)

    def _look_at(self, worker: WorkerProcess) -> Sequence[Event]:
        now, limits = time.monotonic(), self._limits
        memory = worker.memory()
        if worker.units_done and worker.first_memory is None:
            worker.first_memory = memory
        if worker.first_memory is not None and memory > worker.first_memory + limits.growth_bytes:
            worker.retiring = True
        if not worker.units:
            if worker.retiring:
                self._remove(worker)
            return []
        if self._stop_by is not None and now > self._stop_by:
            return self._put_aside(worker, worker.units)
        if memory > self._most_bytes[worker.stage]:
            return self._lose(worker, "memory", _too_large(worker.stage, self._most_bytes[worker.stage]))
        silent = limits.silent_seconds[worker.stage]
        if now - worker.last_sign > silent:
            return self._lose(worker, "silence", _too_slow(worker.stage, silent))
        seconds = limits.seconds_for(worker.stage, worker.progress.total if worker.progress else 0)
        if now - worker.unit_started > seconds:
            return self._give_up(worker, seconds)
        return []

    def _lose(
        self, worker: WorkerProcess, why: str, what_it_did: str, exit_code: int = LimitError.exit_code
    ) -> Sequence[Event]:
        """The end of a worker that did not survive its unit; the next unit has done nothing wrong."""
        log_event("worker.lost", level=logging.WARNING, stage=worker.stage, why=why)
        if not worker.units:
            self._remove(worker)
            return []
        unit, page = worker.units[0], worker.progress.page if worker.progress else None
        if worker.stage is Stage.MODEL:
            page = None  # it goes over pages that were read before: none of them is to blame
        name = unit.title
        about = f"Page {page} of {name!r}" if page else repr(name)
        lost = UnitResult(unit.key, Outcome.LOST, f"{about} {what_it_did}", exit_code, lost_page=page or None)
        return [lost, *self._put_aside(worker, worker.units[1:])]

    def _give_up(self, worker: WorkerProcess, seconds: float) -> Sequence[Event]:
        log_event("worker.lost", level=logging.WARNING, stage=worker.stage, why="file_seconds")
        unit = worker.units[0]
        reading = worker.progress if worker.stage is Stage.READING else None
        read, pages = (reading.done - reading.failed, reading.total) if reading else (0, 0)
        kept = f"{read} of {pages} pages were read and are kept" if reading else "its pages stay read"
        given_up = UnitResult(
            unit.key,
            Outcome.FAILED,
            f"{unit.title!r} took longer than {seconds:g} seconds and was given up; {kept}. "
            "Allow it more with --file-seconds, and retry failures (--retry-failed).",
            LimitError.exit_code,
            pages_done=read,
            pages_failed=pages - read,
        )
        return [given_up, *self._put_aside(worker, worker.units[1:])]

    def _put_aside(self, worker: WorkerProcess, units: Sequence[Unit]) -> list[Event]:
        """Kill a worker and return units of it that are to be begun again."""
        self._remove(worker)
        return [UnitResult(unit.key, Outcome.STOPPED) for unit in units]

    def _remove(self, worker: WorkerProcess) -> None:
        self._workers.remove(worker)
        worker.kill()


def _too_large(stage: Stage, most_bytes: int) -> str:
    limit = "reader_bytes" if stage is Stage.READING else "model_bytes"
    return (
        f"needs more memory than the limit {limit} allows ({most_bytes // 2**20:,} MiB). "
        f"Raise DOCVLM_LIMIT_{limit.upper()}, and retry failures (--retry-failed)."
    )


def _too_slow(stage: Stage, seconds: float) -> str:
    remedy = (
        "Raise DOCVLM_LIMIT_PAGE_SECONDS" if stage is Stage.READING else "Allow it more with --file-seconds"
    )
    again = "and retry failures (--retry-failed)"
    return f"took longer than {seconds:g} seconds and was given up. {remedy}, {again}."
