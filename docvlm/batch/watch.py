"""Folders that are looked at again and again; a file is given out when it has settled and when it changed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from docvlm.batch.find import Found, FoundFile, Source, find_files
from docvlm.batch.piped_lines import PipedLines

LOOK_SECONDS = 2.0
"""Between two looks. A file has settled when two looks in a row find the same size and time of change; one
that is moved into place under its final name is complete from the start, and settles at the second look."""


def watch_files(
    sources: Sequence[Source], look_seconds: float = LOOK_SECONDS, lines: PipedLines | None = None
) -> Iterator[Found | None]:
    """Found files without end; None where there is nothing new at the moment.

    Args:
        lines: standard input, where it is among the sources.

    Raises:
        UsageError: when a source does not exist at the first look.
    """
    given: dict[str, tuple[int, int, int] | None] = {}
    before: dict[str, tuple[int, int, int]] = {}
    next_look = 0.0
    looked = False
    while True:
        if time.monotonic() < next_look:
            yield None
            continue
        now: dict[str, tuple[int, int, int]] = {}
        # What was there at the first look may be moved away, and come back.
        for found in find_files(sources, lines.so_far() if lines else None, may_be_gone=looked):
            if found is None:
                continue
            version = found.version if isinstance(found, FoundFile) else None
            if found.path in given and given[found.path] == version:
                continue
            if version is not None:
                now[found.path] = version
                if before.get(found.path) != version:
                    continue
            given[found.path] = version
            yield found
        before, looked = now, True
        next_look = time.monotonic() + look_seconds
