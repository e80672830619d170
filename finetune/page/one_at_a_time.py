"""A machine trains once at a time, whoever of those who may starts it: a second run would slow down both."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from docvlm.errors import UsageError
from finetune.runner import Run, RunRequest, RunStatus, list_runs, start

_LOCK = threading.Lock()  # two quick clicks are no two runs


def start_alone(wanted: Callable[[], RunRequest], home: Path) -> Run:
    """Start a run unless another goes on.

    Args:
        wanted: makes the request; called once nothing can come between it and the start.
        home: the data folder.

    Raises:
        UsageError: naming the run that goes on, or why this one cannot be started.
    """
    with _LOCK:
        _refuse_second_run(home)
        return start(wanted(), home)


def resume_alone(run: Run, home: Path) -> None:
    """Go on with a run unless another goes on; see ``Run.resume``.

    Raises:
        UsageError: naming the run that goes on, or why this one cannot be resumed.
    """
    with _LOCK:
        if run.status is not RunStatus.RUNNING:  # which says so itself
            _refuse_second_run(home)
        run.resume()


def _refuse_second_run(home: Path) -> None:
    going_on = next((run for run in list_runs(home) if run.status is RunStatus.RUNNING), None)
    if going_on is not None:
        raise UsageError(f"The run '{going_on.name}' is going on.", "Wait until it has ended, or stop it.")
