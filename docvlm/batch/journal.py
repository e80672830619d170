"""Writes to the log what a schedule tells, and passes it on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from docvlm.batch.ledger import Ledger, Totals
from docvlm.batch.units import Unit, UnitProgress
from docvlm.store import UnitRecord
from docvlm.telemetry import log_event


@dataclass(frozen=True, slots=True)
class Journal:
    """An ``Observer`` in front of the ledger."""

    ledger: Ledger

    def added(self, units: Sequence[Unit]) -> None:
        self.ledger.added(units)

    def progressed(self, unit: Unit, progress: UnitProgress) -> None:
        self.ledger.progressed(unit, progress)

    def changed(self, unit: Unit) -> None:
        log_event("unit.changed", level=logging.WARNING, sha256=unit.sha256, task=unit.job.task)
        self.ledger.changed(unit)

    def finished(self, unit: Unit, record: UnitRecord, here: bool) -> None:
        if here:
            log_event(
                "unit.finished",
                level=logging.WARNING if record.exit_code else logging.INFO,
                sha256=unit.sha256,
                task=unit.job.task,
                state=record.state,
                attempts=record.attempts,
                pages_done=record.pages_done,
                pages_failed=record.pages_failed,
                exit_code=record.exit_code,
                steps=dict(record.timings),
            )
        self.ledger.finished(unit, record, here)


def log_totals(totals: Totals, stopped: bool) -> None:
    """The end of a run in numbers."""
    log_event(
        "batch.ended",
        files=totals.files,
        contents=totals.contents,
        kept=totals.kept,
        pages=totals.pages,
        seconds=totals.seconds,
        states={state.value: count for state, count in totals.states.items()},
        steps=dict(totals.step_seconds),
        stopped=stopped,
    )
