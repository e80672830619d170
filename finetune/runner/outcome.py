"""After training: base and adapter on the documents held back, and the adapter on the shelf."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from docvlm.adapters import AdapterRegistry, Figure, read_card
from docvlm.config import Settings
from docvlm.errors import ModelError
from finetune.data.readings import Readings
from finetune.runner.lesson import Lesson
from finetune.runner.request import RunRequest
from finetune.training.events import Emit, Kept


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the adapter won over its base on the documents held back, why, and the figures of both."""

    wins: bool
    reason: str
    figures: tuple[Figure, ...] = ()


NOTHING_HELD_OUT = Outcome(
    False, "No document was held back, so nothing shows whether the adapter is better than its base."
)


def compare_on_held_out(
    adapter: Path, lesson: Lesson, request: RunRequest, settings: Settings, readings: Readings, emit: Emit
) -> Outcome:
    """Ask base and adapter the same of the documents held back."""
    return NOTHING_HELD_OUT


def keep_adapter(
    adapter: Path, lesson: Lesson, outcome: Outcome, request: RunRequest, settings: Settings
) -> Kept:
    """Put the adapter on the shelf with all that is known of it; switch it on where it won.

    Raises:
        ModelError: when the adapter does not say what it was trained over.
    """
    card = read_card(adapter)
    if card is None:
        raise ModelError(f"The adapter in {adapter} has no card.", "Start the run again.")
    shelf = AdapterRegistry(settings.adapters)
    name = shelf.free_name(request.name)
    shelf.keep(
        adapter,
        replace(
            card,
            name=name,
            data_hash=lesson.data_hash,
            figures=outcome.figures,
            promoted=outcome.wins,
        ),
    )
    active = outcome.wins and request.promote
    if active:
        shelf.activate(name)
    return Kept(name, outcome.wins, active, f"{outcome.reason} {_what_now(name, active)}")


def _what_now(name: str, active: bool) -> str:
    if active:
        return f"'{name}' is used from now on."
    return f"'{name}' is kept; 'python -m finetune adapters activate {name}' switches it on."
