"""Who holds a lease, and whether that process still lives."""

from __future__ import annotations

import os
import socket

import psutil


def this_process() -> str:
    """The name under which this process takes work: host, process id, and when the process began.

    The beginning is part of it because process ids come again.
    """
    return f"{socket.gethostname()}|{os.getpid()}|{_began(os.getpid())}"


def is_gone(owner: str) -> bool:
    """Whether the process of this name ended. Of other hosts nothing is known: False."""
    host, process_id, began = owner.rsplit("|", 2)
    return host == socket.gethostname() and _began(int(process_id)) != began


def _began(process_id: int) -> str | None:
    try:
        process = psutil.Process(process_id)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return f"{process.create_time():.1f}"
    except psutil.NoSuchProcess:
        return None
