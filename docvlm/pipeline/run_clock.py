"""How long a run on a document took, step by step."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

from docvlm.errors import Cancelled, DocvlmError
from docvlm.store import RunKind, RunStatus, Store
from docvlm.telemetry import log_event, record_span
from docvlm.types import RunInfo


class RunClock:
    """Times a run step by step; a run that fails or is stopped is kept with its reason."""

    def __init__(self, store: Store, document_id: int, kind: RunKind, run: RunInfo) -> None:
        self.run = run
        self.started = datetime.now(UTC)
        self._store = store
        self._document_id = document_id
        self._kind = kind
        self._last = time.monotonic()

    def lap(self, step: str) -> None:
        """Note the seconds since the last lap under the name of the step that took them."""
        now = time.monotonic()
        self.run = replace(self.run, timings=(*self.run.timings, (step, now - self._last)))
        self._last = now

    def __enter__(self) -> RunClock:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        seconds = (datetime.now(UTC) - self.started).total_seconds()
        state = RunStatus.DONE if error is None else RunStatus.FAILED
        steps = dict(self.run.timings)
        log_event(
            "run.ended", kind=self._kind, state=state, model=self.run.model, seconds=seconds, steps=steps
        )
        record_span(f"run {self._kind}", seconds, state=state.value, model=self.run.model)
        if isinstance(error, DocvlmError):
            status = RunStatus.CANCELLED if isinstance(error, Cancelled) else RunStatus.FAILED
            self._store.save_run(self._document_id, self._kind, self.run, status, error.message, self.started)
