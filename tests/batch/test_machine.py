"""How a batch shares out a machine: idle cores and free memory decide, at least one of each."""

from __future__ import annotations

import pytest

from docvlm.batch import Task
from docvlm.batch.machine import (
    MODEL_BYTES,
    READING_WORKER_BYTES,
    MachineProbe,
    plan_workers,
    probe_machine,
)
from docvlm.batch.run import plan_for
from docvlm.config import Settings

PLENTY = 64 * 2**30


@pytest.mark.parametrize(
    ("probe", "workers"),
    [
        (MachineProbe(8, 7.6, PLENTY), 8),
        (MachineProbe(8, 2.2, PLENTY), 2),
        (MachineProbe(8, 0.1, PLENTY), 1),
        (MachineProbe(8, 8.0, 3 * READING_WORKER_BYTES), 3),
        (MachineProbe(8, 8.0, 100 * 2**20), 1),
    ],
)
def test_reading_alone_takes_every_idle_core(probe: MachineProbe, workers: int) -> None:
    plan = plan_workers(probe, models=0)
    assert (plan.workers, plan.threads) == (workers, 1)
    assert "thread" not in plan.reason


@pytest.mark.parametrize(
    ("probe", "models", "workers", "threads"),
    [
        (MachineProbe(2, 2.0, PLENTY), 1, 1, 1),
        (MachineProbe(2, 0.1, PLENTY), 1, 1, 1),
        (MachineProbe(8, 7.6, PLENTY), 1, 2, 6),
        (MachineProbe(8, 7.6, PLENTY), 2, 2, 3),
        (MachineProbe(32, 32.0, PLENTY), 1, 24, 8),
        (MachineProbe(8, 8.0, MODEL_BYTES + READING_WORKER_BYTES), 1, 1, 7),
    ],
)
def test_the_model_gets_the_larger_part(probe: MachineProbe, models: int, workers: int, threads: int) -> None:
    plan = plan_workers(probe, models)
    assert (plan.workers, plan.threads) == (workers, threads)
    assert plan.workers + models * plan.threads <= max(2, round(probe.idle_cores))


@pytest.mark.parametrize(
    ("decided", "workers", "threads"),
    [
        ({"workers": 2}, 2, 6),
        ({"workers": 8}, 8, 1),
        ({"threads": 2}, 6, 2),
        ({"workers": 3, "threads": 16}, 3, 16),
    ],
)
def test_what_a_person_decided_stays_and_the_rest_follows(
    decided: dict[str, int], workers: int, threads: int
) -> None:
    plan = plan_workers(MachineProbe(8, 8.0, PLENTY), 1, **decided)
    assert (plan.workers, plan.threads) == (workers, threads)


def test_the_reason_says_what_was_chosen_what_was_told_and_why() -> None:
    plan = plan_workers(MachineProbe(8, 7.6, 12 * 2**30), 1, workers=3)
    assert plan.reason == (
        "3 reading workers (as told) and 5 threads for each model: "
        "7.6 of 8 cores were idle at the start and 12.0 GiB of memory free."
    )


def test_a_model_elsewhere_leaves_the_cores_to_reading() -> None:
    settings = Settings.from_environment({"DOCVLM_MODEL": "http://gpu.example:8000/v1#m"})
    assert "thread" not in plan_for(Task.ASK, settings).reason
    embedded = Settings.from_environment({})
    assert "thread" in plan_for(Task.ASK, embedded).reason
    assert "thread" not in plan_for(Task.ASK, embedded, address="auto").reason
    assert plan_for(Task.ASK, embedded, threads=3).threads == 3
    assert plan_for(Task.ASK, settings).model_workers == 4
    assert plan_for(Task.ASK, embedded).model_workers == 1
    assert plan_for(Task.ASK, settings, model_workers=2).model_workers == 2


def test_the_probe_sees_this_machine() -> None:
    probe = probe_machine()
    assert probe.cores >= 1 and 0 <= probe.idle_cores <= probe.cores
    assert 0 < probe.free_bytes < 2**50
