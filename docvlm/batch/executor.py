"""What the schedule needs from whatever does the units: worker processes here, Ray actors elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from docvlm.batch.units import Task, Unit, UnitProgress, UnitResult
from docvlm.config import Settings
from docvlm.models.protocol import EngineCard
from docvlm.telemetry import Observed, observed_here

Event = UnitProgress | UnitResult


class Stage(StrEnum):
    """Reading (drawing and OCR) and the model run in processes of their own, side by side."""

    READING = "reading"
    MODEL = "model"

    @staticmethod
    def of(task: Task) -> Stage:
        return Stage.READING if task is Task.READ else Stage.MODEL


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker is started with.

    Attributes:
        stage: what it will be given; a worker of the MODEL stage loads the model before it is ready.
        settings: where things are kept, which model, how many threads.
        password: opens encrypted PDFs; never kept or logged.
        niceness: added to the process's own, so that a person's work comes first.
        observed: the log and the trace that it goes on with.
    """

    stage: Stage
    settings: Settings
    password: str | None = None
    niceness: int = 5
    observed: Observed = field(default_factory=observed_here)


class Executor(Protocol):
    """Does units somewhere else and tells what happens. Called from one thread."""

    def free(self, stage: Stage) -> int:
        """How many more units of a stage would be begun at once."""

    def submit(self, unit: Unit) -> None:
        """Begin a unit. Exactly one ``UnitResult`` will come for it, whatever happens to its worker."""

    def events(self, seconds: float) -> Sequence[Event]:
        """What happened since the last call; waits at most ``seconds`` where nothing did.

        Raises:
            DocvlmError: when no unit can be done at all, such as a ModelError on loading.
        """

    def stop(self) -> None:
        """Ask every worker to end after the page in flight; results still come."""

    def close(self) -> None:
        """End every worker now and leave nothing behind."""


class ModelExecutor(Executor, Protocol):
    """An executor that also starts the model."""

    def start_model(self) -> EngineCard:
        """Load the model where it will run, and return its card.

        Raises:
            ModelError: when it cannot be loaded.
        """
