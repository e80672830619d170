"""Where processes that docvlm starts find the modules that this one has."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def import_path() -> str:
    """The value of ``PYTHONPATH`` for a child process: docvlm's own place first."""
    package_root = str(Path(__file__).resolve().parents[1])
    return os.pathsep.join(dict.fromkeys([package_root, *filter(None, sys.path)]))
