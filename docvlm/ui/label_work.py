"""What the tab Label does with the open document and the queue; the panel shows what comes of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import gradio as gr

from docvlm.errors import Cancelled, DocvlmError, UsageError
from docvlm.pipeline import (
    CheckedExtraction,
    QueuedDocument,
    guess_kind,
    label_queue,
    page_of_line,
    suggested_questions,
)
from docvlm.schemas import Schema
from docvlm.store import Label
from docvlm.types import Answer
from docvlm.ui.browser_values import edits_of, page_of
from docvlm.ui.callbacks import text_in, value_in
from docvlm.ui.desk import Desk
from docvlm.ui.document_work import REDRAW_SECONDS, page_text, prepare
from docvlm.ui.field_work import FieldWork
from docvlm.ui.jobs import JobKind
from docvlm.ui.label_rows import LINES, QUESTIONS, QuestionRow
from docvlm.ui.label_state import LabelMode, ReadAhead
from docvlm.ui.sessions import OpenView, Session

LONGEST_QUEUE = 500


class LabelWork:
    """Labels of the session's open document: fields, questions and lines; and which document comes next."""

    def __init__(self, desk: Desk, fields: FieldWork) -> None:
        self.desk = desk
        self.fields = fields

    # The queue

    def queue(self, session: Session) -> list[QueuedDocument]:
        """The owner's documents, or those with a tick, in the order in which they are best labelled."""
        store, library = self.desk.workspace.store, self.desk.library(session)
        everything = library.documents(store) if session.selected else []
        ticked = [record for record in everything if record.id in session.selected]
        records = ticked[:LONGEST_QUEUE] or library.documents(store, LONGEST_QUEUE)
        return label_queue(store, records, self.fields.shown_schema(session))

    def next_document(self, session: Session) -> int | None:
        """The document to label after the open one, None where all are labelled."""
        open_id = session.view.document.id if session.view is not None else None
        waiting = [
            entry.document_id
            for entry in self.queue(session)
            if not entry.is_labelled and entry.document_id != open_id
        ]
        ahead = session.label.ahead  # was first when the model began to look, and is filled in by now
        if ahead is not None and ahead.document_id in waiting:
            return ahead.document_id
        return next(iter(waiting), None)

    def keep_schema(self, session: Session) -> None:
        """Label the documents that follow with the same fields, whatever kind they look like."""
        session.schema = self.fields.shown_schema(session).name

    # Fields

    def sheet(self, view: OpenView, session: Session) -> tuple[CheckedExtraction, str]:
        """The values to check, empty where nothing was found; and whether the model has yet to look: ``now``,
        ``later`` while the page is still read or the model looks, ``failed``, or empty where it has."""
        schema = self.fields.shown_schema(session)
        if view.checked is None:
            view.checked = view.labels.lay_over(schema, self.fields.found(view.document.id, schema))
        if self.fields.found(view.document.id, schema) is not None:
            return view.checked, ""
        if schema.key in view.unseen:
            return view.checked, "failed"
        if schema.key in view.prefilled:
            return view.checked, "later" if schema.key in view.looking else ""
        picture = view.picture()
        return view.checked, "later" if picture.words is None and not picture.problem else "now"

    def has_all_fields(self, session: Session) -> bool:
        """Whether every field of the open document that is no list has a label."""
        checked = session.view.checked if session.view is not None else None
        if checked is None or session.label.mode is not LabelMode.FIELDS:
            return False
        return all(spec.name in checked.confirmed for spec in checked.schema.fields if not spec.is_list)

    def has_rows_left(self, session: Session) -> bool:
        """Whether a row of a list has a value without a label."""
        checked = session.view.checked if session.view is not None else None
        return checked is not None and not checked.confirmed.issuperset(checked.names)

    def prefill(self, session: Session, view: OpenView) -> Iterator[str]:
        """Let the model look for the fields; sentences of what is going on. Labels stay as they are.

        Raises:
            DocvlmError: when the model cannot be had, or the user stopped it.
        """
        schema = self.fields.shown_schema(session)
        view.prefilled.add(schema.key)
        view.looking.add(schema.key)
        view.unseen.discard(schema.key)
        try:
            with view.jobs.work(JobKind.PREFILL) as cancel:
                yield from self._wait_for_ahead(session, view, schema, cancel)
                is_wanted = partial(self.fields.is_wanted, session)
                yield from self.fields.extract(view, lambda: schema, None, cancel, is_wanted)
        except BaseException:
            # Nothing is known of the values, so no empty one may be kept as "not on this document".
            view.prefilled.discard(schema.key)
            view.unseen.add(schema.key)
            raise
        finally:
            view.looking.discard(schema.key)

    def look_again(self, session: Session) -> None:
        """Have the model asked once more where it failed to look."""
        if session.view is not None:
            session.view.unseen.clear()

    def read_ahead(self, session: Session) -> None:
        """Let the model look at the document that comes next, so that its sheet is filled by then."""
        schema, number = self.fields.shown_schema(session), self.next_document(session)
        if number is None or self.fields.found(number, schema) is not None or session.leaving.is_set():
            return
        before = session.label.ahead
        if before is not None and before.is_for(number, schema.key) and not before.done.is_set():
            return
        file = self.desk.library(session).find(self.desk.workspace.store, number)
        if file is None:
            return
        ahead = session.label.ahead = ReadAhead(number, schema.key)
        try:
            with self.desk.open_view(session, file).document as document:
                for _ in document.extract_stream(schema, None, ahead.cancel):
                    if session.leaving.is_set():
                        ahead.cancel.set()
        except DocvlmError:
            return  # it is said when the document is opened
        finally:
            ahead.done.set()

    def _wait_for_ahead(
        self, session: Session, view: OpenView, schema: Schema, cancel: threading.Event
    ) -> Iterator[str]:
        ahead = session.label.ahead
        if ahead is None:
            return
        if not ahead.is_for(view.document.id, schema.key):
            ahead.cancel.set()
            return
        while not ahead.done.wait(REDRAW_SECONDS):
            if cancel.is_set():
                raise Cancelled
            yield "Looking for the fields"

    # Questions

    def questions(self, view: OpenView) -> list[QuestionRow]:
        """Every question that was labelled, asked or typed here, each once."""
        labels = {label.name: label for label in view.labels.questions()}
        answers = {answer.question: answer for answer in view.answers}
        view.questions += [text for text in (*labels, *answers) if text not in view.questions]
        return [_row(text, labels.get(text), answers.get(text)) for text in dict.fromkeys(view.questions)]

    def suggestions(self, view: OpenView) -> list[str]:
        """Questions that fit the kind of document and were not asked yet."""
        known = {row.question for row in self.questions(view)}
        return [text for text in suggested_questions(guess_kind(page_text(view))) if text not in known]

    def answer(self, view: OpenView, question: str) -> Iterator[str]:
        """Let the model answer a question as a first guess; sentences of what is going on.

        Raises:
            DocvlmError: when the model cannot be had, or the user stopped it.
        """
        with view.jobs.work(JobKind.ASK) as cancel:
            yield from prepare(self.desk.workspace, self.desk.loader, view, None, cancel)
            yield "Looking for the answer"
            for event in view.document.ask_stream(question, None, cancel):
                if isinstance(event, Answer):
                    view.add_answer(event)

    # Labels

    def edit(self, session: Session, event: gr.EventData) -> None:
        """Keep what a person says of values, answers or lines.

        Raises:
            UsageError: when the sheet that sent it is not the one that is open.
        """
        view, key = session.view, text_in(event, "schema", 40)
        if key not in (QUESTIONS, LINES):
            self.fields.edit(session, event)
            return
        if view is None or value_in(event, "document") != view.document.id:
            raise UsageError("This document is no longer open here.", "Open it again, then go on.")
        known = {row.question: row for row in self.questions(view)} if key == QUESTIONS else {}
        for edit in edits_of(event, view.page_count):
            row = known.get(edit.name)
            if key == LINES:
                # The page may be turned before all lines are kept.
                page = page_of(page_of_line(edit.name), view.page_count) or view.page_number
                view.labels.transcribe(page, edit.name, edit.text)
            elif row is not None and not edit.boxes and edit.text == (row.answer or ""):
                view.labels.answer(edit.name, edit.text, row.page, row.boxes)
            else:
                view.labels.answer(edit.name, edit.text, edit.page, edit.boxes)

    def undo(self, session: Session) -> None:
        """Take the last label back, whatever it is of."""
        view = session.view
        if view is not None and view.labels.undo() is not None and view.checked is not None:
            schema = view.checked.schema
            view.checked = view.labels.lay_over(schema, self.fields.found(view.document.id, schema))


def _row(question: str, label: Label | None, answer: Answer | None) -> QuestionRow:
    """What a person said, or else what the model answered, or else the bare question."""
    if label is not None:
        return QuestionRow(question, label.value, label.page, label.boxes, 1.0, is_checked=True)
    if answer is not None:
        return QuestionRow(question, answer.text, answer.page, answer.boxes, answer.confidence)
    return QuestionRow(question)
