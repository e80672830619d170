"""Hands units to an executor, keeps what comes back, and never has one unit done twice.

Every content goes through the same stages: reading, then the model where there is one. Units are claimed
in the store's queue just before they are begun, so several schedules, on one machine or on many, can share
the work; what another one has done or is doing is waited for and counted as done.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from docvlm.batch.executor import Executor, Stage
from docvlm.batch.units import Outcome, Task, Unit, UnitProgress, UnitResult
from docvlm.store import UnitRecord, UnitState, WorkQueue

HEARTBEAT_SECONDS = 10.0
MOST_BREAKDOWNS = 3
"""After so many breakdowns of its worker in a row a unit has failed."""
MOST_LOST_PAGES = 10
"""After so many pages in whose midst a worker broke down the rest of a file is given up."""
READING_LEAD = 32
"""How many contents may wait for the model before reading pauses and leaves it the processors."""
_CANDIDATES = 64  # units looked at for one claim
_PATIENCE_SECONDS = 1.0  # between two looks at units that others are doing
_TICK_SECONDS = 0.2


class Observer(Protocol):
    """Is told how the work goes, from the thread that runs the schedule."""

    def added(self, units: Sequence[Unit]) -> None:
        """A content came in, with its units in the order of their stages."""

    def progressed(self, unit: Unit, progress: UnitProgress) -> None: ...

    def changed(self, unit: Unit) -> None:
        """The file no longer holds the unit's content, so the unit and those after it were dropped."""

    def finished(self, unit: Unit, record: UnitRecord, here: bool) -> None:
        """A unit is over; ``here`` is False where it was done before or by another process."""


@dataclass(slots=True)
class _Chain:
    """The units of one content; ``position`` is the one whose turn it is."""

    units: tuple[Unit, ...]
    position: int = 0
    breakdowns: int = 0
    lost_pages: tuple[tuple[int, str], ...] = ()
    progress: UnitProgress | None = None

    @property
    def unit(self) -> Unit:
        return self.units[self.position]


@dataclass(slots=True)
class Schedule:
    """Runs chains of units.

    Args:
        queue: where units are claimed and what became of them is kept.
        executor: does the units.
        observer: is told how it goes.
        limit: begin at most so many contents that were not done before.
    """

    queue: WorkQueue
    executor: Executor
    observer: Observer
    limit: int | None = None
    _waiting: dict[Stage, deque[_Chain]] = field(default_factory=lambda: {stage: deque() for stage in Stage})
    _elsewhere: deque[_Chain] = field(default_factory=deque)
    _running: dict[str, _Chain] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)
    _stopping: bool = False
    _last_heartbeat: float = field(default_factory=time.monotonic)
    _last_look: float = 0.0

    def run(self, contents: Iterator[Sequence[tuple[Unit, ...]]]) -> None:
        """Work until all contents are done, or until ``stop`` was called and the units in flight ended.

        Args:
            contents: gives the units of further contents each time it is asked, an empty sequence
                where none are known yet; ends when no more will come.

        Raises:
            DocvlmError: when the database or the executor cannot go on. Units in flight are given back.
        """
        more = True
        try:
            while not self._stopping and (more or self._has_work()):
                found = next(contents, None) if more else ()
                more = found is not None and not self._limit_is_reached()
                self._add(found or ())
                self._look_elsewhere()
                for stage in Stage:
                    self._begin(stage)
                self._handle_events(0.0 if found else _TICK_SECONDS)
            if self._stopping:
                self.executor.stop()
            while self._running:
                self._handle_events(_TICK_SECONDS)
        finally:
            self.queue.give_back(list(self._running))

    def stop(self) -> None:
        """Begin nothing more and end after the pages in flight; safe to call from a signal handler."""
        self._stopping = True

    def _has_work(self) -> bool:
        return bool(self._running or self._elsewhere or any(self._waiting.values()))

    def _add(self, contents: Sequence[tuple[Unit, ...]]) -> None:
        if not contents:
            return
        keys = [unit.key for units in contents for unit in units]
        self.queue.add(keys)
        records = self.queue.records(keys)
        for units in contents:
            self.observer.added(units)
            self._advance(_Chain(units), records)

    def _advance(self, chain: _Chain, records: dict[str, UnitRecord]) -> None:
        """Pass over the units that are done already, and queue the first that is not."""
        while (record := records.get(chain.unit.key)) and record.state in (UnitState.DONE, UnitState.FAILED):
            if not self._pass_on(chain, record, here=False):
                return
        self._waiting[Stage.of(chain.unit.job.task)].append(chain)

    def _pass_on(self, chain: _Chain, record: UnitRecord, here: bool) -> bool:
        """Tell that a unit is over and turn to the next; False where the chain ends with it.

        What cannot be read cannot be asked either: the units after a failed one fail for its reason.
        """
        self.observer.finished(chain.unit, record, here)
        for position in range(chain.position + 1, len(chain.units)):
            chain.position = position
            if record.state is UnitState.DONE:
                return True
            record = replace(record, key=chain.unit.key, attempts=0)
            self.observer.finished(chain.unit, record, here)
        return False

    def _begin(self, stage: Stage) -> None:
        waiting = self._waiting[stage]
        if self._limit_is_reached():
            begun = [chain for chain in waiting if chain.unit.sha256 in self._begun]
            waiting.clear()
            waiting.extend(begun)
        if self._stopping or not waiting or (free := self._free(stage)) < 1:
            return
        if not (candidates := self._candidates(waiting)):
            return
        claimed = {
            record.key: record for record in self.queue.claim([chain.unit.key for chain in candidates], free)
        }
        for chain in candidates:
            record = claimed.get(chain.unit.key)
            if record is not None:
                self._running[record.key] = chain
                self._begun.add(chain.unit.sha256)
                self.executor.submit(
                    replace(chain.unit, attempt=record.attempts, lost_pages=chain.lost_pages)
                )
        rest = [chain for chain in candidates if chain.unit.key not in claimed]
        if len(claimed) < free:  # all that were free are taken: others have the rest
            self._elsewhere.extend(rest)
        else:
            waiting.extendleft(reversed(rest))

    def _candidates(self, waiting: deque[_Chain]) -> list[_Chain]:
        """Take from ``waiting`` the next chains, of contents not begun yet no more than the limit allows."""
        candidates: list[_Chain] = []
        later: list[_Chain] = []
        allowed = len(waiting) if self.limit is None else self.limit - len(self._begun)
        while waiting and len(candidates) < _CANDIDATES:
            chain = waiting.popleft()
            is_new = chain.unit.sha256 not in self._begun
            if is_new and allowed < 1:
                later.append(chain)
                continue
            allowed -= is_new
            candidates.append(chain)
        waiting.extendleft(reversed(later))
        return candidates

    def _free(self, stage: Stage) -> int:
        if stage is Stage.READING and len(self._waiting[Stage.MODEL]) >= READING_LEAD:
            return 0
        return self.executor.free(stage)

    def _limit_is_reached(self) -> bool:
        return self.limit is not None and len(self._begun) >= self.limit

    def _look_elsewhere(self) -> None:
        """See what became of units that other processes were doing."""
        now = time.monotonic()
        if not self._elsewhere or now - self._last_look < _PATIENCE_SECONDS:
            return
        self._last_look = now
        chains = [self._elsewhere.popleft() for _ in range(len(self._elsewhere))]
        for group in _groups(chains, _CANDIDATES):
            records = self.queue.records([unit.key for chain in group for unit in chain.units])
            for chain in group:
                self._advance(chain, records)

    def _handle_events(self, seconds: float) -> None:
        for event in self.executor.events(seconds):
            self._handle(event)
        now = time.monotonic()
        if self._running and now - self._last_heartbeat >= HEARTBEAT_SECONDS:
            self._last_heartbeat = now
            self.queue.heartbeat()

    def _handle(self, event: UnitProgress | UnitResult) -> None:
        chain = self._running.get(event.key)
        if chain is None:
            return
        if isinstance(event, UnitProgress):
            chain.progress = event
            self.observer.progressed(chain.unit, event)
            return
        del self._running[event.key]
        if event.outcome is Outcome.CHANGED:
            self.queue.give_back([event.key])
            self.observer.changed(chain.unit)
            return
        record = None if self._is_to_be_done_again(chain, event) else _record(chain, event)
        if record is None:
            untouched = event.outcome is Outcome.STOPPED and not (chain.progress and chain.progress.done)
            self.queue.give_back([event.key], tried=not untouched)
            self._waiting[Stage.of(chain.unit.job.task)].appendleft(chain)
        elif not self.queue.finish(record):
            self._elsewhere.append(chain)
        elif self._pass_on(chain, record, here=True):
            self._waiting[Stage.of(chain.unit.job.task)].append(chain)

    def _is_to_be_done_again(self, chain: _Chain, result: UnitResult) -> bool:
        if result.outcome is Outcome.STOPPED:
            return True
        if result.outcome is not Outcome.LOST:
            return False
        if result.lost_page is None:
            chain.breakdowns += 1
            return chain.breakdowns < MOST_BREAKDOWNS
        # The page counts as failed from now on, and work goes on behind it.
        chain.lost_pages += ((result.lost_page, result.reason or ""),)
        return len(chain.lost_pages) < MOST_LOST_PAGES


def _record(chain: _Chain, result: UnitResult) -> UnitRecord:
    """What to keep of a result."""
    record = UnitRecord(
        key=result.key,
        state=UnitState.DONE if result.outcome is Outcome.DONE else UnitState.FAILED,
        reason=result.reason,
        exit_code=result.exit_code,
        pages_done=result.pages_done,
        pages_failed=result.pages_failed,
        result_id=result.result_id,
        timings=result.timings,
    )
    progress = chain.progress
    if result.outcome is not Outcome.LOST or progress is None or not progress.total:
        return record
    if chain.unit.job.task is not Task.READ:  # it counts the parts that the model read
        return replace(record, reason=f"{result.reason} Its pages stay read.")
    read = progress.done - progress.failed
    reason = f"{result.reason} {read} of {progress.total} pages were read and are kept."
    return replace(record, reason=reason, pages_done=read, pages_failed=progress.total - read)


def _groups(chains: Sequence[_Chain], size: int) -> Iterable[Sequence[_Chain]]:
    return (chains[start : start + size] for start in range(0, len(chains), size))
