"""How far a run is, written by its process and read by whoever looks at it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from docvlm.atomic import write_atomically
from docvlm.batch.estimate import Estimate
from docvlm.batch.ledger import FileOutcome, FileProgress, FileState, Ledger, Totals

PROGRESS_FILE = "progress.json"
OUTCOMES_FILE = "outcomes.jsonl"
ESTIMATE_FILE = "estimate.json"
END_FILE = "end.json"

_SECONDS = 1.0  # between two writings
_SHARE = 20  # the writing of long lists takes at most one part of so many of the time


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run in numbers; see ``docvlm.batch.ledger.Totals``. ``left`` is in seconds, None where not known."""

    files: int
    contents: int
    kept: int
    finished: int
    pages: int
    seconds: float
    left: float | None
    done: int
    partial: int
    failed: int
    waiting: int
    working: tuple[FileProgress, ...] = ()

    @property
    def pages_per_second(self) -> float:
        return self.pages / self.seconds if self.seconds > 0 else 0.0

    @property
    def share(self) -> float:
        """How much of the contents found so far is over, from 0 to 1."""
        return self.finished / self.contents if self.contents else 0.0


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How the process ended: ``state`` is finished, paused or failed, ``message`` a sentence for the last."""

    state: str
    message: str = ""


class Recorder:
    """Writes a run's progress and outcomes into its folder while it goes on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._next = 0.0

    def watch(self, ledger: Ledger) -> None:
        """Called with the books as often as something happens."""
        started = time.monotonic()
        if started < self._next:
            return
        self.write(ledger.totals(), list(ledger.outcomes()), ledger.working())
        took = time.monotonic() - started
        self._next = started + max(_SECONDS, took * _SHARE)

    def write(
        self, totals: Totals, outcomes: list[FileOutcome], working: list[FileProgress] | None = None
    ) -> None:
        states = totals.states
        progress = RunProgress(
            totals.files,
            totals.contents,
            totals.kept,
            totals.finished,
            totals.pages,
            totals.seconds,
            totals.seconds_left,
            states[FileState.DONE],
            states[FileState.PARTIAL],
            states[FileState.FAILED],
            states[FileState.WAITING],
            tuple(working or ()),
        )
        lines = "".join(json.dumps(asdict(outcome)) + "\n" for outcome in outcomes)
        write_atomically(self._folder / OUTCOMES_FILE, lines.encode("ascii"))
        _write(self._folder / PROGRESS_FILE, progress)


def write_estimate(folder: Path, estimate: Estimate) -> None:
    _write(folder / ESTIMATE_FILE, estimate)


def write_end(folder: Path, end: RunEnd) -> None:
    _write(folder / END_FILE, end)


def read_progress(folder: Path) -> RunProgress | None:
    """None before the first file was found."""
    values = _read(folder / PROGRESS_FILE)
    if values is None:
        return None
    working = tuple(FileProgress(**each) for each in values.pop("working"))
    return RunProgress(**values, working=working)


def read_estimate(folder: Path) -> Estimate | None:
    values = _read(folder / ESTIMATE_FILE)
    return None if values is None else Estimate(**values)


def read_end(folder: Path) -> RunEnd | None:
    values = _read(folder / END_FILE)
    return None if values is None else RunEnd(**values)


def read_outcomes(folder: Path) -> Iterator[FileOutcome]:
    """What became of each file under each of its names, in the order found."""
    try:
        file = (folder / OUTCOMES_FILE).open(encoding="ascii")
    except FileNotFoundError:
        return
    with file:
        for line in file:
            values = json.loads(line)
            yield FileOutcome(**(values | {"state": FileState(values["state"])}))


def _write(path: Path, value: RunProgress | Estimate | RunEnd) -> None:
    write_atomically(path, json.dumps(asdict(value)).encode("ascii"))


def _read(path: Path) -> dict[str, Any] | None:
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return values
