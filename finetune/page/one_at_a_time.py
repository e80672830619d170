"""A machine trains once at a time, whoever of those who may starts it: a second run would slow down both."""

from __future__ import annotations

from pathlib import Path

from docvlm.errors import UsageError
from finetune.runner import Run, RunStatus, list_runs


def refuse_second_run(home: Path) -> None:
    """Refuse to start a run while another goes on.

    Args:
        home: the data folder.

    Raises:
        UsageError: naming the run that goes on.
    """
    going_on = next((run for run in list_runs(home) if run.status is RunStatus.RUNNING), None)
    if going_on is not None:
        raise UsageError(f"The run '{going_on.name}' is going on.", "Wait until it has ended, or stop it.")


def resume_alone(run: Run, home: Path) -> None:
    """Go on with a run unless another goes on; see ``Run.resume``.

    Raises:
        UsageError: naming the run that goes on, or why this one cannot be resumed.
    """
    if run.status is not RunStatus.RUNNING:  # which says so itself
        refuse_second_run(home)
    run.resume()
