"""Training runs seen from outside: start, watch, stop, go on, delete. Nothing heavy is imported here.

run = start(RunRequest("receipts", cases=Path("cases.jsonl")), home)
for event in run.follow():
    ...
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from docvlm.child_process import import_path
from docvlm.errors import UsageError
from docvlm.models.lent_gpu import is_lent
from docvlm.run_lock import RunLock, is_locked, process_of, take_lock
from finetune.promotion import JUDGEMENT
from finetune.runner.request import REQUEST_FILE, RunRequest, load_request
from finetune.training.events import (
    EVENTS_FILE,
    Event,
    Failed,
    Finished,
    Launched,
    Stopped,
    parse_event,
    read_events,
    write_event,
)

STOP_FILE = "stop"
"""Its presence in a run's folder asks the run to stop."""

FIRST_NAME = "labels"
"""What a run is called where nobody says it."""

LONGEST_NAME = 50
LOG_FILE = "log.txt"
LOCK_OPTION = "--lock"
KILLED = "The run ended without a last word: its process was killed or the machine went off. Resume it."

_POLL_SECONDS = 0.2

SPARE_MEMORY = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(8 * 2**20),
    "THP_MEM_ALLOC_ENABLE": "1",
}
"""Fewer places where glibc keeps freed memory, and large pages for torch's tensors (faster to get)."""


class RunStatus(StrEnum):
    """Where a run stands; all but the first two can be resumed, except what is finished."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    FINISHED = "finished"
    KILLED = "killed"


@dataclass(frozen=True, slots=True)
class Run:
    """A run by its folder. Any number of processes may hold one."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def request(self) -> RunRequest:
        return load_request(self.folder)

    @property
    def status(self) -> RunStatus:
        """Told by the lock, which only a living process holds, and by the last event."""
        if is_locked(self.folder):
            return RunStatus.RUNNING
        match self._last_event():
            case None:
                return RunStatus.QUEUED
            case Finished():
                return RunStatus.FINISHED
            case Stopped():
                return RunStatus.STOPPED
            case Failed():
                return RunStatus.FAILED
            case _:
                return RunStatus.KILLED

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop and is still saving itself."""
        return (self.folder / STOP_FILE).exists() and is_locked(self.folder)

    @property
    def sentence(self) -> str:
        """What to tell of a run that has ended; empty before."""
        last = None if is_locked(self.folder) else self._last_event()
        if isinstance(last, Finished | Stopped | Failed):
            return last.sentence
        return "" if last is None or is_locked(self.folder) else KILLED

    @property
    def process(self) -> int | None:
        """The process that works on it, None where none does."""
        return process_of(self.folder)

    @property
    def adapter(self) -> Path | None:
        """The folder of the trained adapter, as soon as there is one."""
        folder = self.folder / "adapter"
        return folder if folder.is_dir() else None

    @property
    def judgement(self) -> Path:
        """Where what came of comparing base and adapter lies (``finetune.evaluation.before_after``)."""
        return self.folder / JUDGEMENT

    def events(self, since: int = 0) -> tuple[Event, ...]:
        """What the run has told, without the first ``since`` events.

        Steps after the last checkpoint come twice where a run was killed and went on.
        """
        return tuple(read_events(self.folder)[since:])

    def follow(self, since: int = 0) -> Iterator[Event]:
        """The same, and whatever comes, until nothing more will."""
        position, seen, rest = 0, 0, ""
        while True:
            # Asked before reading: what ends a run is written while its lock is held.
            going_on = is_locked(self.folder)
            added, position = _read_from(self.folder / EVENTS_FILE, position)
            *lines, rest = (rest + added).split("\n")
            for event in map(parse_event, lines):
                seen += event is not None
                if event is not None and seen > since:
                    yield event
            if not going_on:
                return
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Ask the run to save itself after the step in flight and end; it can then be resumed.

        Raises:
            UsageError: when it is not going on.
        """
        if not is_locked(self.folder):
            raise UsageError(f"The run '{self.name}' is not going on.", "There is nothing to stop.")
        (self.folder / STOP_FILE).touch()

    def resume(self) -> None:
        """Go on where the run was saved last.

        Raises:
            UsageError: when it is going on, or has finished.
        """
        if self.status is RunStatus.FINISHED:
            raise UsageError(f"The run '{self.name}' has finished.", "Start a new one under another name.")
        load_request(self.folder)
        _launch(self.folder)

    def delete(self) -> None:
        """Remove the run and its checkpoints for good; an adapter on the shelf stays.

        Raises:
            UsageError: when it is going on.
        """
        lock = take_lock(self.folder)
        try:
            grave = self.folder.with_name(f".{self.name}.deleted")
            shutil.rmtree(grave, ignore_errors=True)
            self.folder.rename(grave)  # gone at once for everybody else, however long the deletion takes
            shutil.rmtree(grave)
        finally:
            lock.close()

    def _last_event(self) -> Event | None:
        return next(reversed(read_events(self.folder)), None)


def start(request: RunRequest, home: Path) -> Run:
    """Start a run in a process of its own, which outlives this one.

    Raises:
        UsageError: when there is a run of that name already.
    """
    run = create(request, home)
    _launch(run.folder)
    return run


def create(request: RunRequest, home: Path) -> Run:
    """Prepare a run that ``resume`` starts.

    Raises:
        UsageError: when there is a run of that name already, the label file is not there, or the run's
            folder cannot be made.
    """
    if request.cases is not None and not request.cases.exists():
        raise UsageError(f"There is no label file {request.cases}.", "Check the path.")
    folder = runs_folder(home) / request.name
    if folder.exists():
        raise _name_is_taken(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # A run's folder is there with its request or not at all.
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as scratch:
            fresh = Path(scratch) / request.name
            fresh.mkdir()
            request.save(fresh)
            fresh.rename(folder)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            raise _name_is_taken(folder) from error
        raise UsageError(
            f"The folder {folder} cannot be made: {error.strerror}.", "Check the data folder."
        ) from error
    return Run(folder)


def _name_is_taken(folder: Path) -> UsageError:
    if is_locked(folder):
        return UsageError(f"The run '{folder.name}' is going on already.", "Attach to it, or stop it first.")
    return UsageError(
        f"There is a run called '{folder.name}' already.", "Resume it, delete it or choose another name."
    )


def attach(folder: Path) -> Run:
    """The run in a folder, started by whatever process.

    Raises:
        UsageError: when there is none.
    """
    if not (folder / REQUEST_FILE).is_file():
        raise UsageError(f"There is no run in {folder}.", "List the runs with --list.")
    return Run(folder)


def list_runs(home: Path) -> list[Run]:
    """All runs of a data folder, the newest first."""
    files = [file for file in runs_folder(home).glob(f"[!.]*/{REQUEST_FILE}") if file.is_file()]
    return [Run(file.parent) for file in sorted(files, key=lambda file: -file.stat().st_mtime)]


def named_run(name: str, home: Path) -> Run:
    """The run of a data folder that is called ``name``, whatever that is.

    Raises:
        UsageError: when there is none of this name.
    """
    known = list_runs(home)
    run = next((run for run in known if run.name == name), None)
    if run is None:
        names = ", ".join(run.name for run in known) or "none yet"
        raise UsageError(f"There is no run called '{name[:LONGEST_NAME]}'.", f"Runs: {names}.")
    return run


def run_name(wanted: str) -> str:
    """``wanted`` as a run can be called: ``My receipts!`` → ``My-receipts``; never empty."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", wanted).strip("-._")[:LONGEST_NAME] or FIRST_NAME


def free_name(wanted: str, home: Path) -> str:
    """``wanted``, or with the first number that no run has: ``receipts``, ``receipts-2``."""
    name, number = wanted, 1
    while (runs_folder(home) / name).exists():
        number += 1
        name = f"{wanted}-{number}"
    return name


def runs_folder(home: Path) -> Path:
    """Where the runs of a data folder lie, one folder each."""
    return home / "finetune" / "runs"


def home_of(folder: Path) -> Path:
    """The data folder that a run's folder lies in."""
    return folder.absolute().parents[2]


def _launch(folder: Path) -> None:
    """Start the child. The lock is taken here and handed on, so that two starts can never both succeed."""
    lock = take_lock(folder)
    try:
        _begin(folder)
        process = None if is_lent(os.environ) else _spawn(folder, lock)
    except OSError as error:
        lock.close()
        raise UsageError(
            f"The run '{folder.name}' cannot be started: {error.strerror}.",
            "Check the data folder and the space left there.",
        ) from error
    if process is None:
        from finetune.runner.slices import work_in_slices

        work_in_slices(folder, lock)
        return
    lock.close()
    # Somebody has to hear of its end while this process lives, or it stays in the table of processes.
    threading.Thread(target=process.wait, daemon=True, name=f"run-{folder.name}").start()


def _begin(folder: Path) -> None:
    (folder / STOP_FILE).unlink(missing_ok=True)
    write_event(Launched(), folder, time.time())


def _spawn(folder: Path, lock: RunLock) -> subprocess.Popen[bytes]:
    # -P keeps the current folder, which may hold anything, off the child's import path.
    command = [sys.executable, "-P", "-m", "finetune.runner.child", str(folder)]
    with (folder / LOG_FILE).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [*command, LOCK_OPTION, str(lock.descriptor)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(),
            pass_fds=(lock.descriptor,),
            start_new_session=True,  # Ctrl-C and a closed terminal do not reach it
        )
    lock.sign(process.pid)
    return process


def _environment() -> dict[str, str]:
    return {**SPARE_MEMORY, **os.environ, "PYTHONPATH": import_path()}


def _read_from(file: Path, position: int) -> tuple[str, int]:
    """What was added to a file since ``position``, and the next position."""
    try:
        with file.open("rb") as opened:
            opened.seek(position)
            added = opened.read()
    except FileNotFoundError:
        return "", position
    return added.decode("utf-8", errors="replace"), position + len(added)
