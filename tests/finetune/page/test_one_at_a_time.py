"""Whoever starts trainings at the same moment, one of them begins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path

import pytest

from docvlm.errors import UsageError
from docvlm.run_lock import take_lock
from finetune.page.one_at_a_time import resume_alone, start_alone
from finetune.runner import RunRequest, create, list_runs


@pytest.fixture
def met() -> threading.Barrier:
    """Two starts that are both about to begin meet here; one alone goes on after a while."""
    return threading.Barrier(2)


@pytest.fixture(autouse=True)
def slow_start(monkeypatch: pytest.MonkeyPatch, met: threading.Barrier) -> Iterator[None]:
    """No process is made; a run that has begun goes on until the test ends."""
    with ExitStack() as going_on:

        def launch(folder: Path) -> None:
            with suppress(threading.BrokenBarrierError):
                met.wait(1)
            going_on.enter_context(closing(take_lock(folder)))

        monkeypatch.setattr("finetune.runner.runs._launch", launch)
        yield


def _at_once(*starts: Callable[[], object]) -> list[str]:
    """What was said to those that were refused."""
    refused: list[str] = []

    def attempt(begin: Callable[[], object]) -> None:
        try:
            begin()
        except UsageError as error:
            refused.append(error.message)

    threads = [threading.Thread(target=attempt, args=(begin,)) for begin in starts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_a_double_click_starts_one_run(tmp_path: Path) -> None:
    made = iter(("first", "second"))

    def click() -> None:
        start_alone(lambda: RunRequest(next(made)), tmp_path)

    assert _at_once(click, click) == ["The run 'first' is going on."]
    assert [run.name for run in list_runs(tmp_path)] == ["first"]


def test_of_two_runs_that_are_resumed_at_once_one_goes_on(tmp_path: Path) -> None:
    runs = [create(RunRequest(name), tmp_path) for name in ("first", "second")]
    (said,) = _at_once(*(partial(resume_alone, run, tmp_path) for run in runs))
    assert said.endswith("is going on.")
