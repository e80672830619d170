"""Where runs stand, asked once a second: what has ended is not read again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from finetune.runner import Run, RunStatus
from finetune.training.events import EVENTS_FILE

ONGOING = (RunStatus.QUEUED, RunStatus.RUNNING)


class Statuses:
    """Remembers the status of every run whose events have not changed since."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, int], RunStatus]] = {}

    def of(self, runs: Iterable[Run]) -> dict[str, RunStatus]:
        """The status of each run by its name, in their order."""
        return {run.name: self._status(run) for run in runs}

    def _status(self, run: Run) -> RunStatus:
        stamp = _stamp(run.folder / EVENTS_FILE)
        known = self._known.get(run.folder)
        if known is not None and known[0] == stamp and known[1] not in ONGOING:
            return known[1]
        status = run.status
        self._known[run.folder] = stamp, status
        return status


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
