"""Whole runs in processes of their own, over a tiny checkpoint."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest
import torch
from safetensors.torch import load_file, save_file

from docvlm.adapters import AdapterRegistry, read_card
from docvlm.config import ONNXRUNTIME, Settings
from docvlm.errors import LimitError, UsageError
from docvlm.prompts import PROMPTS_VERSION
from docvlm.reading import reader_name
from finetune.runner import Run, RunStatus, attach, child, create, start
from finetune.runner.lesson import load_lesson
from finetune.training.events import (
    EVENTS_FILE,
    CheckpointSaved,
    Evaluated,
    Failed,
    Finished,
    Judged,
    Kept,
    Progressed,
    Started,
    StepDone,
    Stopped,
    Warned,
)
from tests.finetune.runner.conftest import Course, wait_for_end, wait_until

pytestmark = pytest.mark.slow

STEPS = 10


def steps_of(run: Run) -> list[int]:
    return [event.step for event in run.events() if isinstance(event, StepDone)]


def losses_of(run: Run) -> dict[int, float]:
    return {event.step: event.loss for event in run.events() if isinstance(event, StepDone)}


def assert_same_adapter(one: Run, other: Run) -> None:
    wanted, found = (load_file(run.folder / "adapter" / "adapter_model.safetensors") for run in (one, other))
    assert found.keys() == wanted.keys()
    for weight, value in wanted.items():
        torch.testing.assert_close(found[weight], value, rtol=1e-4, atol=1e-6)


def test_from_labels_to_an_adapter_on_the_shelf(course: Course) -> None:
    run = start(course.request("invoices"), course.home)
    with pytest.raises(UsageError, match="going on already"):
        start(course.request("invoices"), course.home)
    watcher = subprocess.run(
        [sys.executable, "-c", _WATCH, str(run.folder)], capture_output=True, text=True, check=True
    )
    wait_for_end(run)
    assert run.status is RunStatus.FINISHED, run.sentence
    assert json.loads(watcher.stdout) == [type(event).__name__ for event in run.events()]
    assert steps_of(run) == list(range(1, STEPS + 1))
    assert_speed_time_left_and_memory(run)
    base, adapter = (event for event in run.events() if isinstance(event, Judged))
    assert (base.model, base.step, base.asked) == ("base", 0, 2)
    assert (adapter.model, adapter.step, adapter.asked) == ("adapter", STEPS, 2)
    order = [event.stage if isinstance(event, Progressed) else type(event).__name__ for event in run.events()]
    assert order.index("Asking the base") < order.index("Judged") < order.index("Started")
    assert "Asking the base" not in order[order.index("Started") :], "it is asked once"
    lesson = load_lesson(run.folder)
    assert lesson is not None and lesson.problems == ()
    assert (len(lesson.train), len(lesson.held_out)) == (3, 1)
    assert next(event for event in run.events() if isinstance(event, Kept)).adapter == "invoices"
    (kept,) = AdapterRegistry(Settings(course.home, "").adapters).adapters()
    assert kept.card is not None and kept.card.documents == 3 and kept.card.data_hash == lesson.data_hash
    assert kept.card.base_model == str(course.base) and kept.card == read_card(kept.folder)
    assert kept.card.prompts == PROMPTS_VERSION and kept.card.reader == reader_name(ONNXRUNTIME)


def assert_speed_time_left_and_memory(run: Run) -> None:
    """By the clock of the events: three invoices a step, as many seconds left as the rest takes so far."""
    steps = [event for event in run.events() if isinstance(event, StepDone)]
    lines = (json.loads(line) for line in (run.folder / EVENTS_FILE).read_text().splitlines())
    times = [line["time"] for line in lines if line["event"] == "step"]
    seconds = [3 * done.step / done.examples_per_second for done in steps]
    assert seconds[-1] - seconds[0] == pytest.approx(times[-1] - times[0], rel=0.1, abs=0.1)
    for done, taken in zip(steps, seconds, strict=True):
        assert done.seconds_left == pytest.approx(taken / done.step * (STEPS - done.step))
    memory = [done.memory_bytes for done in steps]
    assert memory == sorted(memory), "the most so far"
    assert 2**26 < memory[0] < psutil.virtual_memory().total


_WATCH = """
import json, sys
from pathlib import Path
from finetune.runner import attach
print(json.dumps([type(event).__name__ for event in attach(Path(sys.argv[1])).follow()]))
"""


def test_killed_at_any_moment_it_goes_on_as_if_it_had_not_been(course: Course) -> None:
    unbroken = start(course.request("unbroken"), course.home)
    broken = start(course.request("broken"), course.home)  # two at once
    rng = Random(7)
    for _ in range(2):
        wanted = len(steps_of(broken)) + rng.randint(1, 3)
        wait_until(lambda least=wanted: len(steps_of(broken)) >= least, broken)
        assert broken.process is not None
        os.kill(broken.process, signal.SIGKILL)
        wait_for_end(broken)
        assert broken.status is RunStatus.KILLED and "Resume" in broken.sentence
        broken.resume()
    wait_for_end(broken)
    wait_for_end(unbroken)
    assert broken.status is unbroken.status is RunStatus.FINISHED, broken.sentence
    assert losses_of(broken) == pytest.approx(losses_of(unbroken), rel=1e-5)
    assert [event.model for event in broken.events() if isinstance(event, Judged)] == ["base", "adapter"]
    assert_same_adapter(unbroken, broken)


def test_a_killed_run_stops_early_where_the_unbroken_one_does(course: Course) -> None:
    """Random weights get nothing right: the second of three evaluations brings no gain, and that is it."""
    run = start(course.request("early", evaluations=3, patience=1), course.home)
    wait_until(lambda: len(steps_of(run)) >= 4 or run.process is None, run)
    assert run.process is not None, run.sentence
    os.kill(run.process, signal.SIGKILL)
    wait_for_end(run)
    run.resume()
    wait_for_end(run)
    assert run.status is RunStatus.FINISHED, run.sentence
    assert max(steps_of(run)) == 6
    evaluated = {event.step: event.best for event in run.events() if isinstance(event, Evaluated)}
    assert evaluated == {3: True, 6: True}  # of equals the later
    assert run.sentence == "Trained 6 steps; the adapter is that of step 6."


def test_a_stop_saves_and_says_how_far_it_came(course: Course) -> None:
    run = start(course.request("invoices", epochs=200), course.home)
    wait_until(lambda: steps_of(run), run)
    attach(run.folder).stop()
    wait_for_end(run)
    assert run.status is RunStatus.STOPPED
    last = run.events()[-1]
    assert isinstance(last, Stopped) and 0 < last.step < 200 and "can be resumed" in last.sentence
    # Labels may go away meanwhile.
    course.cases.unlink()
    run.resume()
    wait_until(lambda: len([event for event in run.events() if isinstance(event, Started)]) == 2, run)
    resumed = [event for event in run.events() if isinstance(event, Started)][-1]
    assert resumed.step == last.step
    assert run.process is not None
    os.kill(run.process, signal.SIGTERM)  # as when the machine is shut down
    wait_for_end(run)
    assert run.status is RunStatus.STOPPED
    run.delete()
    assert not run.folder.exists()


def test_a_loss_that_is_no_number_ends_the_run_and_spoils_nothing(course: Course) -> None:
    run = start(course.request("wild", learning_rate=1e30, warmup=0.0), course.home)
    wait_for_end(run)
    assert run.status is RunStatus.FAILED
    assert "loss is no longer a number" in run.sentence and "lower learning rate" in run.sentence
    saved = [event.step for event in run.events() if isinstance(event, CheckpointSaved)]
    checkpoint = run.folder / f"checkpoint-{saved[-1]}" / "adapter_model.safetensors"
    assert all(torch.isfinite(weight).all() for weight in load_file(checkpoint).values())
    last = run.events()[-1]
    assert isinstance(last, Failed) and last.for_good, "going on would end in the same way"


def test_the_last_good_weights_are_compared_and_kept(course: Course) -> None:
    """The rate rises from nothing: the weights of the first step are good, those of the second are not."""
    run = start(course.request("wild", learning_rate=1e30, warmup=0.1), course.home)
    wait_for_end(run)
    assert run.status is RunStatus.FINISHED, run.sentence
    assert "no longer a number at step 3" in run.sentence and "that of step 1" in run.sentence
    assert run.sentence in [event.sentence for event in run.events() if isinstance(event, Warned)]
    judged = {event.model: event for event in run.events() if isinstance(event, Judged)}
    assert judged["adapter"].step == 1 and judged["adapter"].asked == judged["base"].asked == 2
    (kept,) = AdapterRegistry(Settings(course.home, "").adapters).adapters()
    weights = load_file(kept.folder / "adapter_model.safetensors")
    assert all(torch.isfinite(weight).all() for weight in weights.values())


def test_labels_that_cannot_be_learnt_are_told(course: Course) -> None:
    lines = [json.loads(line) for line in course.cases.read_text().splitlines()]
    with course.cases.open("a") as file:
        for line in lines:
            file.write(json.dumps({**line, "fields": {"seller": "Nobody Ltd"}}) + "\n")
        file.write("{broken\n")
    run = start(course.request("invoices", epochs=1), course.home)
    wait_for_end(run)
    assert run.status is RunStatus.FINISHED
    warnings = [event.sentence for event in run.events() if isinstance(event, Warned)]
    assert any("not valid JSON" in sentence for sentence in warnings)
    assert any("seller 'Nobody Ltd' is not found" in sentence for sentence in warnings)


def test_nothing_to_learn_from_is_one_sentence(course: Course) -> None:
    run = start(replace(course.request("nothing"), cases=None), course.home)
    wait_for_end(run)
    assert run.status is RunStatus.FAILED
    assert run.sentence.startswith("There are no labels to learn from.")
    assert not isinstance(run.events()[-1], Finished)


def test_a_full_disk_is_one_sentence_and_costs_nothing_that_was_saved(
    course: Course, small_disk: Path
) -> None:
    home = small_disk / "home"
    home.mkdir()
    run = start(course.request("invoices"), home)
    wait_until(lambda: len(steps_of(run)) >= 3, run)
    filler = small_disk / "filler"
    fill(filler)
    wait_for_end(run)
    assert run.status is RunStatus.FAILED
    assert run.sentence.startswith("The disk is full")
    filler.unlink()
    saved = [event.step for event in run.events() if isinstance(event, CheckpointSaved)]
    run.resume()
    wait_for_end(run)
    assert run.status is RunStatus.FINISHED, run.sentence
    going_on = [event.step for event in run.events() if isinstance(event, Started)][-1]
    assert going_on >= saved[-1] > 0
    assert steps_of(run)[-1] == STEPS


def test_a_write_that_fails_for_want_of_space_leaves_the_checkpoint_before_it(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this very process, whose fourth checkpoint is cut short while its weights are written."""
    run = create(course.request("invoices"), course.home)
    written: list[Path] = []

    def write_half(tensors: dict[str, torch.Tensor], path: str, **options: Any) -> None:
        save_file(tensors, path, **options)
        written.append(Path(path))
        if len(written) == 4:
            os.truncate(path, Path(path).stat().st_size // 2)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    monkeypatch.setattr("peft.peft_model.safe_save_file", write_half)
    assert child.work(run.folder, lambda: False, lambda: False) == LimitError.exit_code == 5
    assert run.status is RunStatus.FAILED and run.sentence.startswith("The disk is full")
    assert not list(run.folder.glob("partial-*")), "what was cut short is cleared away"
    assert [event.step for event in run.events() if isinstance(event, CheckpointSaved)] == [1, 2, 3]
    for weights in run.folder.glob("checkpoint-*/adapter_model.safetensors"):
        assert load_file(weights)
    assert child.work(run.folder, lambda: False, lambda: False) == 0
    assert [event.step for event in run.events() if isinstance(event, Started)] == [0, 3]
    assert run.status is RunStatus.FINISHED, run.sentence


def fill(file: Path) -> None:
    """Take all the space there is."""
    with file.open("wb", buffering=0) as filler:
        for size in (2**16, 2**12, 1):
            try:
                while True:
                    filler.write(b"\0" * size)
            except OSError:
                pass
