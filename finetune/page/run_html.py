"""Runs as HTML: the list of all, and how far one is with what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from finetune.runner import Run, RunStatus
from finetune.runner.progress import RunProgress, clock_text
from finetune.training.events import StepDone

_CHIPS = {
    RunStatus.QUEUED: "starting",
    RunStatus.RUNNING: "running",
    RunStatus.STOPPED: "stopped",
    RunStatus.FAILED: "failed",
    RunStatus.FINISHED: "finished",
    RunStatus.KILLED: "broken off",
}
_LISTED_RUNS = 30


def runs_html(runs: Sequence[tuple[str, RunStatus]], shown: str) -> str:
    """All runs, the newest first; a click shows one."""
    if not runs:
        return ""
    entries = "".join(
        f'<button type="button" class="run-tab {status}" data-choice="run:{escape(name)}" '
        f'aria-current="{"true" if name == shown else "false"}"><i></i>{escape(name)}</button>'
        for name, status in runs[:_LISTED_RUNS]
    )
    return f'<div class="run-tabs" role="group" aria-label="Runs">{entries}</div>'


def run_html(run: Run, status: RunStatus, progress: RunProgress, is_stopping: bool) -> str:
    """How far a run is.

    Args:
        is_stopping: it was asked to stop and has not yet.
    """
    buttons = _buttons(run.name, status, is_stopping, not progress.fails_again)
    return (
        f'<section class="run {status}" aria-label="Run {escape(run.name)}"><div class="run-head">'
        f'<h3>{escape(run.name)}</h3><span class="chip {status}">{_CHIPS[status]}</span>'
        f'<div class="run-actions">{buttons}</div></div>{_bar(status, progress)}'
        f'<p class="run-line" role="status">{_line(run, status, progress, is_stopping)}</p>'
        f"{_figures(progress)}{_warnings(progress)}</section>"
    )


def _buttons(raw_name: str, status: RunStatus, is_stopping: bool, can_go_on: bool) -> str:
    name = escape(raw_name)
    if status in (RunStatus.RUNNING, RunStatus.QUEUED):
        disabled = " disabled" if is_stopping else ""
        return f'<button type="button" class="stop" data-choice="stop:{name}"{disabled}>Stop</button>'
    resume = ""
    if status is not RunStatus.FINISHED and can_go_on:
        resume = f'<button type="button" class="primary" data-choice="resume:{name}">Resume</button>'
    return (
        f'{resume}<button type="button" class="plain danger" data-choice="delete:{name}" '
        'data-confirm="Delete the run">Delete</button>'
    )


def _bar(status: RunStatus, progress: RunProgress) -> str:
    work, last = progress.work, progress.last_step
    if work is not None and work.total:
        done, total = work.done, work.total
    else:
        done, total = (last.step if last else 0), max(1, progress.total_steps)
    if status is RunStatus.FINISHED:
        done = total
    return f'<progress value="{done}" max="{total}" aria-label="Progress"></progress>'


def _line(run: Run, status: RunStatus, progress: RunProgress, is_stopping: bool) -> str:
    """What is going on, or how it ended."""
    if status not in (RunStatus.RUNNING, RunStatus.QUEUED):
        return escape(run.sentence)
    if is_stopping:
        return "Stopping after the step in flight; everything is kept."
    work, last = progress.work, progress.last_step
    if work is not None:
        return escape(f"{work.stage}, {work.done} of {work.total}" if work.total else work.stage)
    if last is None:
        return "Starting; the model is loaded in a process of its own."
    return f"Step {last.step} of {progress.total_steps}, {clock_text(last.seconds_left)} left"


def _figures(progress: RunProgress) -> str:
    last, started = progress.last_step, progress.started
    parts: list[tuple[str, str]] = []
    if started is not None:
        parts += [("pages", str(started.examples)), ("learning weights", _count(started.trained_weights))]
    if last is not None:
        parts += _step_figures(last)
    if progress.evaluations:
        newest = progress.evaluations[max(progress.evaluations)]
        parts.append(("right on the way", f"{newest.right} of {newest.asked}"))
    parts += [(f"{name}, held back", f"{one.right} of {one.asked}") for name, one in progress.judged.items()]
    cells = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in parts)
    return f'<dl class="run-figures">{cells}</dl>'


def _step_figures(last: StepDone) -> list[tuple[str, str]]:
    return [
        ("loss", f"{last.loss:.3f}"),
        ("pages a second", f"{last.examples_per_second:.2f}"),
        ("learning rate", f"{last.learning_rate:.1e}"),
        ("memory", f"{last.memory_bytes / 2**30:.1f} GiB"),
    ]


def _warnings(progress: RunProgress) -> str:
    if not progress.warnings:
        return ""
    lines = "".join(f"<li>{escape(line)}</li>" for line in progress.warnings)
    count = len(progress.warnings)
    return (
        f'<details class="tune-problems"><summary>{count} note{"" if count == 1 else "s"}</summary>'
        f"<ul>{lines}</ul></details>"
    )


def _count(number: int) -> str:
    return f"{number / 1e6:.1f} million" if number >= 100_000 else f"{number:,}"
