"""The tab Label: every value that is accepted or corrected is a label to train on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from docvlm.ui import notices
from docvlm.ui.assets import script
from docvlm.ui.callbacks import (
    IN_TURN,
    LONG,
    QUICK,
    Updates,
    choice_of,
    clickable_html,
    failure_html,
    is_choice,
    no_updates,
    number_of,
    sentence,
    text_in,
)
from docvlm.ui.desk import Desk
from docvlm.ui.documents_panel import DocumentsPanel
from docvlm.ui.label_bar import KEYS_HTML, bar_html, queue_html
from docvlm.ui.label_rows import LONGEST_QUESTION, lines_html, questions_html
from docvlm.ui.label_state import LabelMode
from docvlm.ui.label_work import LabelWork
from docvlm.ui.sessions import OpenView, Session
from docvlm.ui.sheet import refused_html, sheet_html

_NOTHING = (
    '<p class="quiet">Open a document on the left, or press Next document. The model fills in what it finds; '
    "what you accept or correct is kept as a label, and labels make the model better under Fine-tune.</p>"
)
_ROWS_LEFT = (
    "All fields are labelled. Ctrl+Enter in a row accepts the rows too; Alt+N opens the next document."
)


class LabelPanel:
    """Fields, questions and lines of the open document, and the queue; empty while it is hidden."""

    def __init__(self, desk: Desk, work: LabelWork) -> None:
        self._desk = desk
        self._work = work
        self._bar = clickable_html("", "label-bar")
        self._notice = gr.HTML("", elem_id="label-notice", apply_default_css=False)
        self._sheet = gr.HTML(
            "",
            elem_id="label-fields",
            js_on_load=script("sheet.js", "completion.js", "widen.js", "evidence_crop.js", "label_keys.js"),
            apply_default_css=False,
        )
        gr.HTML(KEYS_HTML, elem_id="label-keys", apply_default_css=False)
        desk.add(self)

    @property
    def opened(self) -> Sequence[Any]:
        return [self._bar, self._notice, self._sheet]

    def connect(self, documents: DocumentsPanel, tab: gr.Tab) -> None:
        """Wire the events; the next document is opened through ``documents``."""
        self._documents = documents
        outputs = documents.outputs
        tab.select(self._enter, None, self.opened, **QUICK)
        self._bar.select(self._act, None, outputs, **QUICK)
        self._sheet.select(self._act, None, outputs, **QUICK)
        self._sheet.prefill(self._prefill, None, self.opened, concurrency_id="extract", **LONG)
        self._sheet.ahead(self._read_ahead, None, None, concurrency_id="extract", **LONG)
        self._sheet.question(self._ask, None, self.opened, concurrency_id="ask", **LONG)
        self._sheet.edit(self._edit, None, self.opened, **IN_TURN)
        self._sheet.rows(self._change_rows, None, self.opened, **IN_TURN)
        self._sheet.undo(self._undo, None, self.opened, **IN_TURN)
        self._sheet.finish(self._finish, None, [self._bar, self._notice], **IN_TURN)
        self._sheet.turned(self._turned, None, [self._sheet], **QUICK)

    def leave(self, request: gr.Request) -> None:
        """Another task came to the front."""
        self._desk.sessions.of(request).label.is_shown = False

    # Showing

    def show(self, session: Session) -> Updates:
        if not session.label.is_shown:
            return dict.fromkeys(self.opened, "")
        return {**self._show_bar(session), self._notice: "", **self._show_sheet(session)}

    def _show_bar(self, session: Session) -> Updates:
        schemas = self._work.fields.shelf(session).schemas()
        chosen = self._work.fields.shown_schema(session)
        return {self._bar: bar_html(self._work.queue(session), schemas, chosen, session.label.mode)}

    def _show_sheet(self, session: Session) -> Updates:
        return {self._sheet: self._sheet_html(session, session.view)}

    def _sheet_html(self, session: Session, view: OpenView | None) -> str:
        mode = session.label.mode
        if mode is LabelMode.QUEUE:
            return queue_html(self._work.queue(session), view.document.id if view else None)
        if view is None:
            return _NOTHING
        if mode is LabelMode.QUESTIONS:
            rows = self._work.questions(view)
            return questions_html(rows, self._work.suggestions(view), view.document.id)
        if mode is LabelMode.LINES:
            return lines_html(view.labels.lines(view.page_number), view.document.id, view.page_number)
        checked, waits = self._work.sheet(view, session)
        return sheet_html(checked, view.document.id, waits, ids="label")

    def _enter(self, request: gr.Request) -> Updates:
        """The tab came to the front."""
        session = self._desk.sessions.of(request)
        session.label.is_shown = True
        self._work.look_again(session)
        self._work.fields.refresh(session)
        return self.show(session)

    def _turned(self, request: gr.Request) -> Updates:
        return self._show_sheet(self._desk.sessions.of(request))

    # Choices

    def _act(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """Open the next document or one of the queue; change what is labelled, or with which fields."""
        session = self._desk.sessions.of(request)
        number = number_of(event, "document")
        if is_choice(event, "next"):
            self._work.keep_schema(session)
            number = self._work.next_document(session)
            if number is None:
                yield {**self._show_bar(session), self._notice: notices.notice_html(_all_labelled())}
                return
        if number is not None:
            session.label.mode = (
                LabelMode.FIELDS if session.label.mode is LabelMode.QUEUE else session.label.mode
            )
            yield from self._documents.open_kept(session, number)
        elif is_choice(event, "schema"):
            session.schema = choice_of(event, "schema")
            self._work.look_again(session)
            self._work.fields.refresh(session)
            yield self.show(session)
        elif choice_of(event, "mode") in tuple(LabelMode):
            session.label.mode = LabelMode(choice_of(event, "mode"))
            yield self.show(session)

    # The model's guesses

    def _prefill(self, request: gr.Request) -> Iterator[Updates]:
        """Fill the sheet with what the model finds; then look at the next document."""
        session = self._desk.sessions.of(request)
        view = session.view
        if view is None:
            return
        try:
            for line in self._work.prefill(session, view):
                if session.view is not view:
                    return
                yield {self._notice: notices.notice_html(f"{line}. You can label meanwhile.", "busy")}
            if session.view is view and session.label.is_shown:
                yield {self._notice: "", **self._show_bar(session), **self._show_sheet(session)}
            # When a generator ends, Gradio sends what it gave last once more, over what was done meanwhile.
            yield no_updates()
            self._work.read_ahead(session)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            if session.view is view:
                yield {self._notice: failure_html(error), **self._show_sheet(session)}

    def _read_ahead(self, request: gr.Request) -> None:
        """The sheet came filled, so the model can look at the document that comes after it."""
        session = self._desk.sessions.of(request)
        if not session.schema:
            return  # nobody goes from one document to the next yet, and each one's kind decides its fields
        try:
            self._work.read_ahead(session)
        except Exception as error:  # noqa: BLE001 - nobody waits for it; it is said when the document is opened
            sentence(error)

    def _ask(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """Add a question, and let the model answer it as a first guess."""
        view = (session := self._desk.sessions.of(request)).view
        question = " ".join(text_in(event, "question", LONGEST_QUESTION).split())
        if view is None or not question:
            return
        if question not in view.questions:
            view.questions.append(question)
        yield self._show_sheet(session)
        try:
            for line in self._work.answer(view, question):
                if session.view is not view:
                    return
                yield {self._notice: notices.notice_html(line, "busy")}
            if session.view is view:
                yield {self._notice: "", **self._show_sheet(session)}
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            if session.view is view:
                yield {self._notice: failure_html(error)}

    # Labels

    def _edit(self, event: gr.EventData, request: gr.Request) -> Updates:
        session = self._desk.sessions.of(request)
        try:
            self._work.edit(session, event)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            return self._refuse(session, error)
        shown = {**self._show_sheet(session), self._notice: ""}
        if not self._work.has_all_fields(session):
            return shown
        rows = notices.notice_html(_ROWS_LEFT) if self._work.has_rows_left(session) else ""
        return {**shown, **self._show_bar(session), self._notice: rows}

    def _refuse(self, session: Session, error: Exception) -> Updates:
        kept = self._sheet_html(session, session.view)
        return {self._sheet: refused_html(kept), self._notice: failure_html(error)}

    def _change_rows(self, event: gr.EventData, request: gr.Request) -> Updates:
        session = self._desk.sessions.of(request)
        try:
            self._work.fields.change_rows(session, event)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            return self._refuse(session, error)
        return {**self._show_sheet(session), self._notice: ""}

    def _undo(self, request: gr.Request) -> Updates:
        session = self._desk.sessions.of(request)
        if session.view is None:
            return no_updates()
        try:
            self._work.undo(session)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            return {self._notice: failure_html(error)}
        return {**self._show_sheet(session), **self._show_bar(session), self._notice: ""}

    def _finish(self, request: gr.Request) -> Updates:
        session = self._desk.sessions.of(request)
        left = sum(not entry.is_labelled for entry in self._work.queue(session))
        following = "the last one" if left == 1 else f"the next of {left} documents"
        line = f"Labelled. Enter opens {following}." if left else _all_labelled()
        return {**self._show_bar(session), self._notice: notices.notice_html(line)}


def _all_labelled() -> str:
    return "All documents are labelled. Fine-tune makes the model better with them."
