"""The parent's handle on one worker process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from typing import BinaryIO, cast

from docvlm.child_process import import_path
from docvlm.ingest.messages import FramingError, Message, read_frame, write_frame

_BYTES_A_PIXEL = 3


class WorkerLost(Exception):
    """The worker is gone: it crashed, or it was killed because its time was up."""

    def __init__(self, timed_out: bool) -> None:
        super().__init__("the time was up" if timed_out else "the worker process crashed")
        self.timed_out = timed_out


class WorkerProcess:
    """Starts a worker and exchanges messages with it, each reply within a time limit."""

    def __init__(self, page_pixels: int) -> None:
        self.page_pixels = page_pixels
        self.replies = 0
        self._process = subprocess.Popen(
            # -P keeps the current folder, which may hold anything, off the worker's import path.
            [sys.executable, "-P", "-m", "docvlm.ingest.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,  # so that Ctrl-C reaches the parent only, and kill() the children too
        )
        self._requests = cast(BinaryIO, self._process.stdin)
        self._replies = cast(BinaryIO, self._process.stdout)

    def send(self, message: Message, payload: bytes = b"") -> None:
        """Send a request.

        Raises:
            WorkerLost: when the worker is gone.
        """
        try:
            write_frame(self._requests, message, payload)
        except FramingError as error:
            self.kill()
            raise WorkerLost(timed_out=False) from error

    def receive(self, seconds: float) -> tuple[Message, bytearray]:
        """Wait for the next reply, at most ``seconds``; after that the worker is killed.

        Raises:
            WorkerLost: when no reply came.
        """
        deadline = time.monotonic() + seconds
        timer = threading.Timer(seconds, self._kill_group)
        timer.daemon = True
        timer.start()
        try:
            reply = read_frame(self._replies, self.page_pixels * _BYTES_A_PIXEL)
        except FramingError as error:
            timed_out = time.monotonic() >= deadline
            self.kill()
            raise WorkerLost(timed_out) from error
        finally:
            timer.cancel()
        if time.monotonic() >= deadline:  # the timer may have fired after the last byte
            self.kill()
            raise WorkerLost(timed_out=True)
        self.replies += 1
        return reply

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process and whatever it started, and wait until it is gone."""
        self._kill_group()
        for stream in (self._requests, self._replies):
            with contextlib.suppress(OSError):
                stream.close()
        self._process.wait()

    def _kill_group(self) -> None:
        if self._process.returncode is not None:
            return  # reaped: the process id may belong to somebody else by now
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()


def _environment() -> dict[str, str]:
    """The parent's environment, with its import path and without thread pools the worker has no use for."""
    return {
        **os.environ,
        "PYTHONPATH": import_path(),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
