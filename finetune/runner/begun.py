"""A run whose documents are chosen: what each of its steps works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from docvlm.config import Settings
from finetune.data.readings import Readings
from finetune.evaluation.kept_results import KeptResults
from finetune.runner.lesson import Lesson
from finetune.runner.request import RunRequest
from finetune.training.events import Emit, Progressed

_SO_FAR = "judged"
"""The folder inside a run's folder of what was judged before the run was interrupted."""


@dataclass(frozen=True, slots=True, eq=False)
class BegunRun:
    """What the steps of a run have in common.

    Attributes:
        folder: of the run.
        should_pause: asked after every step of training, and after every document that is compared.
    """

    request: RunRequest
    lesson: Lesson
    folder: Path
    settings: Settings
    readings: Readings
    emit: Emit
    should_pause: Callable[[], bool]

    @property
    def judged_so_far(self) -> KeptResults:
        """What was judged of the documents held back; pauses between two of them."""
        return KeptResults(self.folder / _SO_FAR, self.should_pause)

    def tell_progress(self, what: str, done: int, total: int) -> None:
        """Tell that so many documents of so many are done."""
        self.emit(Progressed(what, done, total))
