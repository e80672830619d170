"""The most memory that this process has held in RAM, since it began or since that was last forgotten.

Linux alone, see proc(5): ``VmHWM`` of ``status``, and ``clear_refs``.
"""

from __future__ import annotations

from pathlib import Path

_PROCESS = Path("/proc/self")


def peak_gib() -> float:
    """``VmHWM``, in GiB."""
    lines = (_PROCESS / "status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


def forget_peak() -> None:
    """Let the kernel count from here on.

    Raises:
        OSError: where a container does not allow it, so that nothing else is taken for the peak.
    """
    (_PROCESS / "clear_refs").write_text("5", encoding="ascii")
