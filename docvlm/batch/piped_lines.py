"""Lines of a pipe, read in a thread of their own, so that nothing waits for whoever writes them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

STANDARD_INPUT = 0
_CHUNK = 65_536


class PipedLines:
    """What comes through a descriptor, line by line, as file names are decoded; read from now on.

    Read from the descriptor itself: a thread that waits inside Python's own standard input would hold a lock
    which the interpreter needs to end.
    """

    def __init__(self, descriptor: int = STANDARD_INPUT) -> None:
        self._descriptor = descriptor
        self._lines: list[str] = []
        self._has_ended = threading.Event()
        threading.Thread(target=self._read, name="piped-lines", daemon=True).start()

    def so_far(self) -> list[str]:
        """All lines that have come, without waiting."""
        return list(self._lines)

    def as_they_come(self) -> Iterator[str | None]:
        """Each line once; None where the next has not come yet."""
        position = 0
        while True:
            has_ended = self._has_ended.is_set()  # asked first: no line comes after it
            while position < len(self._lines):
                yield self._lines[position]
                position += 1
            if has_ended:
                return
            yield None

    def _read(self) -> None:
        rest = b""
        try:
            while chunk := os.read(self._descriptor, _CHUNK):
                *complete, rest = (rest + chunk).split(b"\n")
                self._lines += map(os.fsdecode, complete)
        except OSError:  # closed, or never open
            pass
        if rest:
            self._lines.append(os.fsdecode(rest))
        self._has_ended.set()
