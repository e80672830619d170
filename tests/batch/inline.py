"""An executor that does units at once, in the thread of the schedule, and an observer that takes notes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from docvlm.batch import Event, Stage, Unit, UnitProgress, UnitResult, do_unit
from docvlm.pipeline import Workspace
from docvlm.store import UnitRecord


class InlineExecutor:
    """Does one unit at each look for events, with ``work``; by default what a worker does."""

    def __init__(self, workspace: Workspace, work: Callable[[Workspace, Unit], UnitResult] = do_unit) -> None:
        self._workspace = workspace
        self._work = work
        self._units: list[Unit] = []
        self.done: list[Unit] = []
        self.cancel = threading.Event()

    def free(self, stage: Stage) -> int:
        return 2 - len(self._units)

    def submit(self, unit: Unit) -> None:
        self._units.append(unit)

    def events(self, seconds: float) -> Sequence[Event]:
        if not self._units:
            threading.Event().wait(0.01)
            return []
        unit = self._units.pop(0)
        self.done.append(unit)
        return [self._work(self._workspace, unit)]

    def stop(self) -> None:
        self.cancel.set()

    def close(self) -> None:
        self._units.clear()


class Notes:
    """What an observer was told."""

    def __init__(self) -> None:
        self.contents: list[str] = []
        self.gone: list[str] = []
        self.records: dict[str, UnitRecord] = {}
        self.elsewhere: list[str] = []

    def added(self, units: Sequence[Unit]) -> None:
        self.contents.append(units[0].path)

    def progressed(self, unit: Unit, progress: UnitProgress) -> None:
        pass

    def changed(self, unit: Unit) -> None:
        self.gone.append(unit.path)

    def finished(self, unit: Unit, record: UnitRecord, here: bool) -> None:
        self.records[f"{unit.job.task} {unit.path.rsplit('/', 1)[-1]}"] = record
        if not here:
            self.elsewhere.append(unit.path)
