"""Readings that end the work when the run is asked to stop."""

from __future__ import annotations

from collections.abc import Callable

from docvlm.config import Settings
from docvlm.errors import Cancelled
from docvlm.types import Reading
from finetune.data.documents import LabelledDocument
from finetune.data.readings import Readings


class WatchedReadings(Readings):
    """Every document that is read or asked about passes here, so a run can be stopped between two of them.

    Args:
        should_stop: asked before each document.
    """

    def __init__(self, settings: Settings, should_stop: Callable[[], bool]) -> None:
        super().__init__(settings)
        self._should_stop = should_stop

    def of(self, document: LabelledDocument) -> tuple[Reading, ...]:
        """As ``Readings.of``.

        Raises:
            Cancelled: when the run is to stop.
        """
        if self._should_stop():
            raise Cancelled("Stopped between two documents.", "Resume the run to go on.")
        return super().of(document)
