"""How many processors are used where the system says less about them than Linux does."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from docvlm.cores import allowed_cores, share_cores


def test_a_system_that_cannot_bind_processes_to_processors_has_all_it_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert 1 <= allowed_cores() <= 3
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert allowed_cores() == 1


@pytest.mark.parametrize("module", ["docvlm.cli.main", "finetune.instruct", "app"])
def test_threads_that_wait_let_go_of_their_cores_before_pytorch_is_there(module: str) -> None:
    """What the variable says later changes nothing."""
    told = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'torch': print(os.environ.get('GOMP_SPINCOUNT'))\n"
        "sys.meta_path.insert(0, Watch())\n"
        f"import {module}, torch\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    run = subprocess.run([sys.executable, "-c", told], env=environment, capture_output=True, text=True)
    assert run.stdout.split()[:1] == ["10000"], run.stderr


def test_who_has_said_how_threads_wait_is_not_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    share_cores()
    assert os.environ["GOMP_SPINCOUNT"] == "7"
    monkeypatch.delenv("GOMP_SPINCOUNT")
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    share_cores()
    assert "GOMP_SPINCOUNT" not in os.environ
