"""One process a run: a file in its folder that is locked for as long as the process lives.

The kernel gives the lock back whatever ends the process, so a lock is never left behind (``man 2 flock``).
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from docvlm.errors import UsageError

LOCK_FILE = "lock"

_PATIENCE_SECONDS = 1.0
"""Whoever asks whether a run is going on holds the file for a moment too."""


class RunLock:
    """A lock that is held; ``descriptor`` can be handed to a child process, which then holds it too."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def sign(self, process: int) -> None:
        """Write down which process works on the run."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, f"{process}\n".encode(), 0)

    def release(self) -> None:
        """Let go of it for this process and all that were forked from it meanwhile."""
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)
        self.close()

    def close(self) -> None:
        """Let go of it in this process."""
        os.close(self.descriptor)


def take_lock(folder: Path, refusal: UsageError | None = None) -> RunLock:
    """Take a run's lock.

    Raises:
        UsageError: ``refusal``, or one that names the folder, when another process works on the run.
    """
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return RunLock(descriptor)
        except BlockingIOError as error:
            if time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            os.close(descriptor)
            raise refusal or UsageError(
                f"The run '{folder.name}' is going on already.", "Attach to it, or stop it first."
            ) from error


def is_locked(folder: Path) -> bool:
    """Whether a process works on the run."""
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def process_of(folder: Path) -> int | None:
    """The process that works on the run, None where none does."""
    try:
        return int((folder / LOCK_FILE).read_text(encoding="utf-8")) if is_locked(folder) else None
    except (OSError, ValueError):
        return None
