"""Runs seen from outside; the runs themselves are in ``test_child``."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from docvlm.errors import UsageError
from docvlm.run_lock import is_locked, process_of, take_lock
from finetune.runner import RunRequest, RunStatus, attach, create, free_name, list_runs, start
from finetune.runner.runs import KILLED, home_of
from finetune.training.events import (
    EVENTS_FILE,
    Event,
    Failed,
    Finished,
    Launched,
    Stopped,
    Warned,
    read_events,
    write_event,
)


def test_nothing_heavy_is_imported() -> None:
    """The page that shows runs stays light."""
    code = "import finetune.runner, finetune.runner.progress, sys; print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "transformers", "peft", "sqlalchemy", "gradio"} & set(printed.split())


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], RunStatus.QUEUED),
        ([Launched()], RunStatus.KILLED),
        ([Launched(), Warned("A label is missing.")], RunStatus.KILLED),
        ([Launched(), Stopped(3, "Stopped.")], RunStatus.STOPPED),
        ([Launched(), Failed("The disk is full.", 5)], RunStatus.FAILED),
        ([Launched(), Failed("The disk is full.", 5), Launched()], RunStatus.KILLED),
        ([Launched(), Finished(9, "Trained.")], RunStatus.FINISHED),
    ],
)
def test_the_status_of_a_run_that_no_process_works_on(
    tmp_path: Path, events: list[Event], status: RunStatus
) -> None:
    run = create(RunRequest("receipts"), tmp_path)
    for event in events:
        write_event(event, run.folder, time.time())
    assert run.status is status
    last = events[-1] if events else None
    told = last.sentence if isinstance(last, Stopped | Failed | Finished) else KILLED
    assert run.sentence == (told if events else "")
    lock = take_lock(run.folder)
    assert (run.status, run.sentence) == (RunStatus.RUNNING, "")
    lock.close()


def test_a_run_that_is_going_on_is_left_alone(tmp_path: Path) -> None:
    run = create(RunRequest("receipts"), tmp_path)
    lock = take_lock(run.folder)
    lock.sign(4711)
    assert run.process == 4711
    for refused in (lambda: start(RunRequest("receipts"), tmp_path), run.resume, run.delete):
        with pytest.raises(UsageError, match="going on already"):
            refused()
    run.stop()
    lock.close()
    assert run.process is None
    with pytest.raises(UsageError, match="is not going on"):
        run.stop()


def test_a_lock_ends_with_the_last_process_that_holds_it(tmp_path: Path) -> None:
    lock = take_lock(tmp_path)
    child = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock.descriptor,)
    )
    lock.sign(child.pid)
    lock.close()
    assert is_locked(tmp_path) and process_of(tmp_path) == child.pid
    child.kill()
    child.communicate()
    assert not is_locked(tmp_path)


def test_asking_for_the_status_never_spoils_a_start(tmp_path: Path) -> None:
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            is_locked(tmp_path)

    take_lock(tmp_path).close()
    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    try:
        for _ in range(50):
            take_lock(tmp_path).close()  # raises where it is taken for held
    finally:
        stop.set()
        for asker in askers:
            asker.join()


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    run = create(RunRequest("receipts"), tmp_path)
    with pytest.raises(UsageError, match="There is a run called 'receipts' already"):
        create(RunRequest("receipts"), tmp_path)
    assert free_name("receipts", tmp_path) == "receipts-2"
    create(RunRequest("receipts-2"), tmp_path)
    assert {known.name for known in list_runs(tmp_path)} == {"receipts", "receipts-2"}
    assert home_of(run.folder) == tmp_path
    run.delete()
    assert [known.name for known in list_runs(tmp_path)] == ["receipts-2"]
    with pytest.raises(UsageError, match="There is no run"):
        attach(run.folder)


def test_a_label_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no label file"):
        start(RunRequest("receipts", cases=tmp_path / "nothing.jsonl"), tmp_path)
    assert list_runs(tmp_path) == []


def test_a_finished_run_is_not_done_again(tmp_path: Path) -> None:
    run = create(RunRequest("receipts"), tmp_path)
    write_event(Finished(9, "Trained."), run.folder, time.time())
    with pytest.raises(UsageError, match="has finished"):
        run.resume()


def test_events_are_followed_to_the_end(tmp_path: Path) -> None:
    run = create(RunRequest("receipts"), tmp_path)
    told: list[Event] = [Launched(), Warned("One."), Warned("Two."), Stopped(2, "Stopped.")]
    lock = take_lock(run.folder)
    write_event(told[0], run.folder, time.time())
    found: list[Event] = []
    follower = threading.Thread(target=lambda: found.extend(run.follow(since=1)))
    follower.start()
    for event in told[1:]:
        time.sleep(0.05)
        write_event(event, run.folder, time.time())
    lock.close()
    follower.join(timeout=60)
    assert found == told[1:]
    assert run.events() == tuple(told) and run.events(since=3) == (told[3],)


def test_a_line_that_was_cut_short_costs_no_other(tmp_path: Path) -> None:
    write_event(Launched(), tmp_path, time.time())
    with (tmp_path / EVENTS_FILE).open("a") as file:
        file.write('{"event": "warning", "ti')
    write_event(Failed("The disk is full.", 5), tmp_path, time.time())
    assert read_events(tmp_path) == [Launched(), Failed("The disk is full.", 5)]


def test_events_of_an_earlier_version_are_read(tmp_path: Path) -> None:
    (tmp_path / EVENTS_FILE).write_text(
        '{"event": "failed", "time": 1, "sentence": "The disk is full.", "exit_code": 5}\n'
        '{"event": "failed", "time": 2, "sentence": "What is needed is missing."}\n'
    )
    assert read_events(tmp_path) == [Failed("The disk is full.", 5)]
