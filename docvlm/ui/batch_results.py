"""What a batch found, for the list on the page and as files to save."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from docvlm.batch import Task
from docvlm.batch.runs import BatchRun
from docvlm.errors import LimitError, UsageError
from docvlm.store import Store

LARGEST_DOWNLOAD = 200 * 2**20
"""The browser holds a download in memory."""

FORM_TITLES: Mapping[Task, Sequence[tuple[str, str]]] = {
    Task.EXTRACT: (
        ("csv", "CSV"),
        ("rows", "CSV of rows"),
        ("xlsx", "Excel"),
        ("json", "JSON"),
        ("jsonl", "JSON lines"),
    ),
    Task.ASK: (("csv", "CSV"), ("xlsx", "Excel"), ("json", "JSON"), ("jsonl", "JSON lines")),
    Task.READ: (("txt", "Text"), ("jsonl", "JSON lines")),
}
"""The forms in which results of a task are handed out, with what they are called."""

_ROWS = "rows"
_BINARY = "xlsx"
_FORMS = ("csv", "xlsx", "json", "jsonl", "txt")


def text_forms(task: Task) -> tuple[str, ...]:
    """The forms of ``result_file`` that are text, for results of this task."""
    return tuple(form for form, _ in FORM_TITLES[task] if form != _BINARY)


def result_file(run: BatchRun, store: Store, form: str) -> tuple[str, bytes]:
    """The name and content of a file with everything that the run has found so far.

    Args:
        form: an ending, or ``rows`` for the list fields as CSV.

    Raises:
        UsageError: when there is no such form or nothing to save.
        LimitError: when it is too large to be handed to a browser.
    """
    ending = "csv" if form == _ROWS else form
    if ending not in _FORMS:
        raise UsageError(f"'{form}' is no form of file.", "Choose one of those offered.")
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / f"batch.{ending}"
        run.write_results(store, out)
        if form == _ROWS:
            out = out.with_name("batch-items.csv")
        if not out.is_file():
            raise UsageError("There are no rows to save.", "Choose CSV for the other fields.")
        return out.name, within_download(out)


def within_download(file: Path) -> bytes:
    """The content of a file that is handed to a browser.

    Raises:
        LimitError: when it is too large for that.
    """
    if file.stat().st_size > LARGEST_DOWNLOAD:
        raise LimitError(
            f"The results are larger than {LARGEST_DOWNLOAD // 2**20} MB.",
            "Write them to disk with python -m docvlm batch.",
        )
    return file.read_bytes()
