"""How many processors this process may use."""

from __future__ import annotations

import os
from pathlib import Path

_SPINS = "10000"
"""Looks whether the others are done, about 50 µs; fewer slow down a machine that has nothing else to do."""


def allowed_cores() -> int:
    """The processors this process may run on, fewer where a container's quota says so."""
    has_affinity = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return cores
    return cores if quota == "max" else max(1, min(cores, round(int(quota) / int(period))))


def share_cores() -> None:
    """Let threads of PyTorch go to sleep soon while they wait for each other; before it is imported.

    On Linux they keep their core for milliseconds by default, and where other work has taken the core of the
    one that they wait for, a pass of the model took 15 to 40 times as long (``tests/benchmarks/RESULTS.md``).
    Children inherit it; whoever has set one of the two themselves keeps theirs.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
