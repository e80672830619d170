"""What is shown of a run, from its events alone."""

from __future__ import annotations

from finetune.runner.progress import HELD_BACK, ON_THE_WAY, WATCHED, RunProgress
from finetune.training.events import (
    Evaluated,
    Event,
    Failed,
    Finished,
    Judged,
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


def test_the_base_is_the_first_point_of_the_curve_and_the_adapter_its_last() -> None:
    progress = RunProgress.of([Judged("base", 0, 6, 8), started(0)])
    assert progress.accuracy_curve() == ((0, 0.75, HELD_BACK), (1, 0.75, HELD_BACK))  # a line can be seen
    for event in (step(1, 5.0), step(2, 4.0), Evaluated(2, 1, 4, True), step(3, 3.0)):
        progress.take_in(event)
    so_far = ((2, 0.25, ON_THE_WAY), (3, 0.25, ON_THE_WAY))
    assert progress.accuracy_curve() == ((0, 0.75, HELD_BACK), (3, 0.75, HELD_BACK), *so_far)
    for event in (Evaluated(4, 2, 4, True), Judged("adapter", 4, 8, 8)):
        progress.take_in(event)
    held_back, aside = (
        ((0, 0.75, HELD_BACK), (4, 1.0, HELD_BACK)),
        ((2, 0.25, ON_THE_WAY), (4, 0.5, ON_THE_WAY)),
    )
    assert progress.accuracy_curve() == held_back + aside


def test_what_is_watched_alone_is_a_curve_of_its_own() -> None:
    events = [started(0), step(1, 5.0), Evaluated(1, 1, 4, False, watched=True), step(2, 4.0)]
    progress = RunProgress.of([*events, Evaluated(2, 3, 4, False, watched=True)])
    assert progress.accuracy_curve() == ((1, 0.25, WATCHED), (2, 0.75, WATCHED))


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
