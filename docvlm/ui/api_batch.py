"""What programs may call of batches: start one over the caller's documents or a folder, follow it, pause
it and go on, take what it found, delete it.

Programs without a cookie may be one owner, whoever they are (MCP clients are). So what is known of a folder's
files is for those who may name folders.
"""

from __future__ import annotations

import gradio as gr

from docvlm.batch import Task
from docvlm.batch.runs import BatchRun, BatchRuns, RunRequest, RunState
from docvlm.batch.runs.request import new_request
from docvlm.errors import UsageError
from docvlm.ui.api_calls import Calls, Json, as_json, text_of, told_in_a_sentence
from docvlm.ui.batch_output import usual_output
from docvlm.ui.batch_results import result_file, text_forms
from docvlm.ui.batch_starts import BatchStarts, named_files
from docvlm.ui.browser_values import LONGEST_PASSWORD
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
                shown = [self._named(batch, request)] if batch else self._in_reach(request)
                return as_json({"batches": [_batch(run) for run in shown]})

        def batch_pause(batch: str, request: gr.Request) -> str:
            """Pause a batch of PDFs and images after the pages in flight: JSON with its state.

            Args:
                batch: The id that batch_start gave.
            """
            with told_in_a_sentence():
                run = self._named(batch, request)
                if not run.state.is_live:
                    raise UsageError("This batch is not going on.", "There is nothing to pause.")
                run.pause()
                return as_json(_batch(run))

        def batch_resume(batch: str, request: gr.Request) -> str:
            """Go on with a batch of PDFs and images that was paused or interrupted: JSON with its state.

            What is done is not done again. One that has finished does what is new or has changed since.

            Args:
                batch: The id that batch_start gave.
            """
            with told_in_a_sentence():
                return as_json(self._gone_on(batch, request))

        def batch_retry(batch: str, request: gr.Request, password: str = "") -> str:
            """Do the PDFs and images that failed in a batch, or failed in part, again: JSON with its state.

            Args:
                batch: The id that batch_start gave.
                password: Opens encrypted PDFs; it is kept nowhere.
            """
            with told_in_a_sentence():
                if not isinstance(password, str) or len(password) > LONGEST_PASSWORD:
                    raise UsageError("The password is no text, or too long.", "Send another one.")
                return as_json(self._gone_on(batch, request, retry_failed=True, password=password))

        def batch_results(batch: str, request: gr.Request, form: str = "") -> str:
            """Take what a batch of PDFs and images has found so far: JSON with the text of a file.

            It tells of every file, the failed ones too. On the machine that runs docvlm the JSON names in
            written the files that a finished batch left there.

            Args:
                batch: The id that batch_start gave.
                form: For extract csv, rows (of the lists), json or jsonl; for ask csv, json or jsonl; for
                    read txt or jsonl. Empty for json, or txt where files were only read.
            """
            with told_in_a_sentence():
                run = self._named(batch, request)
                chosen = form or ("txt" if run.request.task is Task.READ else "json")
                return as_json(_batch(run) | self._results(run, chosen, request))

        def batch_delete(batch: str, request: gr.Request) -> str:
            """Delete for good a batch of PDFs and images that is not going on, with its files of results.

            What it found in the files of a folder goes too, where no other batch knows them; the files
            themselves stay. Documents that are stored for you stay as they are.

            Args:
                batch: The id that batch_start gave.
            """
            with told_in_a_sentence():
                run, store = self._named(batch, request), self._calls.desk.workspace.store
                kept = self._calls.reach.library(request).overviews(store)
                identities = frozenset(overview.record.sha256 for overview in kept)
                self._runs(request).delete(run, store, identities)
                return as_json({"deleted": run.id})

        for call in (
            batch_start,
            batch_status,
            batch_pause,
            batch_resume,
            batch_retry,
            batch_results,
            batch_delete,
        ):
            gr.api(call, api_name=call.__name__, concurrency_limit=4, concurrency_id="library calls")

    def _runs(self, request: gr.Request) -> BatchRuns:
        return BatchRuns(self._calls.desk.workspace.settings, owner_of(request))

    def _in_reach(self, request: gr.Request) -> list[BatchRun]:
        """The caller's batches, the latest first."""
        may_name_folders = self._calls.rights.may_name_folders(request)
        return [run for run in self._runs(request).runs() if may_name_folders or not run.request.folder]

    def _named(self, batch: str, request: gr.Request) -> BatchRun:
        """One of the caller's batches.

        Raises:
            UsageError: when there is none of this id.
        """
        run = next((run for run in self._in_reach(request) if run.id == batch), None)
        if run is None:
            raise UsageError("There is no batch of this id.", "Call batch_status without one.")
        return run

    def _gone_on(
        self, batch: str, request: gr.Request, retry_failed: bool = False, password: str = ""
    ) -> Json:
        run = self._named(batch, request)
        progress = run.progress
        if retry_failed and (progress is None or not progress.failed + progress.partial):
            raise UsageError("No file of this batch has failed.", "Call batch_resume to go on with it.")
        self._starts.go_on(self._runs(request), run, request, retry_failed, password)
        return _batch(run)

    def _results(self, run: BatchRun, form: str, request: gr.Request) -> Json:
        """The results as text, and where they lie on this machine, for those who may know."""
        if form not in text_forms(run.request.task):
            forms = ", ".join(text_forms(run.request.task))
            raise UsageError("Results of this batch have no such form of text.", f"Name {forms}.")
        name, data = result_file(run, self._calls.desk.workspace.store, form)
        told: Json = {"name": name, "text": data.decode("utf-8-sig")}
        is_written = run.state is RunState.FINISHED and self._calls.rights.may_name_folders(request)
        return told | ({"written": [str(file) for file in run.results]} if is_written else {})

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
