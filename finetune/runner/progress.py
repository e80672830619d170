"""How far a run is, put together from its events: what a page or a terminal shows of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

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
    Stopped,
    Warned,
)

CURVE_POINTS = 500
HELD_BACK, ON_THE_WAY, WATCHED = "held back", "kept aside", "some held back"


@dataclass(slots=True)
class RunProgress:
    """The state after the events taken in so far. Steps that were done again count as done once.

    Attributes:
        started: what the run said of itself when training began, None before.
        work: slow work beside the steps that is going on, None while there is none.
        steps: by their number.
        evaluations: by step.
        judged: base and adapter on the documents held back, by these names, as far as they were asked.
        warnings: in their order, each once.
        kept: what became of the adapter, None before.
        ending: how the last process ended, None while it goes on or where it was killed.
    """

    started: Started | None = None
    work: Progressed | None = None
    steps: dict[int, StepDone] = field(default_factory=dict)
    evaluations: dict[int, Evaluated] = field(default_factory=dict)
    judged: dict[str, Judged] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    kept: Kept | None = None
    ending: Finished | Stopped | Failed | None = None

    @staticmethod
    def of(events: Iterable[Event]) -> RunProgress:
        """The state after all of these events."""
        progress = RunProgress()
        for event in events:
            progress.take_in(event)
        return progress

    def take_in(self, event: Event) -> None:
        """Go on by one event."""
        match event:
            case Launched():
                self.ending, self.work = None, None
            case Progressed():
                self.work = event
            case Started():
                self.started, self.work = event, None
                # A process that was killed may have been further than its last checkpoint.
                self._forget_after(event.step)
            case StepDone():
                self.steps[event.step], self.work = event, None
            case Evaluated():
                self.evaluations[event.step] = event
            case Judged():
                self.judged[event.model], self.work = event, None
            case Warned():
                if event.sentence not in self.warnings:
                    self.warnings.append(event.sentence)
            case Kept():
                self.kept, self.work = event, None
            case Finished() | Stopped() | Failed():
                self.ending, self.work = event, None

    @property
    def last_step(self) -> StepDone | None:
        """The last step that was done, None before the first."""
        return self.steps[max(self.steps)] if self.steps else None

    @property
    def total_steps(self) -> int:
        """How many steps the run has; 0 before that is known."""
        return self.started.steps if self.started else 0

    @property
    def fails_again(self) -> bool:
        """Whether it ended with an error that going on would end with as well."""
        return isinstance(self.ending, Failed) and self.ending.for_good

    def loss_curve(self, points: int = CURVE_POINTS) -> tuple[tuple[int, float], ...]:
        """Step and loss in order; each point the mean of enough steps to have at most ``points``."""
        numbers = sorted(self.steps)
        size = max(1, -(-len(numbers) // points))
        return tuple(self._means(numbers, size))

    def accuracy_curve(self) -> tuple[tuple[int, float, str], ...]:
        """Step, share of the values that are right, and on which documents: ``HELD_BACK``, ``ON_THE_WAY``
        or ``WATCHED``.

        Of those held back the base is the first point and the adapter the last. A line of one point is drawn
        on as far as the run has come, since a point alone is not seen.
        """
        held_back = sorted((event.step, event.right / max(1, event.asked)) for event in self.judged.values())
        aside, watched = (
            sorted(
                (step, one.right / max(1, one.asked))
                for step, one in self.evaluations.items()
                if one.watched is is_watched
            )
            for is_watched in (False, True)
        )
        now = max(self.steps, default=0)
        return tuple(
            (step, share, documents)
            for documents, points in ((HELD_BACK, held_back), (ON_THE_WAY, aside), (WATCHED, watched))
            for step, share in (
                *points,
                *((max(now, each + 1), same) for each, same in points if len(points) == 1),
            )
        )

    def _means(self, numbers: list[int], size: int) -> Iterator[tuple[int, float]]:
        for start in range(0, len(numbers), size):
            group = numbers[start : start + size]
            yield group[-1], sum(self.steps[number].loss for number in group) / len(group)

    def _forget_after(self, step: int) -> None:
        self.steps = {number: event for number, event in self.steps.items() if number <= step}
        self.evaluations = {number: event for number, event in self.evaluations.items() if number <= step}


def clock_text(seconds: float) -> str:
    """``3:05`` or ``1:03:05``."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
