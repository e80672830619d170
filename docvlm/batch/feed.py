"""From files that were found to units for the schedule: hashed, sorted out, entered in the ledger."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from docvlm import ingest
from docvlm.batch.find import Found, FoundFile, PassedOver
from docvlm.batch.ledger import Ledger
from docvlm.batch.units import Job, Unit
from docvlm.config import Limits
from docvlm.errors import InputError, PasswordError
from docvlm.store import UnitRecord, WorkQueue

_PORTION_SECONDS = 0.05  # the schedule waits no longer for the next portion of files
_PORTION = 64
_MOST_CHANGES = 3  # after so many changes while it waited a file is given up for this run


@dataclass(frozen=True, slots=True)
class Selection:
    """Which of the files found are taken.

    Attributes:
        modified_since: seconds since 1970; files last changed before are left out.
        shard: the (number, count) of this process among others, from 1; each content belongs to one.
        retry_failed: do again what failed, or had pages that failed, in earlier runs, also in those that
            were interrupted in the midst of a file.
        has_password: do again what failed for the want of a password, since one was given now.
    """

    modified_since: float | None = None
    shard: tuple[int, int] = (1, 1)
    retry_failed: bool = False
    has_password: bool = False

    def is_recent(self, found: FoundFile) -> bool:
        return self.modified_since is None or found.modified >= self.modified_since

    def holds(self, sha256: str) -> bool:
        number, count = self.shard
        return int(sha256[:8], 16) % count == number - 1


@dataclass(slots=True)
class Feed:
    """Gives the schedule its contents (see ``docvlm.batch.schedule.Schedule.run``).

    Args:
        found: the files; None now and then where no file is known but more may come.
        jobs: what is done with each content, in the order of the stages.
        when_idle: called each time all contents known so far are over, if anything was new.
        lost: the keys of units that are done and whose results are no longer there.
    """

    found: Iterator[Found | None]
    jobs: Sequence[Job]
    ledger: Ledger
    queue: WorkQueue
    limits: Limits
    selection: Selection
    when_idle: Callable[[], None]
    lost: Callable[[Sequence[Unit], Mapping[str, UnitRecord]], Collection[str]] = lambda _units, _records: ()

    def contents(self) -> Iterator[list[tuple[Unit, ...]]]:
        """Portions of contents; empty ones while nothing new is known."""
        changes: Counter[str] = Counter()
        over = False
        told = 0
        while True:
            portion: list[tuple[Unit, ...]] = []
            deadline = time.monotonic() + _PORTION_SECONDS
            while self.ledger.changed_paths:
                path = self.ledger.changed_paths.pop()
                changes[path] += 1
                portion += self._look_again(path, changes[path])
            while not over and len(portion) < _PORTION and time.monotonic() < deadline:
                try:
                    found = next(self.found)
                except StopIteration:
                    over = True
                    break
                if found is None:
                    break
                portion += self._take(found)
            if portion:
                yield self._ready(portion)
                continue
            if self.ledger.all_over:
                if over:
                    return
                if told != self.ledger.entries:
                    told = self.ledger.entries
                    self.when_idle()
            yield []

    def _take(self, found: Found) -> list[tuple[Unit, ...]]:
        is_mine = self.selection.holds(_name_hash(found.name))
        if isinstance(found, PassedOver):
            if is_mine:
                exit_code = InputError.exit_code if found.is_failure else 0
                self.ledger.refused(found.path, found.name, found.reason, exit_code)
            return []
        if not self.selection.is_recent(found):
            return []
        return self._identify(found.path, found.name, is_mine)

    def _identify(self, path: str, name: str, is_mine: bool) -> list[tuple[Unit, ...]]:
        """Its units; ``is_mine`` says whether this shard tells of it where it has no content."""
        try:
            sha256 = ingest.identify_file(path, self.limits).sha256
        except InputError as error:
            if is_mine:
                self.ledger.refused(path, name, str(error), error.exit_code)
            return []
        if not self.selection.holds(sha256) or not self.ledger.found(path, name, sha256):
            return []
        return [tuple(Unit(job, sha256, path, name=Path(name).name) for job in self.jobs)]

    def _look_again(self, path: str, changes: int) -> list[tuple[Unit, ...]]:
        name = self.ledger.name_of(path)
        if changes > _MOST_CHANGES:
            self.ledger.refused(path, name, f"{name} keeps changing. Run again when it is complete.")
            return []
        return self._identify(path, name, is_mine=True)

    def _ready(self, portion: list[tuple[Unit, ...]]) -> list[tuple[Unit, ...]]:
        """The portion; new again is what was deleted since, and what failed before and may go well now."""
        units = [unit for units in portion for unit in units]
        records = self.queue.records([unit.key for unit in units])
        again = set(self.lost(units, records))
        if self.selection.retry_failed:
            again |= {record.key for record in records.values() if record.has_failed or record.is_begun}
        if self.selection.has_password:
            locked = PasswordError.exit_code
            again |= {record.key for record in records.values() if record.exit_code == locked}
        if again:
            self.queue.try_again(again)
        return portion


def _name_hash(name: str) -> str:
    """Tells shards apart where there is no content to do so."""
    return hashlib.sha256(os.fsencode(name)).hexdigest()
