"""How many workers and threads this machine has room for right now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

from docvlm.cores import allowed_cores

_PROBE_SECONDS = 0.3
READING_WORKER_BYTES = 700 * 2**20
"""What a reading worker and its parser usually take together, with a page in each."""
MODEL_BYTES = 1500 * 2**20
"""What the embedded model takes at most; a larger one is not known before it is loaded."""

MOST_THREADS = 8
"""More do not make one reply quicker: its tokens come one after the other."""


@dataclass(frozen=True, slots=True)
class MachineProbe:
    """``cores`` this process may use, how many of them idled during the probe, and free memory in bytes."""

    cores: int
    idle_cores: float
    free_bytes: int


def probe_machine() -> MachineProbe:
    """Look at the machine for a moment (0.3 s)."""
    cores = allowed_cores()
    busy = psutil.cpu_percent(interval=_PROBE_SECONDS) / 100
    return MachineProbe(cores, cores * (1 - busy), psutil.virtual_memory().available)


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """How a batch uses a machine.

    Attributes:
        workers: processes that read.
        threads: processor threads of each model that runs on this machine.
        reason: what was chosen and why, in a sentence for people.
        model_workers: processes that ask a model, each one thing at a time.
    """

    workers: int
    threads: int
    reason: str
    model_workers: int = 1


def plan_workers(
    probe: MachineProbe, models: int, workers: int | None = None, threads: int | None = None
) -> WorkerPlan:
    """Share out the idle cores: one for each reading worker, the others for the models.

    A model takes longer for a page than its reading does, so the models get two thirds of the cores, and
    reading the rest, as far as memory holds its workers. What reading has no memory for is the models' too.

    Args:
        models: how many processes with a model there will be here; 0 where nothing is asked, or a server is.
        workers, threads: what a person has decided.
    """
    idle = max(1, round(probe.idle_cores))
    room = (probe.free_bytes - models * MODEL_BYTES) // READING_WORKER_BYTES
    if models:
        for_models = models * (threads or _threads(idle, max(1, idle // 3), models))
        workers_planned = workers or max(1, min(idle - for_models, room))
        threads_planned = threads or _threads(idle, workers_planned, models)
    else:
        workers_planned, threads_planned = workers or max(1, min(idle, room)), threads or 1
    parts = [_said(f"{workers_planned:,} reading worker{'' if workers_planned == 1 else 's'}", workers)]
    if models:
        parts.append(
            _said(f"{threads_planned:,} thread{'' if threads_planned == 1 else 's'} for each model", threads)
        )
    reason = (
        f"{' and '.join(parts)}: {probe.idle_cores:.1f} of {probe.cores} cores were idle "
        f"at the start and {probe.free_bytes / 2**30:.1f} GiB of memory free."
    )
    return WorkerPlan(workers_planned, threads_planned, reason)


def _threads(idle: int, workers: int, models: int) -> int:
    """The threads of each model where so many cores are left to reading."""
    return max(1, min(MOST_THREADS, (idle - workers) // models))


def _said(what: str, decided: int | None) -> str:
    return what if decided is None else f"{what} (as told)"


def allowed_bytes() -> int:
    """The memory this process may take, less than the machine's where a container's limit says so."""
    total = int(psutil.virtual_memory().total)
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdecimal() else total
