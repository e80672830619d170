"""What is shown of a run, from its events alone."""

from __future__ import annotations

from finetune.runner.progress import RunProgress
from finetune.training.events import (
    Evaluated,
    Event,
    Failed,
    Finished,
    Kept,
    Launched,
    Progressed,
    Started,
    StepDone,
    Warned,
)


def started(step: int) -> Started:
    return Started(steps=10, step=step, examples=3, rejected=0, lost_labels=0, trained_weights=7)


def step(number: int, loss: float) -> StepDone:
    return StepDone(number, loss, 1e-3, 2.0, 500.0, 9.0, 2**30)


def test_steps_that_were_done_again_count_once() -> None:
    events: list[Event] = [Launched(), started(0), step(1, 5.0), step(2, 4.0), step(3, 3.0)]
    events += [Evaluated(3, 1, 2, True)]
    assert RunProgress.of(events).last_step == step(3, 3.0)
    # Killed after step 3, saved after step 1.
    events += [Launched(), started(1), step(2, 4.5)]
    progress = RunProgress.of(events)
    assert progress.loss_curve() == ((1, 5.0), (2, 4.5))
    assert progress.last_step == step(2, 4.5)
    assert progress.evaluations == {}


def test_long_curves_are_thinned_by_means() -> None:
    progress = RunProgress.of([started(0), *(step(number, float(number)) for number in range(1, 8))])
    assert progress.loss_curve(points=3) == ((3, 2.0), (6, 5.0), (7, 7.0))


def test_work_ending_and_warnings() -> None:
    progress = RunProgress()
    progress.take_in(Progressed("Reading the documents", 1, 4))
    assert progress.work is not None and progress.total_steps == 0
    for event in (Warned("A label is missing."), Warned("A label is missing."), started(0)):
        progress.take_in(event)
    assert progress.work is None and progress.warnings == ["A label is missing."]
    progress.take_in(Failed("The disk is full.", 5))
    assert progress.ending == Failed("The disk is full.", 5)
    progress.take_in(Launched())
    assert progress.ending is None
    for event in (Kept("receipts", True, True, "It is better."), Finished(10, "Done.")):
        progress.take_in(event)
    assert progress.kept is not None and isinstance(progress.ending, Finished)
