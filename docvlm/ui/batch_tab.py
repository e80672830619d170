"""The tab Batch: many files at once, in a process of its own that outlives this page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from docvlm.batch.find import NamedFile
from docvlm.batch.ledger import FileOutcome, FileState
from docvlm.batch.report import count_of
from docvlm.batch.results import results_by_id
from docvlm.batch.runs import BatchRun, BatchRuns, RunState
from docvlm.errors import DocvlmError, LimitError, UsageError
from docvlm.pipeline import owned_identity
from docvlm.ui import batch_form, batch_html, notices
from docvlm.ui.batch_form import FileChoice
from docvlm.ui.batch_results import result_file, within_download
from docvlm.ui.batch_starts import BatchStarts, named_files
from docvlm.ui.batch_view import BatchView
from docvlm.ui.browser_values import LONGEST_PASSWORD
from docvlm.ui.callbacks import (
    IN_TURN,
    LONG,
    QUICK,
    Updates,
    choice_of,
    clickable_html,
    failure_html,
    is_choice,
    number_of,
    sentence,
    text_in,
)
from docvlm.ui.desk import Desk
from docvlm.ui.documents_panel import DocumentsPanel
from docvlm.ui.downloads import Downloads
from docvlm.ui.field_work import FieldWork
from docvlm.ui.pager import entries_on, nearest_page
from docvlm.ui.rights import Rights
from docvlm.ui.sessions import Session
from docvlm.ui.uploads import check_own_upload, delete_upload

POLL_SECONDS = 1.0
MOST_UPLOADS = 2000
_TOLD_EVERY = 50  # files, while many are copied
_TOLD_PROBLEMS = 5  # of files that are not added
_LONGEST_NAME = 100  # of what is done to a batch, and of the batch


class BatchTab:
    """Starts batches over the owner's documents or a folder of the person's machine, and follows them."""

    def __init__(self, desk: Desk, work: FieldWork, rights: Rights, starts: BatchStarts) -> None:
        self._desk = desk
        self._work = work
        self._rights = rights
        self._starts = starts
        with gr.Row(elem_id="batch", equal_height=False):
            with gr.Column(min_width=300, scale=4, elem_id="batch-left"):
                gr.HTML("<h3>New batch</h3>", apply_default_css=False)
                self._form = clickable_html("", "batch-form")
                self._notice = gr.HTML("", elem_id="batch-notice", apply_default_css=False)
                self._upload = gr.File(
                    label="Add files to your library and tick them",
                    file_count="multiple",
                    elem_id="batch-upload",
                    elem_classes="small-upload",
                    height=64,
                    show_label=False,
                )
                self._runs = clickable_html("", "batches")
            with gr.Column(min_width=300, scale=8, elem_id="batch-right"):
                self._run = clickable_html("", "batch-run")
                self._progress = gr.HTML("", elem_id="batch-progress", apply_default_css=False)
                self._files = clickable_html("", "batch-files")
        self._downloads = Downloads("batch-download")
        self._clock = gr.Timer(POLL_SECONDS, active=False)

    def connect(self, documents: DocumentsPanel, rooms: gr.Tabs, tab: gr.Tab) -> None:
        """Wire the events; a file is opened through ``documents``, on the tab ``desk`` of ``rooms``."""
        self._documents, self._rooms = documents, rooms
        followed = [self._runs, self._run, self._progress, self._files, self._clock]
        everything = [*followed, self._form, self._notice]
        tab.select(self._show, None, everything, **QUICK)
        self._clock.tick(self._follow, None, followed, **QUICK)
        self._form.submitted(self._begin, None, everything, **QUICK)
        self._upload.upload(
            self._take_in, [self._upload], [*everything, self._upload, *documents.outputs], **LONG
        )
        self._runs.select(self._look_at, None, everything, **QUICK)
        self._run.select(self._act, None, everything, **QUICK)
        self._run.submitted(self._unlock, None, everything, **QUICK)
        outputs = [*dict.fromkeys([*everything, self._downloads.component, rooms, *documents.outputs])]
        self._files.select(self._act_on_files, None, outputs, **QUICK)
        self._files.tick(self._act_on_files, None, outputs, **IN_TURN)

    # Events

    def _show(self, request: gr.Request) -> Updates:
        session = self._desk.sessions.of(request)
        return {**self._form_updates(session, request), **self._followed(session), self._notice: ""}

    def _follow(self, request: gr.Request) -> Updates:
        return self._followed(self._desk.sessions.of(request))

    def _begin(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Start a new batch, or count what it would come to."""
        session = self._desk.sessions.of(request)

        def begin() -> None:
            folder = ""
            if text_in(event, "source", 20) == batch_form.FOLDER:
                folder = str(self._rights.folder(text_in(event, "folder", batch_form.LONGEST_PATH), request))
            wanted = batch_form.request_of(
                event,
                self._files_by_choice(session),
                folder,
                self._work.shelf(session).schemas(),
                self._desk.workspace.settings,
                session.owner,
            )
            runs = self._batches(session)
            is_estimate = text_in(event, "step", 20) == "estimate"
            run = self._starts.begin(runs, wanted, request, is_estimate)
            session.batch = BatchView(run.id)

        return self._guarded(session, begin)

    def _look_at(self, event: gr.EventData, request: gr.Request) -> Updates:
        session = self._desk.sessions.of(request)
        session.batch = BatchView(choice_of(event, "run"))
        return {**self._followed(session), self._notice: ""}

    def _act(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Pause, resume, retry or delete the batch that the button names."""
        session = self._desk.sessions.of(request)
        kind, _, identifier = text_in(event, "choice", _LONGEST_NAME).partition(":")

        def act() -> None:
            runs, run = self._batches(session), self._named(session, identifier)
            if kind == "pause":
                run.pause()
            elif kind in ("resume", "retry"):
                self._starts.go_on(runs, run, request, retry_failed=kind == "retry")
            elif kind == "delete":
                library = self._desk.library(session)
                kept = {overview.record.sha256 for overview in library.overviews(self._desk.workspace.store)}
                runs.delete(run, self._desk.workspace.store, frozenset(kept))
                session.batch = BatchView()

        return self._guarded(session, act)

    def _unlock(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Try the failed files again with a password, which is kept nowhere."""
        session = self._desk.sessions.of(request)

        def unlock() -> None:
            run = self._named(session, text_in(event, "run", _LONGEST_NAME))
            password = text_in(event, "password", LONGEST_PASSWORD)
            self._starts.go_on(self._batches(session), run, request, retry_failed=True, password=password)

        return self._guarded(session, unlock)

    def _act_on_files(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """Open a file on the desk, save results, or turn the list."""
        session = self._desk.sessions.of(request)
        try:
            run = self._named(session, session.batch.run)
            if (index := number_of(event, "open")) is not None:
                yield from self._open(session, run, index, request)
            elif is_choice(event, "save"):
                name, data = result_file(run, self._desk.workspace.store, choice_of(event, "save"))
                yield self._downloads.hand_out_bytes(name, data)
            elif (number := number_of(event, "result")) is not None:
                if number < len(run.results):
                    run.renew_results(self._desk.workspace.store)
                    file = run.results[number]
                    yield self._downloads.hand_out_bytes(file.name, within_download(file))
            elif is_choice(event, "keep"):
                yield from self._keep_all(session, run, request)
            elif is_choice(event, "report"):
                yield self._downloads.hand_out_bytes("batch-report.html", run.report.read_bytes())
            else:
                page, is_ticked = number_of(event, "page"), choice_of(event, "failed") == "1"
                if page is not None:
                    session.batch = replace(session.batch, run=run.id, page=page)
                else:
                    session.batch = BatchView(run.id, only_failed=is_ticked)
                yield self._followed(session)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            yield {self._notice: failure_html(error)}

    def _take_in(self, paths: Sequence[str] | None, request: gr.Request) -> Iterator[Updates]:
        """Keep files in the library without reading them, and tick them."""
        session = self._desk.sessions.of(request)
        files = [Path(path) for path in dict.fromkeys(paths or ())]
        yield {self._upload: None}
        problems: list[DocvlmError] = []
        for number, file in enumerate(files):
            if number % _TOLD_EVERY == 0:
                line = f"Adding files: {number:,} of {len(files):,} are done."
                yield {self._notice: notices.notice_html(line, "busy")}
            try:
                check_own_upload(file, request)
                session.selected.add(self._take(session, file, number))
            except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
                problems.append(sentence(error))
        added = f"In your library and ticked: {count_of(len(files) - len(problems), 'file')}."
        yield {
            **self._form_updates(session, request),
            **self._documents.listed(session),
            self._notice: _problems_html(problems) + notices.notice_html(added),
        }

    def _take(self, session: Session, file: Path, number: int) -> int:
        """Put one of several uploads into the library, and delete it; its document's number."""
        try:
            if number >= MOST_UPLOADS:
                raise LimitError(f"{file.name} was not taken.", f"Add at most {MOST_UPLOADS} at a time.")
            return self._keep(session, file)
        finally:
            delete_upload(file)

    def _keep(self, session: Session, source: Path) -> int:
        """Put a file into the library; its document's number."""
        library = self._desk.library(session)
        kept = library.keep(source, source.name)
        try:
            with self._desk.workspace.open(kept.path, name=kept.name, owner=session.owner) as document:
                return document.id
        except BaseException:
            library.discard(kept)
            raise

    def _keep_all(self, session: Session, run: BatchRun, request: gr.Request) -> Iterator[Updates]:
        """Copy the files of a folder into the library, so that they can be searched and stay."""
        self._rights.folder(run.request.folder, request)
        library, kept, missing = self._desk.library(session), 0, 0
        done = [each for each in run.outcomes() if each.state in (FileState.DONE, FileState.PARTIAL)]
        for number, outcome in enumerate(done, start=1):
            source = Path(outcome.path)
            if source.is_file():
                kept += library.keep(source, source.name).is_new
            else:
                missing += 1
            if number % _TOLD_EVERY == 0:
                line = f"{number:,} of {len(done):,} files are in your library."
                yield {self._notice: notices.notice_html(line, "busy")}
        gone = f" {missing:,} are no longer there." if missing else ""
        line = f"New in your library: {kept:,} of {len(done):,} files.{gone}"
        yield {
            **self._form_updates(session, request),
            **self._documents.listed(session),
            self._notice: notices.notice_html(line),
        }

    def _open(self, session: Session, run: BatchRun, index: int, request: gr.Request) -> Iterator[Updates]:
        """Show a file of the list on the desk; one of a folder is kept in the library first."""
        shown, _ = self._page(session, run)
        if index >= len(shown):
            return
        outcome, store = shown[index], self._desk.workspace.store
        library = self._desk.library(session)
        identity = owned_identity(outcome.sha256 or "", session.owner)
        if not library.owns(identity) and run.request.folder:
            self._rights.demand(request, "open files of it")
            source = Path(outcome.path)
            if not source.is_file():
                raise UsageError(f"{source.name} is no longer there.", "Put it back, or run the batch again.")
            library.keep(source, source.name)
        record = store.find_document(identity)
        if record is None:
            raise UsageError("This document was deleted since.", "Run the batch again to read it anew.")
        opening = self._documents.open_kept(session, record.id)
        yield {self._rooms: gr.Tabs(selected="desk"), **next(opening, {})}
        yield from opening

    # What is shown

    def _form_updates(self, session: Session, request: gr.Request) -> Updates:
        files = self._files_by_choice(session)
        choice = FileChoice(
            len(files[batch_form.TICKED]),
            len(files[batch_form.ALL]),
            self._rights.may_name_folders(request),
            [str(folder) for folder in self._rights.offered_folders(request)],
        )
        schemas = self._work.shelf(session).schemas()
        return {self._form: batch_form.form_html(choice, schemas, self._work.schema(session))}

    def _files_by_choice(self, session: Session) -> dict[str, list[NamedFile]]:
        """The owner's files: all, and those with a tick. They are named as the owner names them."""
        found = named_files(self._desk.library(session), self._desk.workspace.store)
        ticked = [file for number, file in found if number in session.selected]
        return {batch_form.ALL: [file for _, file in found], batch_form.TICKED: ticked}

    def _followed(self, session: Session) -> Updates:
        """What changes while a batch goes on. The clock stops when none does."""
        runs = [(run, run.state) for run in self._batches(session).runs()]
        run = self._looked_at(session, [run for run, _ in runs])
        is_live = any(state.is_live for _, state in runs)
        if run is None:
            shown, progress, files = '<p class="quiet">What a batch comes to is shown here.</p>', "", ""
        else:
            session.batch = replace(session.batch, run=run.id)
            state = next(state for known, state in runs if known.id == run.id)
            shown, files = batch_html.run_html(run, state), self._files_html(session, run, state)
            progress = batch_html.progress_html(state, run.progress)
        return {
            self._runs: batch_html.runs_html(runs, run.id if run else ""),
            self._run: shown,
            self._progress: progress,
            self._files: files,
            self._clock: gr.Timer(active=is_live),
        }

    def _files_html(self, session: Session, run: BatchRun, state: RunState) -> str:
        if state in (RunState.NEW, RunState.ESTIMATING, RunState.ESTIMATED):
            return ""
        shown, total = self._page(session, run)
        results = results_by_id(self._desk.workspace.store, run.request.wanted, shown)
        kept = self._kept_html(run, state)
        return kept + batch_html.outcomes_html(run, shown, total, session.batch, results)

    def _kept_html(self, run: BatchRun, state: RunState) -> str:
        """The files that were asked for, to be saved; the person at the machine is told where they lie."""
        files = run.results if state is RunState.FINISHED else ()
        home = self._desk.workspace.settings.home
        place = str(files[0].parent.relative_to(home)) if files and self._rights.folders else ""
        return batch_html.kept_html([file.name for file in files], place)

    def _page(self, session: Session, run: BatchRun) -> tuple[Sequence[FileOutcome], int]:
        """The files on the page of the list, and how many there are on all pages."""
        passing = session.batch.passing(list(run.outcomes()))
        page = nearest_page(session.batch.page, len(passing))
        session.batch = replace(session.batch, page=page)
        return entries_on(page, passing), len(passing)

    def _batches(self, session: Session) -> BatchRuns:
        return BatchRuns(self._desk.workspace.settings, session.owner)

    def _looked_at(self, session: Session, runs: Sequence[BatchRun] | None = None) -> BatchRun | None:
        """The batch that is looked at; the latest where none was chosen or it is gone."""
        known = self._batches(session).runs() if runs is None else runs
        chosen = [run for run in known if run.id == session.batch.run]
        return next(iter([*chosen, *known]), None)

    def _named(self, session: Session, identifier: str) -> BatchRun:
        """The batch that was acted on; never another in its place, such as when it was deleted elsewhere."""
        run = self._batches(session).find(identifier)
        if run is None:
            raise UsageError("This batch is no longer kept.", "Choose another.")
        return run

    def _guarded(self, session: Session, do: Callable[[], Any]) -> Updates:
        try:
            do()
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            return {**self._followed(session), self._notice: failure_html(error)}
        return {**self._followed(session), self._notice: ""}


def _problems_html(problems: Sequence[DocvlmError]) -> str:
    """The first of the files that were not added, and how many more there are."""
    told = list(problems[:_TOLD_PROBLEMS])
    if hidden := len(problems) - len(told):
        told.append(
            UsageError(f"{count_of(hidden, 'more file')} not added.", "Add fewer at a time to see why.")
        )
    return "".join(map(notices.error_html, told))
