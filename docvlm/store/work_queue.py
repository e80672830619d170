"""Units of work that several processes, on one machine or many, share without doing one twice.

A unit is *waiting*, *running* under a lease, *done* or *failed*. Claiming is one transaction. A lease
ends when its owner has not given a sign of life for ``LEASE_SECONDS``, or at once where the owner was a
process of this host that is gone; the unit can then be claimed again. Leases go by the database's own
clock (``Database.moment``), so that machines whose clocks differ take nothing from each other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from docvlm.store import codec
from docvlm.store.database import Database
from docvlm.store.leases import is_gone
from docvlm.store.records import UnitRecord, UnitState
from docvlm.store.tables import WorkUnitRow, now

LEASE_SECONDS = 60.0
_FRESH: dict[str, object] = {
    "state": UnitState.WAITING.value,
    "owner": None,
    "heartbeat": None,
    "reason": None,
    "exit_code": 0,
    "pages_done": 0,
    "pages_failed": 0,
    "result_id": None,
    "timings": [],
}


class WorkQueue:
    """The units of one database; made by ``Store.work_queue``. Safe to share between threads.

    Args:
        owner: the name under which units are claimed (``docvlm.store.leases.this_process``).
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self.owner = owner

    def add(self, keys: Collection[str]) -> None:
        """Put units into the queue that are not in it yet."""
        if not keys:
            return
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        statement = insert(WorkUnitRow).on_conflict_do_nothing(index_elements=["key"])
        moment = now()
        rows = [{"key": key, "attempts": 0, "changed": moment, **_FRESH} for key in dict.fromkeys(keys)]
        with self._database.session() as session:
            session.execute(statement, rows)

    def records(self, keys: Collection[str]) -> dict[str, UnitRecord]:
        """What is known of these units, by key; units never added are left out."""
        query = select(WorkUnitRow).where(WorkUnitRow.key.in_(keys))
        with self._database.session(read_only=True) as session:
            return {row.key: _to_record(row) for row in session.scalars(query)}

    def claim(self, keys: Sequence[str], count: int) -> list[UnitRecord]:
        """Take at most ``count`` of these units, none of which anybody else then has."""
        free = self._free()
        with self._database.session() as session:
            rows = session.scalars(
                select(WorkUnitRow)
                .where(WorkUnitRow.key.in_(keys), free)
                .order_by(WorkUnitRow.id)
                .limit(count)
                .with_for_update(skip_locked=True)  # passed over by SQLite, whose writers take turns
            ).all()
            for row in rows:
                row.state, row.owner = UnitState.RUNNING.value, self.owner
                row.heartbeat = self._database.moment()
                row.attempts += 1
            return [_to_record(row) for row in rows]

    def heartbeat(self) -> None:
        """Say that the owner of all units claimed here still lives."""
        with self._database.session() as session:
            session.execute(
                update(WorkUnitRow)
                .where(WorkUnitRow.state == UnitState.RUNNING.value, WorkUnitRow.owner == self.owner)
                .values(heartbeat=self._database.moment())
            )

    def finish(self, record: UnitRecord) -> bool:
        """Keep what became of a unit; False where the lease was lost and the unit is another's now."""
        values: dict[str, object] = {
            "state": record.state.value,
            "owner": None,
            "heartbeat": None,
            "reason": record.reason,
            "exit_code": record.exit_code,
            "pages_done": record.pages_done,
            "pages_failed": record.pages_failed,
            "result_id": record.result_id,
            "timings": codec.encode_timings(record.timings),
        }
        return self._update_own([record.key], values)

    def give_back(self, keys: Collection[str], tried: bool = True) -> None:
        """Return units that were claimed and not finished.

        Args:
            tried: False where nothing of them was begun, so that it does not count as an attempt.
        """
        values: dict[str, object] = {"state": UnitState.WAITING.value, "owner": None, "heartbeat": None}
        if not tried:
            values["attempts"] = WorkUnitRow.attempts - 1
        self._update_own(keys, values)

    def try_again(self, keys: Collection[str]) -> None:
        """Make units wait again as if they were new, except those that somebody is doing."""
        finished = WorkUnitRow.state.in_((UnitState.DONE.value, UnitState.FAILED.value))
        free = self._free()
        with self._database.session() as session:
            session.execute(
                update(WorkUnitRow)
                .where(WorkUnitRow.key.in_(keys), or_(finished, free))
                .values(attempts=0, **_FRESH)
            )

    def _update_own(self, keys: Collection[str], values: dict[str, object]) -> bool:
        statement = (
            update(WorkUnitRow)
            .where(WorkUnitRow.key.in_(keys), WorkUnitRow.owner == self.owner)
            .values(**values)
            .returning(WorkUnitRow.key)
        )
        with self._database.session() as session:
            return bool(session.scalars(statement).all())

    def _free(self) -> ColumnElement[bool]:
        """The condition for units that wait, or whose lease has ended."""
        running = WorkUnitRow.state == UnitState.RUNNING.value
        with self._database.session(read_only=True) as session:
            owners = session.scalars(select(WorkUnitRow.owner).where(running).distinct()).all()
        gone = [owner for owner in owners if owner is not None and is_gone(owner)]
        silent = WorkUnitRow.heartbeat < self._database.moment(ago=timedelta(seconds=LEASE_SECONDS))
        ended = and_(running, or_(silent, WorkUnitRow.owner.in_(gone)))
        return or_(WorkUnitRow.state == UnitState.WAITING.value, ended)


def _to_record(row: WorkUnitRow) -> UnitRecord:
    return UnitRecord(
        key=row.key,
        state=UnitState(row.state),
        attempts=row.attempts,
        reason=row.reason,
        exit_code=row.exit_code,
        pages_done=row.pages_done,
        pages_failed=row.pages_failed,
        result_id=row.result_id,
        timings=codec.decode_timings(row.timings),
    )
