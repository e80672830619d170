"""The file that a person wants of a batch: asked for in the form, written by the batch into its own folder.

Nothing that is typed leads out of that folder, and what lies in it goes when the batch is deleted.
"""

from __future__ import annotations

import re
from pathlib import Path

import gradio as gr

from docvlm.batch import Task
from docvlm.batch.results import check_form
from docvlm.ui.callbacks import text_in

LONGEST_NAME = 60

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


def output_html() -> str:
    """The part of the form that asks for name and form."""
    options = "".join(f'<option value="{form}">{title}</option>' for form, title in _FORMS)
    return (
        '<div class="batch-output"><label><span>Name of the file</span><input name="output" '
        f'class="field-input" maxlength="{LONGEST_NAME}" placeholder="{_FALLBACK}" autocomplete="off" '
        'spellcheck="false"></label><label><span>Form</span>'
        f'<select name="output_form">{options}</select></label></div>'
    )


def usual_output(task: Task) -> str:
    """The name of the file that is written where nobody asked for anything else."""
    return f"{_FALLBACK}.{_USUAL[task]}"


def output_of(event: gr.EventData, task: Task) -> str:
    """The name of the file that the form asks for; its ending names the form.

    Raises:
        UsageError: when results of this task have no such form.
    """
    form = text_in(event, "output_form", 10) or _USUAL[task]
    name = f"{_safe(text_in(event, 'output', LONGEST_NAME))}.{form}"
    check_form(Path(name), task)
    return name


def _safe(name: str) -> str:
    """The letters, digits and few signs of ``name`` with which a file can be called everywhere."""
    plain = re.sub(r"[^\w ()+-]+", "-", name.strip()).strip("-_ ")
    return plain[:LONGEST_NAME].rstrip("-_ ") or _FALLBACK
