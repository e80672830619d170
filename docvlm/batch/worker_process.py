"""The parent's handle on one worker process of a batch."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import Any, BinaryIO, cast

import psutil

from docvlm.batch.executor import WorkerSetup
from docvlm.batch.messages import StopRequest
from docvlm.batch.units import Unit, UnitProgress
from docvlm.child_process import import_path

Inbox = queue.SimpleQueue[tuple["WorkerProcess", Any]]
"""Messages of all workers with their senders; None in place of a message when a worker has ended."""


class WorkerProcess:
    """A process with the units that it was given and has not finished, first the one it is doing."""

    def __init__(self, setup: WorkerSetup, inbox: Inbox) -> None:
        self.stage = setup.stage
        self.units: list[Unit] = []
        self.progress: UnitProgress | None = None
        self.units_done = 0
        self.retiring = False
        self.first_memory: int | None = None
        """Resident bytes after its first unit, when all it needs is loaded."""
        self.unit_started = self.last_sign = time.monotonic()
        self._process = subprocess.Popen(
            # -P keeps the current folder, which may hold anything, off the worker's import path.
            [sys.executable, "-P", "-m", "docvlm.batch.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(setup.settings.threads or 1),
            start_new_session=True,  # so that Ctrl-C reaches the parent only
        )
        self._requests = cast(BinaryIO, self._process.stdin)
        self._send(setup)
        threading.Thread(target=self._listen, args=(inbox,), daemon=True).start()

    def submit(self, unit: Unit) -> None:
        if not self.units:
            self.unit_started = self.last_sign = time.monotonic()
        self.units.append(unit)
        self._send(unit)

    def stop(self) -> None:
        """Ask it to end its unit after the page in flight."""
        self._send(StopRequest())

    def memory(self) -> int:
        """Resident bytes of the process itself; what parses files is limited by its own parent."""
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def kill(self) -> None:
        """End the process and wait until it is gone; its own children end with it."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self._requests.close()
        self._process.wait()

    def _send(self, message: object) -> None:
        # A worker that is gone says so in the inbox.
        with contextlib.suppress(OSError, ValueError):
            self._requests.write(pickle.dumps(message))
            self._requests.flush()

    def _listen(self, inbox: Inbox) -> None:
        replies = cast(BinaryIO, self._process.stdout)
        with replies:
            while True:
                try:
                    message = pickle.load(replies)  # noqa: S301 - from docvlm's own worker
                except Exception:  # noqa: BLE001 - whatever a dying process leaves behind
                    inbox.put((self, None))
                    return
                inbox.put((self, message))


def _environment(threads: int) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": import_path(), "OMP_NUM_THREADS": str(threads)}
