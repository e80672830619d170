"""Room on the disk and in memory."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psutil

from docvlm.config import Settings
from docvlm.doctor.finding import Finding, fail, ok, warn
from docvlm.errors import LimitError

NEEDED_DISK_BYTES = 200 * 2**20
"""For the database of a few hundred documents."""
WANTED_DISK_BYTES = 2 * 2**30
"""For the model as well, and for unpacking it."""
NEEDED_MEMORY_BYTES = 1 * 2**30
WANTED_MEMORY_BYTES = 2 * 2**30


def check_disk(settings: Settings) -> Finding:
    """The free space where the data folder lies, or will lie, and where temporary files go."""
    places = {existing_parent(settings.home), Path(tempfile.gettempdir())}
    free = {str(place): shutil.disk_usage(place).free for place in places}
    place = min(free, key=lambda name: free[name])
    message = f"{gibibytes(free[place])} free at {place}"
    if free[place] < NEEDED_DISK_BYTES:
        return fail("disk", f"Only {message}.", "Free some space.", LimitError.exit_code)
    if free[place] < WANTED_DISK_BYTES:
        return warn(
            "disk", f"Only {message}.", f"Free some space; {gibibytes(WANTED_DISK_BYTES)} are plenty."
        )
    return ok("disk", message)


def check_memory() -> Finding:
    memory = psutil.virtual_memory()
    message = (
        f"{gibibytes(memory.available)} of {gibibytes(memory.total)} free, {os.cpu_count() or 1} processors"
    )
    if memory.available < NEEDED_MEMORY_BYTES:
        return fail("memory", f"Only {message}.", "Close other programs.", LimitError.exit_code)
    if memory.available < WANTED_MEMORY_BYTES:
        return warn("memory", f"Only {message}.", "Close other programs, or use --workers 1.")
    return ok("memory", message)


def gibibytes(count: int) -> str:
    return f"{count / 2**30:,.1f} GiB"


def existing_parent(path: Path) -> Path:
    """The path itself or the nearest folder above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
