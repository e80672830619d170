"""The books of one run: which names there are, what became of each, and how fast it goes."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from docvlm.batch.units import Task, Unit, UnitProgress
from docvlm.errors import InputError
from docvlm.store import UnitRecord, UnitState
from docvlm.telemetry import log_event

_SHOW_SECONDS = 0.25


class FileState(StrEnum):
    """``partial``: some pages could not be read; ``waiting``: the run ended before its turn."""

    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of a file under one of its names; ``sha256`` is None where it could not be read at all."""

    name: str
    path: str
    sha256: str | None
    state: FileState
    reason: str | None = None
    exit_code: int = 0
    pages_done: int = 0
    pages_failed: int = 0
    result_id: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """A run in numbers. ``seconds`` is wall-clock time, ``step_seconds`` that of each step over all workers.

    ``contents`` counts different contents, ``kept`` those of them that were done before or by others,
    ``pages`` the pages that were read, or tried, by this run; not those that were known before.
    """

    files: int
    contents: int
    kept: int
    finished: int
    pages: int
    seconds: float
    states: dict[FileState, int]
    step_seconds: tuple[tuple[str, float], ...]

    @property
    def pages_per_second(self) -> float:
        return self.pages / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """For the contents found so far, at the pace of those finished here; None before the first."""
        here = self.finished - self.kept
        if here < 1:
            return None
        return self.seconds / here * (self.contents - self.finished)


@dataclass(frozen=True, slots=True)
class FileProgress:
    """A file that is being worked on: so many pages (or parts) of so many are over."""

    name: str
    task: str
    done: int
    total: int


Show = Callable[[Totals], None]
"""Called a few times a second, as long as something happens, with the numbers so far."""

Watch = Callable[["Ledger"], None]
"""Called at the same times with the books themselves."""


class Ledger:
    """Takes notes for a schedule (see ``docvlm.batch.schedule.Observer``) and for whoever finds the files."""

    def __init__(self, show: Show = lambda _totals: None, watch: Watch = lambda _ledger: None) -> None:
        self._show = show
        self._watch = watch
        self._working: dict[str, FileProgress] = {}  # unit → how far it is
        self._started = self._shown = time.monotonic()
        self._names: dict[str, tuple[str, str | None]] = {}  # path → name and content, in the order found
        self._refused: dict[str, tuple[str, int]] = {}  # path → reason and exit code
        self._contents: set[str] = set()
        self._last_task: dict[str, str] = {}  # content → the task whose record counts for the file
        self._records: dict[str, UnitRecord] = {}  # content → record of the last task
        self._kept: set[str] = set()
        self._read_now: dict[str, int] = {}  # unit in progress → pages read in this attempt
        self._pages = 0
        self._steps: Counter[str] = Counter()
        self.entries = 0
        """Grows with everything that changes what is told of a file."""
        self.changed_paths: list[str] = []
        """Files that changed while they waited, to be looked at again by whoever finds the files."""

    # By whoever finds the files

    def found(self, path: str, name: str, sha256: str) -> bool:
        """A name of a content; True where the content is new to this run."""
        self.entries += 1
        self._refused.pop(path, None)
        self._names[path] = (name, sha256)
        is_new = sha256 not in self._contents
        self._contents.add(sha256)
        return is_new

    def refused(self, path: str, name: str, reason: str, exit_code: int = InputError.exit_code) -> None:
        """A file that cannot be taken."""
        self.entries += 1
        log_event("file.refused", level=logging.WARNING, exit_code=exit_code)
        self._names[path] = (name, None)
        self._refused[path] = (reason, exit_code)

    # By the schedule

    def added(self, units: Sequence[Unit]) -> None:
        self._last_task[units[0].sha256] = units[-1].job.task

    def progressed(self, unit: Unit, progress: UnitProgress) -> None:
        self._working[unit.key] = FileProgress(unit.title, unit.job.task, progress.done, progress.total)
        if unit.job.task is Task.READ:
            # A new attempt begins at 0; what was read before its breakdown it finds in the store.
            before = self._read_now.get(unit.key, 0) if progress.done else 0
            self._pages += progress.read_now - before
            self._read_now[unit.key] = progress.read_now
        self._show_now_and_then()

    def changed(self, unit: Unit) -> None:
        self._working.pop(unit.key, None)
        self._contents.discard(unit.sha256)
        for path, (_, sha256) in self._names.items():
            if sha256 == unit.sha256:
                self.changed_paths.append(path)

    def finished(self, unit: Unit, record: UnitRecord, here: bool) -> None:
        self._read_now.pop(unit.key, None)
        self._working.pop(unit.key, None)
        if here:
            self._steps.update(dict(record.timings))
        if unit.job.task != self._last_task.get(unit.sha256):
            return
        self.entries += 1
        self._records[unit.sha256] = record
        if not here:
            self._kept.add(unit.sha256)
        self._show_now_and_then()

    def _show_now_and_then(self) -> None:
        if time.monotonic() - self._shown >= _SHOW_SECONDS:
            self._show(self.totals())
            self._watch(self)
            self._shown = time.monotonic()

    # What the books say

    @property
    def files(self) -> int:
        """How many names there are."""
        return len(self._names)

    @property
    def all_over(self) -> bool:
        """Whether every content found so far is done or has failed."""
        return len(self._records) >= len(self._contents)

    def working(self) -> list[FileProgress]:
        """The files that are being worked on."""
        return list(self._working.values())

    def name_of(self, path: str) -> str:
        return self._names[path][0]

    def outcomes(self) -> Iterator[FileOutcome]:
        """Every name in the order found."""
        for path, (name, sha256) in self._names.items():
            if sha256 is None:
                reason, exit_code = self._refused[path]
                yield FileOutcome(name, path, None, FileState.FAILED, reason, exit_code)
            elif (record := self._records.get(sha256)) is None:
                yield FileOutcome(name, path, sha256, FileState.WAITING)
            else:
                yield FileOutcome(
                    name,
                    path,
                    sha256,
                    _state_of(record),
                    record.reason,
                    record.exit_code,
                    record.pages_done,
                    record.pages_failed,
                    record.result_id,
                )

    def totals(self) -> Totals:
        states = Counter(
            FileState.FAILED if sha256 is None else _state_of(self._records.get(sha256))
            for _, sha256 in self._names.values()
        )
        return Totals(
            files=len(self._names),
            contents=len(self._contents),
            kept=len(self._kept),
            finished=len(self._records),
            pages=self._pages,
            seconds=time.monotonic() - self._started,
            states={state: states[state] for state in FileState},
            step_seconds=tuple(sorted(self._steps.items(), key=lambda step: -step[1])),
        )


def _state_of(record: UnitRecord | None) -> FileState:
    if record is None:
        return FileState.WAITING
    if record.state is UnitState.FAILED:
        return FileState.FAILED
    return FileState.PARTIAL if record.pages_failed else FileState.DONE
