"""Which processes tests have left running."""

from __future__ import annotations

import psutil

SERVERS = ("postgres",)
"""Started once for a whole session of tests, and ended with it."""


def children() -> list[psutil.Process]:
    """Every process below this one, but for the servers that tests share."""
    return [child for child in psutil.Process().children(recursive=True) if _name(child) not in SERVERS]


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return SERVERS[0]  # gone, so nothing is left of it
