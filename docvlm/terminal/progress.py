"""What a person at the terminal is told beside results: sentences, and progress where it is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)


def tell(sentence: str) -> None:
    """Say something that is to be known also where nobody looks, in a log or behind a pipe."""
    print(f"docvlm: {sentence}", file=sys.stderr)


def report(line: str) -> None:
    """Tell the person at the terminal about a slow step; silent in a pipe."""
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


@contextmanager
def progress_bar(time_left: bool = True) -> Iterator[Progress]:
    """A bar on standard error that leaves no trace when done; shown on a terminal only.

    Args:
        time_left: show an estimate of the time left; False where the caller's own stands in the description.
    """
    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        *([TimeRemainingColumn()] if time_left else []),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        yield bar
