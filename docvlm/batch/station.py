"""What stands on a machine of a cluster: worker processes of one stage, told what to do from elsewhere.

Files are parsed and the model runs in the same processes, with the same limits, as on a single machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docvlm.batch.executor import Event, WorkerSetup
from docvlm.batch.messages import Broken
from docvlm.batch.units import Unit
from docvlm.batch.workers import LocalExecutor, WorkerLimits
from docvlm.errors import DocvlmError
from docvlm.models.protocol import EngineCard


@dataclass(frozen=True, slots=True)
class StationReport:
    """What happened at a station since it was asked last; ``broken`` where it can do no unit at all."""

    events: tuple[Event, ...] = ()
    broken: Broken | None = None


class Station:
    """One worker with its parsers, in a process of its own that a cluster's engine has started."""

    def __init__(self, setup: WorkerSetup, limits: WorkerLimits) -> None:
        self._executor = LocalExecutor({setup.stage: setup}, {setup.stage: 1}, limits)

    def start_model(self) -> EngineCard | Broken:
        """Load the model; its card, or why it cannot be loaded."""
        try:
            return self._executor.start_model()
        except DocvlmError as error:
            return Broken(type(error).__name__, error.message, error.remedy)

    def work(self, units: Sequence[Unit], seconds: float) -> StationReport:
        """Take further units and say what happened; waits at most ``seconds`` where nothing did."""
        for unit in units:
            self._executor.submit(unit)
        try:
            return StationReport(tuple(self._executor.events(seconds)))
        except DocvlmError as error:
            return StationReport(broken=Broken(type(error).__name__, error.message, error.remedy))

    def stop(self) -> None:
        """End after the pages in flight."""
        self._executor.stop()

    def close(self) -> None:
        """End every process now."""
        self._executor.close()
