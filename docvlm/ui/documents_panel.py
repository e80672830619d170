"""The left of the page: upload, samples, saved documents; opening one of them fills the other panels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr

from docvlm.errors import DocvlmError, PasswordError, UsageError
from docvlm.pipeline import Workspace
from docvlm.ui import results
from docvlm.ui.ask_panel import AskPanel
from docvlm.ui.assets import find_sample
from docvlm.ui.callbacks import (
    PRIVATE,
    Updates,
    choice_of,
    clickable_html,
    number_of,
    sentence,
    session_of,
)
from docvlm.ui.extract_panel import ExtractPanel
from docvlm.ui.library import KeptFile, Library
from docvlm.ui.page_panel import PagePanel
from docvlm.ui.sessions import OpenView, Session, Sessions


class DocumentsPanel:
    """Where a document comes from. Each file is kept in the library before it is opened."""

    def __init__(
        self, workspace: Workspace, sessions: Sessions, page: PagePanel, ask: AskPanel, extract: ExtractPanel
    ) -> None:
        self._workspace = workspace
        self._sessions = sessions
        self._page = page
        self._ask = ask
        self._extract = extract
        self._library = Library(workspace.settings.prepare_home() / "documents")
        self._lay_out()
        self._connect()

    def list_on_load(self, blocks: gr.Blocks) -> None:
        blocks.load(self._list, outputs=[self._documents], show_progress="hidden", **PRIVATE)

    # Widgets

    def _lay_out(self) -> None:
        self._upload = gr.File(label="PDF or image", elem_id="upload", height=118, show_label=False)
        self._notice = gr.HTML(elem_id="notice")
        with gr.Row(visible=False, elem_id="unlock") as self._unlock_row:
            self._password = gr.Textbox(
                type="password",
                placeholder="Password of the document",
                show_label=False,
                container=False,
                scale=3,
            )
            self._unlock = gr.Button("Open", size="sm", scale=1, min_width=60)
        self._samples = clickable_html(results.samples_html(), "samples")
        self._documents = clickable_html("", "documents")

    def _connect(self) -> None:
        outputs = [self._notice, self._documents, self._unlock_row, self._password, self._upload]
        outputs += [self._page.picture, *self._ask.opened, *self._extract.opened]
        for event, callback, inputs in (
            (self._upload.upload, self._open_upload, [self._upload]),
            (self._samples.select, self._open_sample, None),
            (self._documents.select, self._open_kept, None),
            (self._unlock.click, self._open_locked, [self._password]),
            (self._password.submit, self._open_locked, [self._password]),
        ):
            event(callback, inputs, outputs, show_progress="hidden", concurrency_id="open", **PRIVATE)

    # The saved documents

    def _list(self, request: gr.Request) -> Updates:
        return {self._documents: self._list_html(session_of(self._sessions, request))}

    def _list_html(self, session: Session) -> str:
        try:
            records = self._library.documents(self._workspace.store)
        except DocvlmError as error:
            return results.error_html(error)
        return results.documents_html(records, session.view.document.id if session.view else None)

    # Opening

    def _open_upload(self, path: str | None, request: gr.Request) -> Iterator[Updates]:
        if path is not None:
            source = Path(path)
            yield from self._open(request, source.name, lambda: self._library.keep(source, source.name))

    def _open_sample(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        sample = find_sample(choice_of(event, "sample"))
        if sample is not None:
            source = sample.path
            yield from self._open(request, source.name, lambda: self._library.keep(source, source.name))

    def _open_kept(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        number = number_of(event, "document")

        def find() -> KeptFile:
            file = None if number is None else self._library.find(self._workspace.store, number)
            if file is None:
                raise UsageError("This document is no longer kept.", "Open its file again.")
            return file

        yield from self._open(request, "the document", find)

    def _open_locked(self, password: str, request: gr.Request) -> Iterator[Updates]:
        file = session_of(self._sessions, request).locked
        if file is not None:
            locked = file
            yield from self._open(request, locked.name, lambda: locked, password or "")

    def _open(
        self, request: gr.Request, name: str, find: Callable[[], KeptFile], password: str | None = None
    ) -> Iterator[Updates]:
        """Open a file of the library in this tab; its page is shown first, then read."""
        session = session_of(self._sessions, request)
        yield {self._notice: results.notice_html(f"Opening {name} …", "busy"), self._upload: None}
        file = None
        try:
            file = find()
            view = self._open_view(file, password)
        except PasswordError as error:
            session.locked = file
            yield {
                self._notice: results.error_html(error),
                self._unlock_row: gr.Row(visible=True),
                self._password: "",
            }
            return
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            if file is not None:
                self._library.discard(file)
            yield {
                self._notice: results.error_html(sentence(error)),
                self._unlock_row: gr.Row(visible=False),
            }
            return
        session.show(view)
        session.locked = None
        yield {
            self._notice: "",
            self._documents: self._list_html(session),
            self._unlock_row: gr.Row(visible=False),
            self._password: "",
            **self._page.draw(view),
            **self._ask.open(view),
            **self._extract.open(view),
        }
        try:
            yield self._page.draw_with_words(session, view)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            yield {self._notice: results.error_html(sentence(error))}

    def _open_view(self, file: KeptFile, password: str | None) -> OpenView:
        document = self._workspace.open(file.path, name=file.name, password=password)
        view = OpenView(document)
        store = self._workspace.store
        latest = {record.answer.question: record.answer for record in store.answers(document.id)}
        view.answers = list(latest.values())
        extractions = store.extractions(document.id, latest_only=True)
        view.extraction = extractions[-1].extraction if extractions else None
        return view
