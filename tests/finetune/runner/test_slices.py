"""Training in slices, each in a process that is lent a GPU by the real package ``spaces``."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.runner import RunStatus, create
from finetune.training.events import CheckpointSaved, Finished, Launched, StepDone, Stopped
from tests.finetune.runner.conftest import Course
from tests.models.zero_gpu_space import WITHOUT_CUDA, install_package, lending, run_in_space

_SPACE = f"""{WITHOUT_CUDA}
import os, time
from pathlib import Path
from docvlm.models import lent_gpu
lent_gpu.prepare()
from finetune.runner import attach, slices
slices.SLICE_SECONDS = 0.0  # a step each
def wait(run):
    for _ in run.follow():
        pass
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_package(tmp_path_factory.mktemp("spaces"))


@pytest.mark.slow
def test_a_run_goes_on_from_slice_to_slice(package: Path, course: Course) -> None:
    run = create(course.request("sliced", epochs=4), course.home)
    script = f"""{_SPACE}
run = attach(Path({str(run.folder)!r}))
run.resume()
assert run.process == os.getpid()
wait(run)
"""
    with lending() as lender:
        run_in_space(script, package, lender, course.home)
    assert run.status is RunStatus.FINISHED, run.sentence
    events = run.events()
    assert sum(isinstance(event, Launched) for event in events) == 1
    assert not any(isinstance(event, Stopped) for event in events)
    steps = [event.step for event in events if isinstance(event, StepDone)]
    assert steps == list(range(1, len(steps) + 1)) and len(steps) >= 3
    assert len(lender.seconds) >= len(steps)
    assert set(lender.seconds) == {slices_margin()}
    assert lender.given_back == len(lender.seconds)
    assert run.adapter is not None and isinstance(events[-1], Finished)


@pytest.mark.slow
def test_a_run_is_stopped_between_slices_and_goes_on_later(package: Path, course: Course) -> None:
    run = create(course.request("stopped", epochs=4), course.home)
    script = f"""{_SPACE}
run = attach(Path({str(run.folder)!r}))
run.resume()
for event in run.follow():
    if type(event).__name__ == "CheckpointSaved":
        run.stop()
        break
wait(run)
"""
    with lending() as lender:
        run_in_space(script, package, lender, course.home)
        assert run.status == "stopped" and "resume" in run.sentence.lower()
        saved = [event.step for event in run.events() if isinstance(event, CheckpointSaved)]
        script = f"{_SPACE}\nrun = attach(Path({str(run.folder)!r}))\nrun.resume()\nwait(run)\n"
        run_in_space(script, package, lender, course.home)
    assert run.status == "finished", run.sentence
    steps = [event.step for event in run.events() if isinstance(event, StepDone)]
    assert saved and steps == list(range(1, len(steps) + 1))


@pytest.mark.slow
def test_a_run_without_a_gpu_says_so_and_can_be_resumed(package: Path, course: Course) -> None:
    run = create(course.request("waiting"), course.home)
    script = f"{_SPACE}\nrun = attach(Path({str(run.folder)!r}))\nrun.resume()\nwait(run)\n"
    with lending() as lender:
        lender.refuses = True
        run_in_space(script, package, lender, course.home)
    assert run.status is RunStatus.STOPPED
    assert run.sentence == "No GPU is lent any more (No GPU was available); it can be resumed."


def slices_margin() -> int:
    from finetune.runner.slices import MARGIN_SECONDS

    return MARGIN_SECONDS
