"""What the comparison of trainers says of memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read from Linux's /proc")

_SCRIPT = """
from tests.benchmarks.peak_memory import forget_peak, peak_gib
held = bytearray(b"x") * (300 * 2**20)
with_much = peak_gib()
del held
forget_peak()
without = peak_gib()
held = bytearray(b"x") * (100 * 2**20)
print(with_much, without, peak_gib())
"""


def test_a_peak_is_forgotten_and_counted_anew(tmp_path: Path) -> None:
    repository = Path(__file__).parent.parent
    printed = subprocess.run(
        [sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True, cwd=repository
    ).stdout
    with_much, without, after = map(float, printed.split())
    assert with_much - without == pytest.approx(300 / 1024, abs=0.03)
    assert after - without == pytest.approx(100 / 1024, abs=0.03)
