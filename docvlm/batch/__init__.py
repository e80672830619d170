"""Batch work on folders of documents: interrupted at any moment, it goes on where it was."""

from docvlm.batch.executor import Event, Executor, Stage, WorkerSetup
from docvlm.batch.units import Job, Outcome, Task, Unit, UnitProgress, UnitResult
from docvlm.batch.work import do_unit

__all__ = [
    "Event",
    "Executor",
    "Job",
    "Outcome",
    "Stage",
    "Task",
    "Unit",
    "UnitProgress",
    "UnitResult",
    "WorkerSetup",
    "do_unit",
]
