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


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """When a worker is killed, and when it is replaced between two units.

    Attributes:
        silent_seconds: by stage, the longest time without a sign of life: one page, or one part that the
            model reads. Much longer than ``Limits.page_seconds``, which bounds the parser alone.
        file_seconds: the longest time for one file; None for no such limit.
        reading_bytes: resident memory of a worker of the READING stage. The model's is as large as the model.
        units: after so many units a worker is replaced.
        growth_bytes: and when its memory has grown by so much since its first unit.
    """

    silent_seconds: Mapping[Stage, float]
    file_seconds: float | None
    reading_bytes: int
    units: int = 500
    growth_bytes: int = 384 * 2**20

    @staticmethod
    def usual(limits: Limits, file_seconds: float | None = None) -> WorkerLimits:
        """Limits that follow from what a single file may cost."""
        silent_seconds = {Stage.READING: 60 + 4 * limits.page_seconds, Stage.MODEL: 1800.0}
        return WorkerLimits(silent_seconds, file_seconds, limits.reader_bytes)


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
            return self._lose(worker, "crash", "made its worker process crash")
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
        if worker.stage is Stage.READING and memory > limits.reading_bytes:
            most = f"{limits.reading_bytes // 2**20:,} MiB"
            return self._lose(
                worker, "memory", f"needs more memory than the limit reader_bytes allows ({most})"
            )
        silent = limits.silent_seconds[worker.stage]
        if now - worker.last_sign > silent:
            return self._lose(worker, "silence", f"took longer than {silent:g} seconds and was given up")
        if limits.file_seconds is not None and now - worker.unit_started > limits.file_seconds:
            return self._give_up(worker, limits.file_seconds)
        return []

    def _lose(self, worker: WorkerProcess, why: str, what_it_did: str) -> Sequence[Event]:
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
        lost = UnitResult(
            unit.key, Outcome.LOST, f"{about} {what_it_did}.", ModelError.exit_code, lost_page=page or None
        )
        return [lost, *self._put_aside(worker, worker.units[1:])]

    def _give_up(self, worker: WorkerProcess, seconds: float) -> Sequence[Event]:
        log_event("worker.lost", level=logging.WARNING, stage=worker.stage, why="file_seconds")
        unit = worker.units[0]
        done = worker.progress or UnitProgress(unit.key, 0, 0)
        reason = (
            f"{unit.title!r} took longer than {seconds:g} seconds and was given up; "
            f"{done.done - done.failed} of {done.total} pages were read and are kept."
        )
        given_up = UnitResult(
            unit.key,
            Outcome.FAILED,
            reason,
            LimitError.exit_code,
            pages_done=done.done - done.failed,
            pages_failed=done.total - done.done + done.failed,
        )
        return [given_up, *self._put_aside(worker, worker.units[1:])]

    def _put_aside(self, worker: WorkerProcess, units: Sequence[Unit]) -> list[Event]:
        """Kill a worker and return units of it that are to be begun again."""
        self._remove(worker)
        return [UnitResult(unit.key, Outcome.STOPPED) for unit in units]

    def _remove(self, worker: WorkerProcess) -> None:
        self._workers.remove(worker)
        worker.kill()
