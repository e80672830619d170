"""After training: base and adapter on the documents held back, and the adapter on the shelf."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from docvlm.adapters import AdapterRegistry, Figure, read_card
from docvlm.config import Settings
from docvlm.errors import ModelError
from finetune.data.readings import Readings
from finetune.evaluation.before_after import (
    BEFORE_AFTER_FILE,
    BeforeAfter,
    ask_base,
    before_after,
    read_before_after,
)
from finetune.evaluation.kept_results import KeptResults
from finetune.promotion import JUDGEMENT
from finetune.runner.lesson import Lesson
from finetune.runner.request import RunRequest
from finetune.training.events import Emit, Judged, Kept, Progressed, read_events

BASE, ADAPTER = "base", "adapter"

SO_FAR = "judged"
"""The folder inside a run's folder of what was judged before the run was interrupted."""


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


def measure_base(
    lesson: Lesson,
    request: RunRequest,
    settings: Settings,
    readings: Readings,
    folder: Path,
    emit: Emit,
    should_pause: Callable[[], bool],
) -> None:
    """Ask the base about the documents held back before anything is learnt; its answers are kept.

    So the comparison takes no longer, and where the run stands is seen from its first step on.

    Raises:
        Cancelled: where it is to pause, asked after each document.
    """
    if base_is_known(folder, lesson):
        return
    base = ask_base(
        settings,
        lesson.held_out,
        lesson.asked,
        readings,
        KeptResults(folder / SO_FAR, should_pause),
        request.settings.seed,
        tell=lambda what, done, total: emit(Progressed(what, done, total)),
    )
    emit(Judged(BASE, 0, base.right, base.asked))


def compare_on_held_out(
    adapter: Path,
    step: int,
    lesson: Lesson,
    request: RunRequest,
    settings: Settings,
    readings: Readings,
    folder: Path,
    emit: Emit,
    should_pause: Callable[[], bool],
) -> Outcome:
    """Ask base and adapter the same of the documents held back; kept in ``folder``, and done once only.

    Each document that was judged is kept there as well, so that the next process goes on after it.

    Args:
        step: that the adapter's weights are of.

    Raises:
        Cancelled: where it is to pause, asked after each document.
    """
    if not lesson.held_out:
        return NOTHING_HELD_OUT
    judgement = folder / JUDGEMENT
    if (judgement / BEFORE_AFTER_FILE).is_file():
        return _outcome(read_before_after(judgement))
    compared = before_after(
        settings,
        adapter,
        lesson.held_out,
        lesson.asked,
        readings,
        judgement,
        request.settings.seed,
        tell=lambda what, done, total: emit(Progressed(what, done, total)),
        kept=KeptResults(folder / SO_FAR, should_pause),
    )
    emit(Judged(ADAPTER, step, compared.after.right, compared.after.asked))
    return _outcome(compared)


def _is_told(model: str, folder: Path) -> bool:
    return any(isinstance(event, Judged) and event.model == model for event in read_events(folder))


def _outcome(result: BeforeAfter) -> Outcome:
    return Outcome(result.verdict.wins, result.verdict.reason, result.figures)


def keep_adapter(
    adapter: Path, lesson: Lesson, outcome: Outcome, request: RunRequest, settings: Settings, folder: Path
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
    kept = shelf.keep(
        adapter,
        replace(
            card,
            name=name,
            data_hash=lesson.data_hash,
            figures=outcome.figures,
            promoted=outcome.wins,
        ),
    )
    if (folder / JUDGEMENT).is_dir():
        shutil.copytree(folder / JUDGEMENT, kept / JUDGEMENT)
    active = outcome.wins and request.promote
    if active:
        shelf.activate(name)
    return Kept(name, outcome.wins, active, f"{outcome.reason} {_what_now(name, active)}")


def _what_now(name: str, active: bool) -> str:
    if active:
        return f"'{name}' is used from now on."
    return f"'{name}' is kept on the shelf of adapters and not switched on."
