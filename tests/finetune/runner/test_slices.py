"""Training in slices, each in a process that is lent a GPU by the real package ``spaces``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from finetune.runner import Run, RunStatus, create
from finetune.runner.slices import MARGIN_SECONDS
from finetune.training.events import (
    CheckpointSaved,
    Finished,
    Launched,
    Progressed,
    StepDone,
    Stopped,
)
from tests.finetune.runner.conftest import Course
from tests.models.zero_gpu_space import WITHOUT_CUDA, lending, run_in_space

_SPACE = f"""{WITHOUT_CUDA}
import os, time
from pathlib import Path
from docvlm.models import lent_gpu
lent_gpu.prepare()
from finetune.runner import attach, slices
slices.SLICE_SECONDS = 0.0  # a step or a document each
def wait(run):
    for _ in run.follow():
        pass
"""


def _resumed(run: Run, then: str) -> str:
    """A script in which a Space goes on with a run."""
    return f"{_SPACE}\nrun = attach(Path({str(run.folder)!r}))\nrun.resume()\n{then}\n"


@pytest.mark.slow
def test_a_run_goes_on_from_slice_to_slice(spaces_package: Path, course: Course) -> None:
    run = create(replace(course.request("sliced", epochs=4), held_out=2), course.home)
    script = _resumed(run, "assert run.process == os.getpid()\nwait(run)")
    with lending() as lender:
        run_in_space(script, spaces_package, lender, course.home)
    assert run.status is RunStatus.FINISHED, run.sentence
    events = run.events()
    assert sum(isinstance(event, Launched) for event in events) == 1
    assert not any(isinstance(event, Stopped) for event in events)
    steps = [event.step for event in events if isinstance(event, StepDone)]
    assert steps == list(range(1, len(steps) + 1)) and len(steps) >= 3
    asked = [(event.stage, event.done) for event in events if isinstance(event, Progressed) and event.total]
    # A slice goes on with the document at which the one before it has ended.
    assert [done for stage, done in asked if stage == "Asking the base"] == [0, 1, 1, 2]
    assert [done for stage, done in asked if stage == "Asking the adapter"] == [0, 1, 1, 2]
    assert len(lender.seconds) >= len(steps) + 4
    assert set(lender.seconds) == {MARGIN_SECONDS}
    assert lender.given_back == len(lender.seconds)
    assert run.adapter is not None and isinstance(events[-1], Finished)


@pytest.mark.slow
def test_a_run_is_stopped_between_slices_and_goes_on_later(spaces_package: Path, course: Course) -> None:
    run = create(course.request("stopped", epochs=4), course.home)
    script = _resumed(
        run,
        """for event in run.follow():
    if type(event).__name__ == "CheckpointSaved":
        run.stop()
        break
wait(run)""",
    )
    with lending() as lender:
        run_in_space(script, spaces_package, lender, course.home)
        assert run.status == "stopped" and "resume" in run.sentence.lower()
        saved = [event.step for event in run.events() if isinstance(event, CheckpointSaved)]
        script = _resumed(run, "wait(run)")
        run_in_space(script, spaces_package, lender, course.home)
    assert run.status == "finished", run.sentence
    steps = [event.step for event in run.events() if isinstance(event, StepDone)]
    assert saved and steps == list(range(1, len(steps) + 1))


@pytest.mark.slow
def test_a_run_without_a_gpu_says_so_and_can_be_resumed(spaces_package: Path, course: Course) -> None:
    run = create(course.request("waiting"), course.home)
    script = _resumed(run, "wait(run)")
    with lending() as lender:
        lender.refuses = True
        run_in_space(script, spaces_package, lender, course.home)
    assert run.status is RunStatus.STOPPED
    assert run.sentence == "No GPU is lent any more (No GPU was available); it can be resumed."
