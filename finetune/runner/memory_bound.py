"""A run is refused more memory than the machine has, instead of being killed for it.

Linux grants what it does not have and kills the process that then uses it, so a trainer on a CPU would never
hear that a smaller batch is needed. Bounded to what is free, it is refused, as on a GPU.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

_CGROUP = Path("/sys/fs/cgroup")


def free_bytes(cgroup: Path = _CGROUP) -> int:
    """What may still be used: the machine's free memory and swap, or less where its container has less.

    Args:
        cgroup: the container's own folder (cgroup v2); where there is none, the machine decides.
    """
    free = psutil.virtual_memory().available + psutil.swap_memory().free
    with contextlib.suppress(OSError, ValueError):  # no container, or one without a limit ("max")
        most = int((cgroup / "memory.max").read_text(encoding="ascii"))
        used = int((cgroup / "memory.current").read_text(encoding="ascii"))
        free = min(free, most - used + _dropped_at_need(cgroup / "memory.stat"))
    return int(max(0, free))


@contextlib.contextmanager
def within_free_memory(free: Callable[[], int] = free_bytes) -> Iterator[None]:
    """Bound the data of this process to what it has now and what is free; only on Linux.

    Raises:
        MemoryError or RuntimeError: inside the ``with`` block, from whoever asks for more.
    """
    if sys.platform != "linux":
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_DATA)
    bounds = [psutil.Process().memory_info().data + free(), *(one for one in before if one >= 0)]
    resource.setrlimit(resource.RLIMIT_DATA, (min(bounds), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _dropped_at_need(statistics: Path) -> int:
    """Bytes of files kept in memory, which count as used and go as soon as somebody needs the room."""
    lines = (line.split() for line in statistics.read_text(encoding="ascii").splitlines())
    return sum(int(line[1]) for line in lines if line and line[0] in ("inactive_file", "active_file"))
