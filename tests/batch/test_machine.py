"""How many workers are started: as many as there are idle cores and free memory for, at least one."""

from __future__ import annotations

import pytest

from docvlm.batch.machine import (
    MODEL_BYTES,
    READING_WORKER_BYTES,
    MachineProbe,
    choose_workers,
    probe_machine,
)

PLENTY = 64 * 2**30


@pytest.mark.parametrize(
    ("probe", "with_model", "workers"),
    [
        (MachineProbe(8, 7.6, PLENTY), False, 8),
        (MachineProbe(8, 7.6, PLENTY), True, 7),
        (MachineProbe(8, 2.2, PLENTY), False, 2),
        (MachineProbe(8, 0.1, PLENTY), False, 1),
        (MachineProbe(8, 0.1, PLENTY), True, 1),
        (MachineProbe(8, 8.0, 3 * READING_WORKER_BYTES), False, 3),
        (MachineProbe(8, 8.0, MODEL_BYTES + 2 * READING_WORKER_BYTES), True, 2),
        (MachineProbe(8, 8.0, 100 * 2**20), True, 1),
    ],
)
def test_workers_follow_idle_cores_and_free_memory(
    probe: MachineProbe, with_model: bool, workers: int
) -> None:
    assert choose_workers(probe, with_model) == workers


def test_the_probe_sees_this_machine() -> None:
    probe = probe_machine()
    assert probe.cores >= 1 and 0 <= probe.idle_cores <= probe.cores
    assert 0 < probe.free_bytes < 2**50
