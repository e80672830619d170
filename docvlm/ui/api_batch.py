"""What programs may call of batches: start one over the caller's documents or a folder, and follow it."""

from __future__ import annotations

import gradio as gr

from docvlm.batch import Task
from docvlm.batch.runs import BatchRun, BatchRuns, RunRequest
from docvlm.batch.runs.request import new_request
from docvlm.errors import UsageError
from docvlm.ui.api_calls import Calls, Json, as_json, text_of, told_in_a_sentence
from docvlm.ui.batch_output import usual_output
from docvlm.ui.batch_starts import BatchStarts, named_files
from docvlm.ui.owners import owner_of

_LIBRARY = "library"


class BatchApi:
    """Calls over the caller's own batches."""

    def __init__(self, calls: Calls, starts: BatchStarts) -> None:
        self._calls = calls
        self._starts = starts

    def connect(self) -> None:
        """Add the calls to the page that is being built."""

        def batch_start(files: str, task: str, request: gr.Request, wanted: str = "") -> str:
            """Work on many PDFs and images at once, in a process of its own: JSON with its id and state.

            Args:
                files: library for all documents that are stored for you; or, on the machine that runs
                    docvlm, the path of a folder.
                task: read, ask or extract.
                wanted: For ask the question; for extract the schema, as for extract; for read nothing.
            """
            with told_in_a_sentence():
                made = self._request(files, task, wanted, request)
                run = self._starts.begin(self._runs(request), made, request)
                return as_json(_batch(run))

        def batch_status(request: gr.Request, batch: str = "") -> str:
            """Tell how far your batches of PDFs and images are: JSON with states and counts of files.

            Args:
                batch: The id that batch_start gave; empty for all of yours, the latest first.
            """
            with told_in_a_sentence():
                runs = self._runs(request).runs()
                shown = [run for run in runs if not batch or run.id == batch]
                if batch and not shown:
                    raise UsageError("There is no batch of this id.", "Call batch_status without one.")
                return as_json({"batches": [_batch(run) for run in shown]})

        for call in (batch_start, batch_status):
            gr.api(call, api_name=call.__name__, concurrency_limit=4, concurrency_id="library calls")

    def _runs(self, request: gr.Request) -> BatchRuns:
        return BatchRuns(self._calls.desk.workspace.settings, owner_of(request))

    def _request(self, files: str, task: str, wanted: str, request: gr.Request) -> RunRequest:
        try:
            chosen = Task(task)
        except ValueError as error:
            raise UsageError("This is no task for a batch.", "Name read, ask or extract.") from error
        workspace = self._calls.desk.workspace
        is_library = text_of(files, "folder") == _LIBRARY
        folder = "" if is_library else str(self._calls.rights.folder(files, request))
        known = named_files(self._calls.reach.library(request), workspace.store) if is_library else []
        schema = self._calls.schema(wanted, request) if chosen is Task.EXTRACT else None
        question = " ".join(text_of(wanted, "question").split()) if chosen is Task.ASK else ""
        named = [file for _, file in known]
        return new_request(
            chosen,
            workspace.settings,
            owner_of(request),
            schema,
            question,
            folder,
            named,
            output=usual_output(chosen),
        )


def _batch(run: BatchRun) -> Json:
    progress = run.progress
    counts = (
        {}
        if progress is None
        else {
            "files": progress.files,
            "done": progress.done,
            "partial": progress.partial,
            "failed": progress.failed,
            "waiting": progress.waiting,
            "pages": progress.pages,
            "seconds_left": progress.left,
        }
    )
    return {
        "batch": run.id,
        "title": run.request.title,
        "state": run.state.value,
        "message": run.message,
    } | counts
