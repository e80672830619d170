"""What the processes that docvlm starts have in common: where their modules lie, and their pipes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO


def import_path() -> str:
    """The value of ``PYTHONPATH`` for a child process: docvlm's own place first."""
    package_root = str(Path(__file__).resolve().parents[1])
    return os.pathsep.join(dict.fromkeys([package_root, *filter(None, sys.path)]))


def take_over_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """A child's pipes, from and to its parent, for messages; whatever a library prints goes nowhere."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    return requests, replies
