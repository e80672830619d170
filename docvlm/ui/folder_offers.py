"""Folders of this machine that are offered while a path is typed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

MOST = 200
_LEVELS = 2


def folders_within(roots: Iterable[Path], most: int = MOST) -> list[Path]:
    """The roots and what lies in them, level by level; hidden folders and links are left out."""
    level = [root for root in roots if root.is_dir()]
    found = level[:most]
    for _ in range(_LEVELS):
        level = [folder for parent in level for folder in _within(parent)][: most - len(found)]
        found += level
    return found


def _within(parent: Path) -> Iterator[Path]:
    try:
        with os.scandir(parent) as entries:
            names = [
                entry.name
                for entry in entries
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:  # not to be read by whoever runs docvlm
        return
    yield from (parent / name for name in sorted(names))
