"""How many processors are used where the system says less about them than Linux does."""

from __future__ import annotations

import os

import pytest

from docvlm.cores import allowed_cores


def test_a_system_that_cannot_bind_processes_to_processors_has_all_it_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert 1 <= allowed_cores() <= 3
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert allowed_cores() == 1
