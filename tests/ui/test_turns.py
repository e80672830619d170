from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from docvlm.errors import Cancelled
from docvlm.ui import turns as module
from docvlm.ui.turns import Turns, place_text

PATIENCE = 60.0


class Worker:
    """Somebody who holds a turn until they are let go."""

    def __init__(self, turns: Turns, order: list[str], name: str) -> None:
        self.let_go = threading.Event()
        self.begun = threading.Event()
        self.told: list[int] = []
        self._turns, self._order, self._name = turns, order, name
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        for before in self._turns.take(self._work):
            self.told.append(before)

    def _work(self) -> None:
        self._order.append(self._name)
        self.begun.set()
        self.let_go.wait(PATIENCE)


def _wait_until_told(worker: Worker, before: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while before not in worker.told:
        assert time.monotonic() < deadline, worker.told
        time.sleep(0.01)


@pytest.fixture
def order() -> Iterator[list[str]]:
    yield []


def test_who_came_first_begins_first_and_all_know_their_place(order: list[str]) -> None:
    turns = Turns(1, ask_seconds=0.02)
    first = Worker(turns, order, "first")
    assert first.begun.wait(PATIENCE) and first.told == []
    second = Worker(turns, order, "second")
    _wait_until_told(second, 0)
    third = Worker(turns, order, "third")
    _wait_until_told(third, 1)
    first.let_go.set()
    assert second.begun.wait(PATIENCE)
    _wait_until_told(third, 0)
    assert not third.begun.is_set()
    second.let_go.set()
    assert third.begun.wait(PATIENCE)
    third.let_go.set()
    assert order == ["first", "second", "third"]


def test_as_many_as_allowed_work_at_the_same_time(order: list[str]) -> None:
    turns = Turns(2, ask_seconds=0.02)
    workers = [Worker(turns, order, str(number)) for number in range(2)]
    assert all(worker.begun.wait(PATIENCE) for worker in workers)
    late = Worker(turns, order, "late")
    _wait_until_told(late, 0)
    assert not late.begun.is_set()
    for worker in (*workers, late):
        worker.let_go.set()
    assert late.begun.wait(PATIENCE)


def test_the_outcome_comes_back_and_a_failure_frees_the_turn() -> None:
    turns = Turns(1, ask_seconds=0.02)

    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        next(turns.take(fail))
    with pytest.raises(StopIteration) as done:
        next(turns.take(lambda: 7))
    assert done.value.value == 7


def test_who_stops_waiting_holds_nobody_back(order: list[str]) -> None:
    turns, cancel = Turns(1, ask_seconds=0.02), threading.Event()
    first = Worker(turns, order, "first")
    assert first.begun.wait(PATIENCE)
    stopped, abandoned = turns.take(lambda: None, cancel), turns.take(lambda: None)
    assert next(stopped) == 0 and next(abandoned) == 1
    last = Worker(turns, order, "last")
    _wait_until_told(last, 2)
    cancel.set()
    with pytest.raises(Cancelled):
        next(stopped)
    abandoned.close()
    first.let_go.set()
    assert last.begun.wait(PATIENCE)
    last.let_go.set()


def test_a_tab_that_was_closed_while_it_waited_is_passed_over(
    order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LAPSE_SECONDS", 0.2)
    turns = Turns(1, ask_seconds=0.02)
    first = Worker(turns, order, "first")
    assert first.begun.wait(PATIENCE)
    gone = turns.take(lambda: order.append("gone"))
    assert next(gone) == 0  # and nobody ever goes on with it, nor ends it
    last = Worker(turns, order, "last")
    first.let_go.set()
    assert last.begun.wait(PATIENCE)
    last.let_go.set()
    assert order == ["first", "last"]


def test_the_place_is_told_in_words() -> None:
    assert place_text(0) == "waiting, you are next"
    assert place_text(3) == "waiting, 3 before you"
