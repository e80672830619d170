"""Starts batches for the page and for calling programs, within what one visitor may have going on."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import gradio as gr

from docvlm.batch.find import NamedFile
from docvlm.batch.runs import BatchRun, BatchRuns, RunRequest
from docvlm.errors import UsageError
from docvlm.store import Store
from docvlm.ui.library import Library
from docvlm.ui.rights import Rights


def named_files(library: Library, store: Store) -> list[tuple[int, NamedFile]]:
    """The owner's documents by number, as files that are called as the owner calls them."""
    return [
        (record.id, NamedFile(str(library.path_of(record)), record.name))
        for record in library.documents(store)
    ]


class BatchStarts:
    """Lets a visitor have one batch going on; the person at the machine as many as the machine takes."""

    def __init__(self, rights: Rights) -> None:
        self._rights = rights
        self._lock = threading.Lock()  # two quick clicks are no two batches

    def begin(
        self,
        runs: BatchRuns,
        wanted: RunRequest,
        request: gr.Request,
        estimate: bool = False,
    ) -> BatchRun:
        """Make a batch and start it, or only count what it would come to.

        Raises:
            UsageError: when this visitor, or the machine, has enough of them going on.
        """
        with self._lock:
            self._refuse_one_more(runs.runs(), request)
            run = runs.create(wanted)
            (runs.estimate if estimate else runs.start)(run)
        return run

    def go_on(
        self,
        runs: BatchRuns,
        run: BatchRun,
        request: gr.Request,
        retry_failed: bool = False,
        password: str = "",
    ) -> None:
        """Go on with a batch that was begun; see ``BatchRuns.start``.

        Raises:
            UsageError: as for ``begin``, and where its folder may not be read from here.
        """
        if run.request.folder:
            self._rights.folder(run.request.folder, request)  # the app may be served to others by now
        with self._lock:
            self._refuse_one_more(runs.runs(), request)
            runs.start(run, retry_failed=retry_failed, password=password)

    def _refuse_one_more(self, known: Sequence[BatchRun], request: gr.Request) -> None:
        if self._rights.may_change(request):
            return
        going_on = next((run for run in known if run.state.is_live), None)
        if going_on is not None:
            raise UsageError(
                f"Your batch '{going_on.request.title}' is going on.", "Wait until it has ended, or pause it."
            )
