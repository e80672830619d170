"""The tab Ask: a conversation about the open document, a box on it, or several documents."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gradio as gr

from docvlm.errors import Cancelled, DocvlmError, UsageError
from docvlm.pipeline import Region, guess_kind, suggested_questions
from docvlm.store import Label, LabelKind
from docvlm.types import Answer
from docvlm.ui import answers
from docvlm.ui.assets import script, template
from docvlm.ui.browser_values import region_of
from docvlm.ui.callbacks import (
    LONG,
    PRIVATE,
    QUICK,
    Updates,
    as_number,
    choice_of,
    clickable_html,
    failure_html,
    is_choice,
    number_of,
    text_in,
)
from docvlm.ui.conversation import Asked, Group, Part
from docvlm.ui.desk import Desk
from docvlm.ui.document_work import REDRAW_SECONDS, page_text, prepare
from docvlm.ui.documents_panel import DocumentsPanel
from docvlm.ui.jobs import JobKind
from docvlm.ui.library import KeptFile, Library
from docvlm.ui.sessions import OpenView, Session

THIS_PAGE, SELECTED = "page", "selected"
LONGEST_QUESTION = 500
_BACK = '<button type="button" class="plain" data-choice="back:">Back to the open document</button>'


class AskPanel:
    """Questions and answers. A new answer is lit on the page; so is any other on hover or click."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._answers = clickable_html(answers.answers_html(()), "answers")
        self._composer = gr.HTML(
            None,
            elem_id="composer",
            html_template=template("composer.html"),
            js_on_load=script("composer.js"),
            apply_default_css=False,
        )
        desk.add(self)

    @property
    def opened(self) -> Sequence[Any]:
        return [self._answers, self._composer]

    def connect(self, documents: DocumentsPanel) -> None:
        """Wire the events; an answer of another document opens it through ``documents``."""
        self._documents = documents
        documents.when_forgotten(self._without_groups)
        self._composer.ask(self._on_ask, None, self.opened, concurrency_id="ask", **LONG)
        self._composer.stop(self._stop, queue=False, **PRIVATE)
        self._answers.select(self._choose, None, documents.outputs, **QUICK)

    def show(self, session: Session) -> Updates:
        # A reply may be under way, also of other documents: the button that stops it stays.
        view, busy = session.view, session.goes_on(JobKind.ASK)
        shown = answers.answers_html(()) if view is None else self._html(view)
        return {self._answers: shown, self._composer: _composer(view, busy)}

    def _html(self, view: OpenView, pending: str = "", focus: str = "", lit: Asked | None = None) -> str:
        records = self._desk.workspace.store.labels(view.document.id, LabelKind.QA)
        kept = {record.label.name: record.label.value for record in records}
        return answers.answers_html(view.asked, pending, focus, kept, lit, view.page_count)

    def _on_ask(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        session = self._desk.sessions.of(request)
        view, of_selected = session.view, text_in(event, "scope", 20) == SELECTED
        question = " ".join(text_in(event, "question", LONGEST_QUESTION).split())
        if not question:
            return
        try:
            if of_selected:
                if not session.selected:
                    raise UsageError("No document is ticked.", "Tick some on the left or in Library.")
                yield from self._ask_selected(session, question)
            elif view is None:
                raise UsageError("No document is open here.", "Open one on the left, or once more, then ask.")
            else:
                yield from self._ask_open(session, view, question, _part_of(event, view))
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            failure, now = failure_html(error), session.view
            if of_selected or now is view:
                if of_selected and session.groups:
                    shown = answers.groups_html(session.groups, failure + _BACK, str(time.monotonic_ns()))
                else:
                    shown = failure if now is None else self._html(now, failure)
                yield {self._answers: shown, self._composer: _composer(now)}

    def _ask_open(
        self,
        session: Session,
        view: OpenView,
        question: str,
        part: Part | None,
    ) -> Iterator[Updates]:
        """Stream the answer into the conversation about the open document."""
        with view.jobs.work(JobKind.ASK) as cancel:
            yield {self._composer: _composer(view, busy=True)}
            for event in self._events(view, question, question, cancel, part):
                if session.view is not view:
                    return
                if isinstance(event, Answer):
                    view.add_answer(event, part)
                    shown = self._html(view, focus=_focus(view))
                    yield {self._answers: shown, self._composer: _composer(view)}
                else:
                    yield {self._answers: self._html(view, event)}

    def _events(
        self,
        view: OpenView,
        heading: str,
        question: str,
        cancel: threading.Event,
        part: Part | None = None,
    ) -> Iterator[str | Answer]:
        """HTML of what is going on, under a heading; the answer last."""
        region = part if isinstance(part, Region) else None
        pages = [part] if isinstance(part, int) else [region.page] if region is not None else None
        for line in prepare(self._desk.workspace, self._desk.loader, view, pages, cancel):
            yield answers.pending_html(heading, line, "")
        text, page, drawn = "", 0, 0.0
        yield answers.pending_html(heading, "Thinking", "")
        for event in view.document.ask_stream(question, pages, cancel, region=region):
            if isinstance(event, Answer):
                yield event
                return
            text = text + event.text if event.page == page else event.text
            page = event.page
            if time.monotonic() - drawn > REDRAW_SECONDS:
                drawn = time.monotonic()
                yield answers.pending_html(heading, f"On page {page}", text)

    def _ask_selected(self, session: Session, question: str) -> Iterator[Updates]:
        """Ask each selected document in turn, whatever is opened meanwhile."""
        with session.jobs.work(JobKind.ASK) as cancel:
            yield {self._composer: _composer(session.view, busy=True)}
            yield from self._ask_each(session, question, cancel)
        yield {self._composer: _composer(session.view)}

    def _ask_each(self, session: Session, question: str, cancel: threading.Event) -> Iterator[Updates]:
        """Answers that stand below one another and below earlier groups."""
        cards: dict[str, str] = {}
        library, latest = self._desk.library(session), str(time.monotonic_ns())
        for gone in {name for kept in session.groups for name in kept.files if not library.owns(name)}:
            session.forget_file(gone)  # deleted in another tab, or by a program
        try:
            for number in sorted(session.selected):
                file = library.find(self._desk.workspace.store, number)
                if file is None:
                    continue
                card = ""
                try:
                    for card in self._ask_file(session, number, file, question, cancel):
                        group = _group(question, cards, library)
                        yield {self._answers: _groups(session, group, card, latest)}
                except Cancelled:
                    raise
                except DocvlmError as error:
                    card = answers.failed_document_html(file.name, failure_html(error))
                cards[file.path.name] = card
        finally:  # what is answered stays, also where somebody stops what is left
            group = _group(question, cards, library)
            shown = _groups(session, group, _BACK, f"{latest} done")
            if group.files:
                session.keep_group(group)
        yield {self._answers: shown}

    def _ask_file(
        self, session: Session, number: int, file: KeptFile, question: str, cancel: threading.Event
    ) -> Iterator[str]:
        """The reply of one of several documents as it comes, as HTML; the answer last."""
        yield answers.pending_html(file.name, "Opening", "")
        other = self._desk.open_view(session, file)
        try:
            for event in self._events(other, file.name, question, cancel):
                if isinstance(event, Answer):
                    yield answers.other_document_html(number, file.name, event)
                else:
                    yield event
        finally:
            other.close()

    def _without_groups(self, session: Session) -> Updates:
        view = session.view
        return {self._answers: answers.answers_html(()) if view is None else self._html(view)}

    def _stop(self, request: gr.Request) -> None:
        self._desk.sessions.of(request).stop(JobKind.ASK)

    def _choose(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """Keep an answer as a label, or open the document of an answer."""
        session, index = self._desk.sessions.of(request), number_of(event, "right")
        if is_choice(event, "open"):
            yield from self._open_at(session, choice_of(event, "open"))
        elif session.view is not None and index is not None and index < len(session.view.asked):
            view = session.view
            answer = view.asked[index].answer
            label = Label(LabelKind.QA, answer.question, answer.text, answer.page, answer.boxes, "confirmed")
            failure = ""
            try:
                self._desk.workspace.store.save_label(view.document.id, label)
            except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
                failure = failure_html(error)
            yield {self._answers: self._html(view, failure)}
        elif is_choice(event, "back") and session.view is not None:
            yield {self._answers: self._html(session.view)}

    def _open_at(self, session: Session, choice: str) -> Iterator[Updates]:
        """Open a document at the page of its answer, and light the answer.

        Args:
            choice: the document's number, the page and the question, as ``other_document_html`` gives them.
        """
        first, page, question = [*choice.split(":", 2), "", ""][:3]
        number, focus = as_number(first), ""
        if number is None:
            return
        for updates in self._documents.open_kept(session, number, as_number(page) or 1):
            view = session.view
            if self._answers in updates and view is not None and view.document.id == number:
                lit = next((asked for asked in view.asked if asked.answers(question, None)), None)
                focus = focus or _focus(view)
                html = self._html(view, focus=focus if lit is not None else "", lit=lit)
                updates = updates | {self._answers: html}
            yield updates


def _part_of(event: gr.EventData, view: OpenView) -> Part | None:
    """What of the open document a question is about; its only page is the document."""
    region = region_of(event, view.page_count)
    is_page = text_in(event, "scope", 20) == THIS_PAGE and view.page_count > 1
    return region or (view.page_number if is_page else None)


def _focus(view: OpenView) -> str:
    """A text that was not used before, see ``answers_html``."""
    return f"{view.document.id}-{time.monotonic_ns()}"


def _composer(view: OpenView | None, busy: bool = False) -> dict[str, Any]:
    """The state of the question field; its form is described in ``composer.js``."""
    suggestions = ""
    if view is not None and not busy and not view.asked:
        suggestions = answers.suggestions_html(suggested_questions(guess_kind(page_text(view))))
    return {"busy": busy, "suggestions": suggestions, "document": view.document.id if view else None}


def _group(question: str, cards: Mapping[str, str], library: Library) -> Group:
    """The answers so far, by file, without those of documents that were deleted meanwhile."""
    owned = {name: card for name, card in cards.items() if library.owns(name)}
    return Group(question, "".join(owned.values()), frozenset(owned))


def _groups(session: Session, group: Group, last: str, latest: str) -> str:
    """A group below those that are kept."""
    return answers.groups_html([*session.groups, group], last, latest)
