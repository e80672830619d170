"""A run as the terminal shows it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from finetune.cli.run_view import RunView
from finetune.training.events import Evaluated, Event, Judged, Progressed, Started, StepDone, Warned

STARTED = Started(steps=10, step=0, examples=3, rejected=0, lost_labels=0, trained_weights=99)
STEP = StepDone(3, 0.5123, 5e-4, 1.5, 300.0, 74.0, 3 * 2**29)


def shown(*events: Event, terminal: bool = True) -> str:
    """What stands on a terminal, or in a pipe, when the events have come."""
    written = io.StringIO()
    with RunView(Console(file=written, force_terminal=terminal, color_system=None, width=120)) as view:
        for event in events:
            view.show(event)
    return written.getvalue()


def test_a_step_shows_loss_speed_time_left_and_memory() -> None:
    line = shown(STARTED, STEP)
    assert "Training" in line
    assert "3/10  loss 0.512  1.50 pages/s  1:14 left  1.5 GiB" in line


def test_slow_work_shows_how_far_it_is() -> None:
    assert "Reading the documents" in shown(Progressed("Reading the documents", 2, 7))
    assert "2 of 7" in shown(Progressed("Reading the documents", 2, 7))
    assert "0 of 0" not in shown(Progressed("Loading the embedded model"))


def test_accuracy_and_warnings_are_lines_above_the_bar() -> None:
    text = shown(STARTED, Judged("base", 0, 4, 9), Evaluated(5, 6, 9, True), Warned("[A] label is missing."))
    assert "The base: 4 of 9 values held back are right" in text
    assert "Step 5: 6 of 9 values kept aside are right" in text
    assert "[A] label is missing." in text, "its brackets are no style"


def test_a_warning_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    again = Warned("The memory ran out.")
    assert shown(again, again, STARTED, STEP, Judged("base", 0, 4, 9), terminal=False).strip() == ""
    assert capsys.readouterr().err == "docvlm: The memory ran out.\n"
