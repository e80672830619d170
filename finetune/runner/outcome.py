"""After training: base and adapter on the documents held back, and the adapter on the shelf."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from docvlm.adapters import AdapterRegistry, Figure, read_card
from docvlm.errors import ModelError
from finetune.evaluation.before_after import (
    BEFORE_AFTER_FILE,
    BeforeAfter,
    ask_base,
    before_after,
    read_before_after,
)
from finetune.promotion import JUDGEMENT
from finetune.runner.begun import BegunRun
from finetune.runner.lesson import Lesson
from finetune.training.events import Judged, Kept, read_events

BASE, ADAPTER = "base", "adapter"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the adapter won over its base on the documents held back, why, and the figures of both."""

    wins: bool
    reason: str
    figures: tuple[Figure, ...] = ()


NOTHING_HELD_OUT = Outcome(
    False, "No document was held back, so nothing shows whether the adapter is better than its base."
)


def base_is_known(folder: Path, lesson: Lesson) -> bool:
    """Whether the base has been asked about the documents held back, or there are none."""
    return not lesson.held_out or _is_told(BASE, folder)


def measure_base(begun: BegunRun) -> None:
    """Ask the base about the documents held back before anything is learnt; its answers are kept.

    So the comparison takes no longer, and where the run stands is seen from its first step on.

    Raises:
        Cancelled: where it is to pause, asked after each document.
    """
    if base_is_known(begun.folder, begun.lesson):
        return
    base = ask_base(
        begun.settings,
        begun.lesson.held_out,
        begun.lesson.asked,
        begun.readings,
        begun.judged_so_far,
        begun.request.settings.seed,
        tell=begun.tell_progress,
    )
    begun.emit(Judged(BASE, 0, base.right, base.asked))


def compare_on_held_out(adapter: Path, step: int, begun: BegunRun) -> Outcome:
    """Ask base and adapter the same of the documents held back; kept in the run's folder, and done once only.

    Each document that was judged is kept there as well, so that the next process goes on after it.

    Args:
        step: that the adapter's weights are of.

    Raises:
        Cancelled: where it is to pause, asked after each document.
    """
    if not begun.lesson.held_out:
        return NOTHING_HELD_OUT
    judgement = begun.folder / JUDGEMENT
    if (judgement / BEFORE_AFTER_FILE).is_file():
        return _outcome(read_before_after(judgement))
    compared = before_after(
        begun.settings,
        adapter,
        begun.lesson.held_out,
        begun.lesson.asked,
        begun.readings,
        judgement,
        begun.request.settings.seed,
        tell=begun.tell_progress,
        kept=begun.judged_so_far,
    )
    begun.emit(Judged(ADAPTER, step, compared.after.right, compared.after.asked))
    return _outcome(compared)


def _is_told(model: str, folder: Path) -> bool:
    return any(isinstance(event, Judged) and event.model == model for event in read_events(folder))


def _outcome(result: BeforeAfter) -> Outcome:
    return Outcome(result.verdict.wins, result.verdict.reason, result.figures)


def keep_adapter(adapter: Path, outcome: Outcome, begun: BegunRun) -> Kept:
    """Put the adapter on the shelf with all that is known of it; switch it on where it won.

    Raises:
        ModelError: when the adapter does not say what it was trained over.
    """
    card = read_card(adapter)
    if card is None:
        raise ModelError(f"The adapter in {adapter} has no card.", "Start the run again.")
    shelf = AdapterRegistry(begun.settings.adapters)
    name = shelf.free_name(begun.request.name)
    kept = shelf.keep(
        adapter,
        replace(
            card,
            name=name,
            data_hash=begun.lesson.data_hash,
            figures=outcome.figures,
            promoted=outcome.wins,
        ),
    )
    judgement = begun.folder / JUDGEMENT
    if judgement.is_dir():
        shutil.copytree(judgement, kept / JUDGEMENT)
    active = outcome.wins and begun.request.promote
    if active:
        shelf.activate(name)
    return Kept(name, outcome.wins, active, f"{outcome.reason} {_what_now(name, active)}")


def _what_now(name: str, active: bool) -> str:
    if active:
        return f"'{name}' is used from now on."
    return f"'{name}' is kept on the shelf of adapters and not switched on."
