"""The file that a person wants of a batch: asked for before it begins, written into the batch's own folder.

Nothing that is typed leads out of that folder, and what lies in it goes when the batch is deleted.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import gradio as gr

from docvlm.atomic import write_atomically
from docvlm.batch import Task
from docvlm.batch.results import check_form
from docvlm.batch.runs import BatchRun, RunState
from docvlm.batch.runs.progress import END_FILE
from docvlm.errors import UsageError
from docvlm.store import Store
from docvlm.ui.callbacks import text_in

LONGEST_NAME = 60
RESULTS_FOLDER = "results"

_WANTED_FILE = "output.json"
_FALLBACK = "results"
_USUAL = {Task.READ: "txt", Task.ASK: "csv", Task.EXTRACT: "csv"}
_FORMS = (
    ("", "CSV; text where files are only read"),
    ("csv", "CSV"),
    ("xlsx", "Excel"),
    ("json", "JSON"),
    ("jsonl", "JSON, one line a file"),
    ("txt", "Text"),
)


@dataclass(frozen=True, slots=True)
class WantedOutput:
    """``name`` is a file's name without folder and ending; ``form`` is the ending."""

    name: str
    form: str

    @property
    def file_name(self) -> str:
        return f"{self.name}.{self.form}"


def output_html() -> str:
    """The part of the form that asks for name and form."""
    options = "".join(f'<option value="{form}">{title}</option>' for form, title in _FORMS)
    return (
        '<div class="batch-output"><label><span>Name of the file</span><input name="output" '
        f'class="field-input" maxlength="{LONGEST_NAME}" placeholder="{_FALLBACK}" autocomplete="off" '
        'spellcheck="false"></label><label><span>Form</span>'
        f'<select name="output_form">{options}</select></label></div>'
    )


def usual_output(task: Task) -> WantedOutput:
    """What is written where nobody asked for anything else."""
    return WantedOutput(_FALLBACK, _USUAL[task])


def output_of(event: gr.EventData, task: Task) -> WantedOutput:
    """What the form asks for.

    Raises:
        UsageError: when results of this task have no such form.
    """
    form = text_in(event, "output_form", 10) or _USUAL[task]
    wanted = WantedOutput(_safe(text_in(event, "output", LONGEST_NAME)), form)
    check_form(Path(wanted.file_name), task)
    return wanted


def want(run: BatchRun, wanted: WantedOutput) -> None:
    """Remember with the run what is wanted of it."""
    write_atomically(run.folder / _WANTED_FILE, json.dumps(asdict(wanted)).encode())


def kept_outputs(run: BatchRun, state: RunState, store: Store) -> list[Path]:
    """The files of a run that has finished, written now if that was not done since; the list fields last.

    Raises:
        UsageError: when they cannot be written.
    """
    wanted = _wanted(run)
    if wanted is None or state is not RunState.FINISHED:
        return []
    folder = run.folder / RESULTS_FOLDER
    out = folder / wanted.file_name
    if _changed(out) < _changed(run.folder / END_FILE):
        folder.mkdir(mode=0o700, exist_ok=True)
        run.write_results(store, out)
    items = out.with_name(f"{wanted.name}-items.{wanted.form}")
    return [file for file in (out, items) if file.is_file()]


def _wanted(run: BatchRun) -> WantedOutput | None:
    try:
        values = json.loads((run.folder / _WANTED_FILE).read_text(encoding="utf-8"))
        wanted = WantedOutput(_safe(str(values["name"])), str(values["form"]))
        check_form(Path(wanted.file_name), run.request.task)
    except (OSError, ValueError, TypeError, KeyError, UsageError):
        return None
    return wanted


def _safe(name: str) -> str:
    """The letters, digits and few signs of ``name`` with which a file can be called everywhere."""
    plain = re.sub(r"[^\w ()+-]+", "-", name.strip()).strip("-_ ")
    return plain[:LONGEST_NAME].rstrip("-_ ") or _FALLBACK


def _changed(file: Path) -> float:
    """When a file was written, in seconds since 1970; 0 where there is none."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
