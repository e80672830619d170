"""Whether what was done before is still there: a document may have been deleted since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from docvlm.batch.units import Task, Unit
from docvlm.pipeline import owned_identity
from docvlm.store import Store, UnitRecord, UnitState


def lost_results(store: Store, units: Sequence[Unit], records: Mapping[str, UnitRecord]) -> set[str]:
    """The keys of units that count as done and whose document or result is no longer in the store."""
    done = [(unit, record) for unit in units if (record := records.get(unit.key)) and _is_done(record)]
    identities = [owned_identity(unit.sha256, unit.job.owner) for unit, _ in done]
    read = {overview.record.sha256: overview.pages_read for overview in store.overviews(identities)}
    answers = _ids(done, Task.ASK)
    extractions = _ids(done, Task.EXTRACT)
    known = {
        Task.ASK: {record.id for record in store.answers_with_ids(answers)} if answers else set(),
        Task.EXTRACT: {record.id for record in store.extractions_with_ids(extractions)}
        if extractions
        else set(),
    }
    lost = set()
    for (unit, record), identity in zip(done, identities, strict=True):
        if unit.job.task is Task.READ:
            is_there = read.get(identity, 0) >= min(1, record.pages_done)
        else:
            is_there = record.result_id is None or record.result_id in known[unit.job.task]
        if identity not in read or not is_there:
            lost.add(unit.key)
    return lost


def _is_done(record: UnitRecord) -> bool:
    return record.state is UnitState.DONE


def _ids(done: Sequence[tuple[Unit, UnitRecord]], task: Task) -> list[int]:
    return [
        record.result_id for unit, record in done if unit.job.task is task and record.result_id is not None
    ]
