"""A run on a terminal: a bar with loss, speed, time left and memory; warnings as lines. Quiet in a pipe."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from docvlm.terminal import tell
from finetune.runner.progress import RunProgress, clock_text
from finetune.training.events import Evaluated, Event, Judged, StepDone, Warned


class RunView:
    """Shows events as they come; the bar is gone when the block ends.

    Args:
        console: where to show them; None for standard error.
    """

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[figures]}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("Starting", total=None, figures="")
        self._progress = RunProgress()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, event: Event) -> None:
        """Take in the next event of the run."""
        told_before = len(self._progress.warnings)
        self._progress.take_in(event)
        if isinstance(event, Warned) and len(self._progress.warnings) > told_before:
            self._line(event.sentence)
        elif isinstance(event, Evaluated) and self._bar.console.is_terminal:
            where = "of some held back" if event.watched else "kept aside"
            self._line(f"Step {event.step}: {event.right} of {event.asked} values {where} are right")
        elif isinstance(event, Judged) and self._bar.console.is_terminal:
            self._line(f"The {event.model}: {event.right} of {event.asked} values held back are right")
        self._draw()

    def _draw(self) -> None:
        work, step = self._progress.work, self._progress.last_step
        if work is not None:
            count = f"{work.done} of {work.total}" if work.total else ""
            self._bar.update(
                self._task,
                description=work.stage,
                completed=work.done,
                total=work.total or None,
                figures=count,
            )
        elif step is not None:
            self._bar.update(
                self._task,
                description="Training",
                completed=step.step,
                total=self._progress.total_steps,
                figures=_figures(step, self._progress.total_steps),
            )

    def _line(self, text: str) -> None:
        if self._bar.console.is_terminal:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            tell(text)


def _figures(step: StepDone, total: int) -> str:
    return (
        f"{step.step}/{total}  loss {step.loss:.3f}  {step.examples_per_second:.2f} pages/s  "
        f"{clock_text(step.seconds_left)} left  {step.memory_bytes / 2**30:.1f} GiB"
    )
