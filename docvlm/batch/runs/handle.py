"""Starts runs, finds them again from any process, pauses, resumes and deletes them.

Whether a run's process lives is told by a lock that it holds from its first moment to its last.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

from docvlm.atomic import write_atomically
from docvlm.batch.estimate import Estimate
from docvlm.batch.ledger import FileOutcome
from docvlm.batch.results import write_results
from docvlm.batch.runs import child
from docvlm.batch.runs.progress import (
    END_FILE,
    RunProgress,
    read_end,
    read_estimate,
    read_outcomes,
    read_progress,
)
from docvlm.batch.runs.request import REPORT_FILE, RESULTS_FOLDER, RunRequest
from docvlm.child_process import import_path
from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.pipeline import owned_identity
from docvlm.run_lock import RunLock, is_locked, process_of, take_lock
from docvlm.store import Store

MOST_AT_ONCE = 2
"""So many batches run at a time, whoever started them; each takes the processors that are free."""

_LOG_FILE = "log.txt"
_STEP_FILE = "step.json"


class RunState(StrEnum):
    """``interrupted``: its process is gone without a word, by a crash or a power cut; it can be resumed."""

    NEW = "new"
    ESTIMATING = "estimating"
    ESTIMATED = "estimated"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    FINISHED = "finished"

    @property
    def is_live(self) -> bool:
        return self in (RunState.ESTIMATING, RunState.RUNNING, RunState.PAUSING)


@dataclass(frozen=True, slots=True)
class BatchRun:
    """One run, in a folder of its own."""

    folder: Path
    request: RunRequest

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def state(self) -> RunState:
        step, is_stopping = _read_step(self.folder)
        if is_locked(self.folder):
            if step == child.ESTIMATE:
                return RunState.ESTIMATING
            return RunState.PAUSING if is_stopping else RunState.RUNNING
        end = read_end(self.folder)
        if end is not None:
            return RunState(end.state)
        if is_stopping:
            return RunState.PAUSED  # before its process could say so
        return RunState.INTERRUPTED if step else RunState.NEW

    @property
    def message(self) -> str:
        """Why it failed, in a sentence; empty where it did not."""
        end = read_end(self.folder)
        return "" if end is None else end.message

    @property
    def progress(self) -> RunProgress | None:
        return read_progress(self.folder)

    @property
    def estimate(self) -> Estimate | None:
        return read_estimate(self.folder)

    @property
    def report(self) -> Path:
        """The HTML report, written when the run ends."""
        return self.folder / REPORT_FILE

    @property
    def results(self) -> tuple[Path, ...]:
        """The files that were asked for, written by the run itself when it ends; the list fields last."""
        if not self.request.output:
            return ()
        out = self.folder / RESULTS_FOLDER / self.request.output
        items = out.with_name(f"{out.stem}-items{out.suffix}")
        return tuple(file for file in (out, items) if file.is_file())

    def outcomes(self) -> Iterator[FileOutcome]:
        return read_outcomes(self.folder)

    def write_results(self, store: Store, out: Path) -> None:
        """Write what was found so far in the form that the ending of ``out`` names.

        Raises:
            UsageError: when the ending names no form.
        """
        write_results(store, self.request.wanted, self.outcomes(), out)

    def renew_results(self, store: Store) -> None:
        """Write the files that were asked for again: values may have been corrected since the run ended."""
        if (out := self.request.out(self.folder)) is not None:
            self.write_results(store, out)

    def pause(self) -> None:
        """Let it end after the pages in flight. A run that is not going on is left as it is."""
        pid = process_of(self.folder)
        if pid is not None:
            step, _ = _read_step(self.folder)
            _write_step(self.folder, step, is_stopping=True)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


class BatchRuns:
    """The runs of one owner.

    Args:
        settings: those of the machine; the runs' processes work with the same data folder and database.
    """

    def __init__(self, settings: Settings, owner: str) -> None:
        self._settings = settings
        self._all = settings.home / "batches"
        self._folder = self._all / (owner or "nobody")
        self.owner = owner

    def runs(self) -> list[BatchRun]:
        """All runs, the latest first; those that cannot be read are left out."""
        found = []
        for folder in self._folder.glob("*/"):
            with contextlib.suppress(UsageError):
                found.append(BatchRun(folder, _request(folder)))
        return sorted(found, key=lambda run: (run.request.created, run.id), reverse=True)

    def find(self, identifier: str) -> BatchRun | None:
        """One of the owner's runs, None for any other."""
        return next((run for run in self.runs() if run.id == identifier), None)

    def create(self, request: RunRequest) -> BatchRun:
        """Keep a request as a run that has not begun."""
        folder = self._folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
        folder.mkdir(parents=True, mode=0o700)
        request.write(folder)
        return BatchRun(folder, request)

    def estimate(self, run: BatchRun) -> None:
        """Begin to count and to try a few pages, keeping nothing."""
        self._begin(run, child.ESTIMATE)

    def start(self, run: BatchRun, retry_failed: bool = False, password: str = "") -> None:
        """Begin a run, or go on with it; what is done is not done again.

        Args:
            password: opens encrypted PDFs; handed to the process and not kept.

        Raises:
            UsageError: when it is going on, or too many others are.
        """
        self._begin(run, child.RETRY if retry_failed else child.RUN, password)

    def delete(self, run: BatchRun, store: Store, keep: frozenset[str] = frozenset()) -> None:
        """Forget a run and the documents that nothing else knows.

        Args:
            keep: identities of the documents that stay, because they lie in the owner's library.

        Raises:
            UsageError: while it is going on.
        """
        if run.state.is_live:
            raise UsageError("The batch is going on.", "Pause it first.")
        self._forget(run.folder, run, store, keep)

    def _forget(self, folder: Path, run: BatchRun | None, store: Store, keep: frozenset[str]) -> None:
        """Delete a run's folder and, where its request can be read, the documents that nothing else knows."""
        others = {
            identity for other in self.runs() if other.folder != folder for identity in _identities(other)
        }
        for identity in (_identities(run) if run is not None else set()) - others - keep:
            record = store.find_document(identity)
            if record is not None:
                store.delete_document(record.id)
        shutil.rmtree(folder)

    def delete_old(self, store: Store, before: float, keep: frozenset[str] = frozenset()) -> int:
        """Delete the runs created before a time (seconds since 1970) that are not going on; how many.

        A folder whose request cannot be read goes by the time of its last change.
        """
        readable = {run.folder: run for run in self.runs()}
        deleted = 0
        for folder in self._folder.glob("*/"):
            run = readable.get(folder)
            created = folder.stat().st_mtime if run is None else _time_of(run.request.created)
            if created >= before:
                continue
            with contextlib.suppress(UsageError), closing(take_lock(folder, _going_on())):
                # Held, so that nobody resumes it meanwhile; delete() would take it for a live one.
                self._forget(folder, run, store, keep)
                deleted += 1
        return deleted

    def _begin(self, run: BatchRun, step: str, password: str = "") -> None:
        going_on = sum(is_locked(folder) for folder in self._all.glob("*/*/"))
        if going_on >= MOST_AT_ONCE and not is_locked(run.folder):
            raise UsageError(
                f"{going_on} batches are going on already.", "Wait until one has ended, or pause it."
            )
        with closing(take_lock(run.folder, _going_on())) as lock:
            _write_step(run.folder, step)
            (run.folder / END_FILE).unlink(missing_ok=True)
            process = _start(run.folder, step, lock, self._settings, password)
            lock.sign(process.pid)


@lru_cache(maxsize=256)
def _request(folder: Path) -> RunRequest:
    """The request in a folder, read once: it may name thousands of files and is never changed."""
    return RunRequest.read(folder)


def _start(
    folder: Path, step: str, lock: RunLock, settings: Settings, password: str
) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "DOCVLM_HOME": str(settings.home),
        "DOCVLM_DATABASE_URL": settings.database_url,
        "PYTHONPATH": import_path(),
    }
    with (folder / _LOG_FILE).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module, with a path of our own making
            # -P keeps the current folder, which may hold anything, off the import path.
            [sys.executable, "-P", "-m", "docvlm.batch.runs.child", str(folder), step],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=environment,
            pass_fds=(lock.descriptor,),  # the child inherits the lock, so there is no moment without
            start_new_session=True,
        )
    line = password.splitlines()[0] if password else ""
    with contextlib.suppress(BrokenPipeError), cast(BinaryIO, process.stdin) as pipe:
        pipe.write(f"{line}\n".encode())  # where it ended at once, its end says why
    threading.Thread(target=process.wait, daemon=True).start()
    return process


def _read_step(folder: Path) -> tuple[str, bool]:
    try:
        step, is_stopping = json.loads((folder / _STEP_FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return "", False
    return str(step), bool(is_stopping)


def _write_step(folder: Path, step: str, is_stopping: bool = False) -> None:
    write_atomically(folder / _STEP_FILE, json.dumps([step, is_stopping]).encode("ascii"))


def _going_on() -> UsageError:
    return UsageError("The batch is going on already.", "Wait until it has ended.")


def _time_of(created: str) -> float:
    """Seconds since 1970; a time that cannot be understood is long ago."""
    try:
        return datetime.fromisoformat(created).timestamp()
    except ValueError:
        return 0.0


def _identities(run: BatchRun) -> set[str]:
    return {
        owned_identity(outcome.sha256, run.request.owner)
        for outcome in run.outcomes()
        if outcome.sha256 is not None
    }
