"""Two processes share the steps of a run, as ``accelerate launch`` starts them; here over gloo, on CPU."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from finetune.runner import Run, RunStatus, create, start
from finetune.training.events import StepDone
from tests.finetune.runner.conftest import Course, wait_for_end
from tests.finetune.runner.test_child import assert_same_adapter, losses_of

pytestmark = pytest.mark.slow


def share(run: Run, processes: int) -> subprocess.CompletedProcess[str]:
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_machines", "1"]
    launch += ["--num_processes", str(processes), "--mixed_precision", "no", "--dynamo_backend", "no"]
    return subprocess.run(
        [*launch, "--main_process_port", "0", "-m", "finetune.runner.child", str(run.folder)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_two_processes_make_the_adapter_of_one(course: Course) -> None:
    alone = start(course.request("alone"), course.home)
    shared = create(course.request("shared"), course.home)
    done = share(shared, 2)
    assert done.returncode == 0, done.stderr[-3000:]
    wait_for_end(alone)
    assert shared.status is alone.status is RunStatus.FINISHED, shared.sentence
    steps = [event.step for event in shared.events() if isinstance(event, StepDone)]
    assert steps == list(range(1, 11)), "each step is told once"
    assert losses_of(shared) == pytest.approx(losses_of(alone), rel=1e-4)
    assert_same_adapter(alone, shared)
