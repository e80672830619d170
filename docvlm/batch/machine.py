"""How many workers this machine has room for right now."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

_PROBE_SECONDS = 0.3
READING_WORKER_BYTES = 700 * 2**20
"""What a reading worker and its parser usually take together, with a page in each."""
MODEL_BYTES = 1500 * 2**20
"""What the embedded model takes at most; a larger one is not known before it is loaded."""


@dataclass(frozen=True, slots=True)
class MachineProbe:
    """``cores`` this process may use, how many of them idled during the probe, and free memory in bytes."""

    cores: int
    idle_cores: float
    free_bytes: int


def probe_machine() -> MachineProbe:
    """Look at the machine for a moment (0.3 s)."""
    cores = _allowed_cores()
    busy = psutil.cpu_percent(interval=_PROBE_SECONDS) / 100
    return MachineProbe(cores, cores * (1 - busy), psutil.virtual_memory().available)


def choose_workers(probe: MachineProbe, with_model: bool) -> int:
    """Reading workers: one for each idle core, as many as memory holds, at least one.

    A model keeps one core for itself.
    """
    cores = max(1, round(probe.idle_cores)) - (1 if with_model else 0)
    room = (probe.free_bytes - (MODEL_BYTES if with_model else 0)) // READING_WORKER_BYTES
    return max(1, min(cores, room))


def _allowed_cores() -> int:
    """The processors this process may run on, fewer where a container's quota says so."""
    has_affinity = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return cores
    return cores if quota == "max" else max(1, min(cores, round(int(quota) / int(period))))
