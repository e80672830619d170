"""Freed memory goes back to the system, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
from pathlib import Path
from docvlm.memory import give_memory_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 2**20

blocks = [b"x" * 100_000 for _ in range(2_000)]
last = blocks[-1]
del blocks
before = resident()
give_memory_back()
print(before - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc keeps freed memory, other libraries do not")
def test_what_was_freed_below_a_block_in_use_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 100
