"""Which processes tests have left running."""

from __future__ import annotations

import time

import psutil

SERVERS = ("postgres",)
"""Started once for a whole session of tests, and ended with it."""


def children() -> list[psutil.Process]:
    """Every process below this one, but for the servers that tests share."""
    return [child for child in psutil.Process().children(recursive=True) if _name(child) not in SERVERS]


def left_after(seconds: float) -> list[psutil.Process]:
    """Those that still run when they have had so long to end."""
    deadline = time.monotonic() + seconds
    while (left := children()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def command_of(process: psutil.Process) -> list[str]:
    """Its command line; empty where it has ended meanwhile."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return SERVERS[0]  # gone, so nothing is left of it
