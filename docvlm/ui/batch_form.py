"""The form of a new batch: which files, what to do with them; and the request that it describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr

from docvlm.batch import Task
from docvlm.batch.find import NamedFile
from docvlm.batch.runs import RunRequest
from docvlm.batch.runs.request import new_request
from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.ingest import parse_page_range
from docvlm.schemas import Schema
from docvlm.ui.batch_output import output_html, output_of
from docvlm.ui.callbacks import text_in
from docvlm.ui.extract_bar import schema_options

TICKED, ALL, FOLDER = "ticked", "all", "folder"
LONGEST_QUESTION, LONGEST_PATH = 500, 1000

_MANY_PAGES = 20_000
_TASKS = (
    (Task.EXTRACT, "Extract fields", "One row of values a file, for CSV and Excel."),
    (Task.ASK, "Ask a question", "The same question of every file."),
    (Task.READ, "Read the text", "Words and layout, and everything can be searched. Needs no model."),
)


@dataclass(frozen=True, slots=True)
class FileChoice:
    """What there is to choose from: numbers of documents, and whether a folder may be named.

    ``offered`` are folders to choose from while one is typed; others may be named as well.
    """

    ticked: int
    kept: int
    may_name_folder: bool
    offered: Sequence[str] = ()


def form_html(files: FileChoice, schemas: Mapping[str, Schema], chosen: Schema) -> str:
    """The form, with the choice that fits what is there."""
    start = TICKED if files.ticked else FOLDER if files.may_name_folder and not files.kept else ALL
    return (
        '<form class="batch-form" data-form="batch" aria-label="New batch">'
        f"<fieldset><legend>Files</legend>{_files(files, start)}</fieldset>"
        f"<fieldset><legend>What to do</legend>{_tasks(schemas, chosen)}</fieldset>"
        '<label class="batch-pages"><span>Pages</span><input name="pages" class="field-input" value="all" '
        'maxlength="60" autocomplete="off" title="all, or such as 1-3,7"></label>'
        f"<fieldset><legend>Results</legend>{output_html()}</fieldset>"
        '<div class="batch-bar">'
        '<button type="submit" class="primary" name="step" value="start">Start</button>'
        '<button type="submit" class="secondary" name="step" value="estimate">Estimate first</button></div>'
        "</form>"
    )


def request_of(
    event: gr.EventData,
    files: Mapping[str, Sequence[NamedFile]],
    folder: str,
    schemas: Mapping[str, Schema],
    settings: Settings,
    owner: str,
) -> RunRequest:
    """The request that the form describes.

    Args:
        files: the owner's files by the choices ``ticked`` and ``all``.
        folder: the folder that was named, if it may be read; else empty.

    Raises:
        UsageError: when something is missing or not understood.
    """
    task, pages = _task_of(event), text_in(event, "pages", 60).strip() or "all"
    parse_page_range(pages, _MANY_PAGES)
    schema = schemas.get(text_in(event, "schema", 80)) if task is Task.EXTRACT else None
    question = " ".join(text_in(event, "question", LONGEST_QUESTION).split()) if task is Task.ASK else ""
    chosen = () if folder else tuple(files.get(text_in(event, "source", 20), ()))
    output = output_of(event, task)
    return new_request(task, settings, owner, schema, question, folder, chosen, pages, output)


def _task_of(event: gr.EventData) -> Task:
    try:
        return Task(text_in(event, "task", 20))
    except ValueError as error:
        raise UsageError("Nothing is chosen to do.", "Choose extract, ask or read.") from error


def _files(files: FileChoice, start: str) -> str:
    options = [
        _option("source", TICKED, _count(files.ticked, "ticked document"), start, not files.ticked),
        _option("source", ALL, f"All in my library ({files.kept})", start, not files.kept),
    ]
    if files.may_name_folder:
        offers = "".join(f'<option value="{escape(folder)}"></option>' for folder in files.offered)
        field = (
            f'<input name="folder" class="field-input" list="batch-folders" maxlength="{LONGEST_PATH}" '
            'placeholder="/home/me/invoices" aria-label="Path of the folder" '
            f'autocomplete="off" spellcheck="false"><datalist id="batch-folders">{offers}</datalist>'
        )
        hint = "Read where they are, subfolders too; nothing is copied or changed."
        options.append(_option("source", FOLDER, "A folder on this machine", start, False, hint, field))
    return "".join(options)


def _tasks(schemas: Mapping[str, Schema], chosen: Schema) -> str:
    fields = {
        Task.EXTRACT: '<select name="schema" aria-label="What to look for">'
        f"{schema_options(schemas, chosen)}</select>",
        Task.ASK: '<input name="question" class="field-input" maxlength="500" autocomplete="off" '
        'placeholder="What is the total?" aria-label="Question">',
        Task.READ: "",
    }
    return "".join(
        _option("task", task, title, Task.EXTRACT, False, hint, fields[task]) for task, title, hint in _TASKS
    )


def _option(
    name: str, value: str, title: str, chosen: str, is_off: bool, hint: str = "", field: str = ""
) -> str:
    checked = " checked" if value == chosen and not is_off else ""
    small = f"<small>{hint}</small>" if hint else ""
    return (
        f'<div class="choice"><label><input type="radio" name="{name}" value="{value}"{checked}'
        f"{' disabled' if is_off else ''}><span><b>{title}</b>{small}</span></label>{field}</div>"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
