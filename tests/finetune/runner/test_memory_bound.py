"""A process that is bounded to free memory is refused more, and goes on."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import psutil
import pytest
import torch

from finetune.runner.memory_bound import free_bytes, within_free_memory
from finetune.training.trainer import is_out_of_memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux only")

MIB = 2**20


def test_more_than_is_free_is_refused_and_only_inside() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with within_free_memory(lambda: 200 * MIB):
        torch.empty(100 * MIB, dtype=torch.uint8)
        with pytest.raises(RuntimeError) as refused:
            torch.empty(300 * MIB, dtype=torch.uint8)
        with pytest.raises(MemoryError) as python_too:
            bytearray(300 * MIB)
    assert is_out_of_memory(refused.value) and is_out_of_memory(python_too.value)
    torch.empty(300 * MIB, dtype=torch.uint8)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_the_bound_is_lifted_after_an_error_too() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(KeyError), within_free_memory(lambda: 50 * MIB):
        raise KeyError
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_what_the_machine_has_free(tmp_path: Path) -> None:
    known = psutil.virtual_memory().available + psutil.swap_memory().free
    assert free_bytes(tmp_path) == pytest.approx(known, rel=0.3)


@pytest.mark.parametrize(
    ("most", "wanted"), [(f"{900 * MIB}", 450 * MIB), (f"{300 * MIB}", 0), ("max", None)]
)
def test_a_container_may_have_less(tmp_path: Path, most: str, wanted: int | None) -> None:
    (tmp_path / "memory.max").write_text(f"{most}\n")
    (tmp_path / "memory.current").write_text(f"{600 * MIB}\n")
    (tmp_path / "memory.stat").write_text(f"anon 5\ninactive_file {100 * MIB}\nactive_file {50 * MIB}\n")
    machine = psutil.virtual_memory().available + psutil.swap_memory().free
    assert free_bytes(tmp_path) == (pytest.approx(machine, rel=0.3) if wanted is None else wanted)
