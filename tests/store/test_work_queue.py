"""Leases: a unit is one owner's at a time, comes back when its owner is gone, and is done once."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

import pytest

from docvlm.store import Store, UnitRecord, UnitState, WorkQueue, database, tables, work_queue
from docvlm.store.leases import is_gone, this_process
from tests.conftest import REPOSITORY

CLAIMER = """
import sys
from docvlm.store import Store, UnitRecord, UnitState
keys = [f"unit {number}" for number in range(int(sys.argv[2]))]
with Store.open(sys.argv[1]) as store:
    queue = store.work_queue()
    while claimed := queue.claim(keys, 3):
        for record in claimed:
            queue.finish(UnitRecord(record.key, UnitState.DONE))
            print(record.key, flush=True)
"""


@pytest.fixture
def queue(store: Store) -> WorkQueue:
    return store.work_queue()


def test_a_unit_is_added_once_and_claimed_once(store: Store, queue: WorkQueue) -> None:
    queue.add(["a", "b", "a"])
    queue.add(["b", "c"])
    assert [record.key for record in queue.claim(["a", "b", "c"], 2)] == ["a", "b"]
    other = store.work_queue("elsewhere|1|1.0")
    assert [record.key for record in other.claim(["a", "b", "c"], 9)] == ["c"]
    assert queue.claim(["a", "b", "c"], 9) == []
    assert {record.state for record in queue.records(["a", "b", "c", "d"]).values()} == {UnitState.RUNNING}


def test_what_became_of_a_unit_is_kept(queue: WorkQueue) -> None:
    queue.add(["a"])
    queue.claim(["a"], 1)
    done = UnitRecord("a", UnitState.FAILED, 1, "Too large.", 5, 3, 1, 7, (("read", 0.5),))
    assert queue.finish(done)
    assert queue.records(["a"]) == {"a": done}
    assert queue.claim(["a"], 1) == []
    queue.try_again(["a"])
    assert queue.records(["a"]) == {"a": UnitRecord("a", UnitState.WAITING)}


def test_what_is_given_back_can_be_claimed_again(queue: WorkQueue) -> None:
    queue.add(["a"])
    queue.claim(["a"], 1)
    queue.give_back(["a"])
    (again,) = queue.claim(["a"], 1)
    assert again.attempts == 2
    queue.give_back(["a"], tried=False)
    (again,) = queue.claim(["a"], 1)
    assert again.attempts == 2


def test_what_was_interrupted_is_new_again_but_not_what_somebody_is_doing(
    store: Store, queue: WorkQueue
) -> None:
    queue.add(["waiting", "gone", "running"])
    queue.claim(["waiting"], 1)
    queue.give_back(["waiting"])
    store.work_queue(process_that_ended()).claim(["gone"], 1)
    store.work_queue("elsewhere|1|1.0").claim(["running"], 1)
    assert all(record.is_begun for record in queue.records(["waiting", "gone", "running"]).values())

    queue.try_again(["waiting", "gone", "running"])
    records = queue.records(["waiting", "gone", "running"])
    assert records["waiting"] == UnitRecord("waiting", UnitState.WAITING)
    assert records["gone"] == UnitRecord("gone", UnitState.WAITING)
    assert records["running"] == UnitRecord("running", UnitState.RUNNING, attempts=1)


def process_that_ended() -> str:
    return subprocess.run(
        [sys.executable, "-c", "from docvlm.store.leases import this_process; print(this_process())"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_the_units_of_a_process_that_is_gone_are_free_at_once(store: Store, queue: WorkQueue) -> None:
    ended = process_that_ended()
    assert is_gone(ended)
    assert not is_gone(this_process())
    queue.add(["a"])
    store.work_queue(ended).claim(["a"], 1)
    assert [record.key for record in queue.claim(["a"], 1)] == ["a"]


def test_the_units_of_another_machine_are_free_after_its_silence(
    store: Store, queue: WorkQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = store.work_queue("elsewhere|1|1.0")
    queue.add(["a"])
    (lost,) = elsewhere.claim(["a"], 1)
    assert queue.claim(["a"], 1) == []

    monkeypatch.setattr(work_queue, "LEASE_SECONDS", 1.0)
    threading.Event().wait(1.1)
    elsewhere.heartbeat()
    assert queue.claim(["a"], 1) == []
    threading.Event().wait(1.1)
    assert [record.key for record in queue.claim(["a"], 1)] == ["a"]
    assert not elsewhere.finish(replace(lost, state=UnitState.DONE))
    assert queue.records(["a"])["a"].state is UnitState.RUNNING


@pytest.mark.postgres
def test_a_machine_whose_clock_is_wrong_takes_nothing_and_loses_nothing(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        """The clock of this process, two hours fast or slow."""

        wrong_by = timedelta()

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Clock:
            shown = datetime.now(tz) + cls.wrong_by
            return cls.combine(shown.date(), shown.timetz())

    for module in (database, tables):
        monkeypatch.setattr(module, "datetime", Clock)
    with Store.open(postgres_url) as store:
        one, two = store.work_queue("one|1|1.0"), store.work_queue("two|1|1.0")
        one.add(["a", "b"])
        assert [record.key for record in one.claim(["a"], 1)] == ["a"]
        Clock.wrong_by = timedelta(hours=2)
        assert two.claim(["a"], 1) == [], "a fast clock ended another machine's lease"
        Clock.wrong_by = timedelta(hours=-2)
        two.claim(["b"], 1)
        two.heartbeat()
        Clock.wrong_by = timedelta()
        assert one.claim(["b"], 1) == [], "a slow clock lost its machine a lease"


def test_processes_share_the_units_without_doing_one_twice(database_url: str) -> None:
    count = 60
    with Store.open(database_url) as store:
        store.work_queue().add([f"unit {number}" for number in range(count)])
    claimers = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMER, database_url, str(count)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    done = [line for claimer in claimers for line in claimer.communicate(timeout=60)[0].splitlines()]
    assert sorted(done) == sorted(f"unit {number}" for number in range(count))
