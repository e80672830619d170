"""The tab Extract: a schema, the values it finds, corrections, and files of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from html import escape
from typing import Any

import gradio as gr

from docvlm.errors import Cancelled, DocvlmError, SchemaError, UsageError
from docvlm.export import ExportedDocument
from docvlm.pipeline import CheckedExtraction
from docvlm.schemas import Schema, load_schema, template_names
from docvlm.schemas.sources import parse_field_list
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
    value_in,
)
from docvlm.ui.desk import Desk
from docvlm.ui.documents_panel import DocumentsPanel
from docvlm.ui.downloads import Downloads
from docvlm.ui.extract_bar import bar_html, export_html, results_html
from docvlm.ui.field_work import FieldWork
from docvlm.ui.jobs import JobKind
from docvlm.ui.library import KeptFile
from docvlm.ui.schema_builder import builder_html, schema_of_rows
from docvlm.ui.sessions import OpenView, Session
from docvlm.ui.sheet import refused_html, sheet_html

THIS_PAGE, SELECTED = "page", "selected"
_NOTHING = (
    '<p class="quiet">Choose what to look for, then extract. Enter accepts a value and goes to the next; '
    "a word clicked on the page, or a box drawn around several, becomes the value.</p>"
)


class ExtractPanel:
    """Fields of the open document, or of the selected ones. What a person changes becomes a label."""

    def __init__(self, desk: Desk, work: FieldWork) -> None:
        self._desk = desk
        self._work = work
        self._bar = clickable_html("", "extract-bar")
        self._builder = gr.HTML(
            "",
            elem_id="builder",
            js_on_load=script("choices.js", "builder.js"),
            apply_default_css=False,
        )
        self._notice = gr.HTML("", elem_id="extract-notice", apply_default_css=False)
        self._sheet = gr.HTML(
            _NOTHING,
            elem_id="fields",
            js_on_load=script("sheet.js", "completion.js", "widen.js", "evidence_crop.js"),
            apply_default_css=False,
        )
        self._results = clickable_html("", "results")
        self._downloads = Downloads()
        desk.add(self)

    @property
    def opened(self) -> Sequence[Any]:
        return [self._bar, self._builder, self._notice, self._sheet, self._results]

    def connect(self, documents: DocumentsPanel, tab: gr.Tab) -> None:
        """Wire the events; a row of several documents' results opens its document through ``documents``."""
        self._documents = documents
        tab.select(self._enter, None, self.opened, **QUICK)
        self._bar.submitted(self._on_extract, None, self.opened, concurrency_id="extract", **LONG)
        self._bar.select(self._act, None, self.opened, **QUICK)
        self._builder.build(self._build, None, self.opened, **QUICK)
        self._sheet.edit(self._edit, None, [self._sheet, self._notice], **IN_TURN)
        self._sheet.rows(self._change_rows, None, [self._sheet, self._notice], **IN_TURN)
        self._sheet.undo(self._undo, None, [self._sheet, self._notice], **IN_TURN)
        self._sheet.finish(self._finish, None, [self._notice], **IN_TURN)
        self._results.select(
            self._act_on_results,
            None,
            [*documents.outputs, self._downloads.component],
            **QUICK,
        )

    def show(self, session: Session) -> Updates:
        checked = self._work.refresh(session)
        return {
            **self._bars(session),
            self._notice: "",
            **_sheet(self._sheet, session.view),
        } | {self._results: "" if checked is None else export_html(len(session.selected))}

    def _bars(self, session: Session) -> Updates:
        """What to look for; while the model looks, also the button that stops it."""
        schemas = self._work.shelf(session).schemas()
        count = session.view.page_count if session.view is not None else 0
        chosen, busy = self._work.shown_schema(session), session.goes_on(JobKind.EXTRACT)
        return {self._bar: bar_html(schemas, chosen, count, len(session.selected), busy)}

    def _enter(self, request: gr.Request) -> Updates:
        """The tab came to the front; labels may have been made elsewhere meanwhile."""
        return self.show(self._desk.sessions.of(request))

    # Extracting

    def _on_extract(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        session = self._desk.sessions.of(request)
        view = session.view
        of_selected = text_in(event, "scope", 20) == SELECTED and bool(session.selected)
        shown = text_in(event, "schema", 80)
        if shown and shown != self._work.schema(session).name:  # else the next document's kind decides again
            session.schema = shown
        try:
            if of_selected:
                yield from self._extract_selected(session)
            elif view is None:
                raise UsageError(
                    "No document is open here.", "Open one on the left, or once more, then extract."
                )
            else:
                is_one_page = text_in(event, "scope", 20) == THIS_PAGE
                yield from self._extract_open(session, view, [view.page_number] if is_one_page else None)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            if of_selected or session.view is view:
                yield {self._notice: failure_html(error)}
        if of_selected or session.view is view:
            yield self._bars(session)

    def _extract_open(
        self, session: Session, view: OpenView, pages: Sequence[int] | None
    ) -> Iterator[Updates]:
        """Extract from the open document; nothing of it is shown once another one is open."""
        choose = partial(self._schema_once_read, session, view)
        is_wanted = partial(self._work.is_wanted, session)
        with view.jobs.work(JobKind.EXTRACT) as cancel:
            yield {**self._bars(session), self._builder: "", self._results: ""}
            for line in self._work.extract(view, choose, pages, cancel, is_wanted):
                if session.view is not view:
                    return
                yield {self._notice: notices.notice_html(line, "busy")}
        if session.view is not view:
            return
        yield {self._notice: ""}
        if view.checked is not None:
            yield {**_sheet(self._sheet, view), self._results: export_html(len(session.selected))}

    def _schema_once_read(self, session: Session, view: OpenView) -> Schema:
        """The schema chosen, or else the one that fits what stands on the page."""
        view.picture_with_words()
        return self._work.schema(session)

    def _extract_selected(self, session: Session) -> Iterator[Updates]:
        """Extract from each selected document in turn; one row of values each."""
        with session.jobs.work(JobKind.EXTRACT) as cancel:
            yield {**self._bars(session), self._builder: ""}
            yield from self._extract_each(session, cancel)

    def _extract_each(self, session: Session, cancel: threading.Event) -> Iterator[Updates]:
        schema, library = self._work.schema(session), self._desk.library(session)
        done: list[tuple[int, str, CheckedExtraction]] = []
        failures = ""
        for number in sorted(session.selected):
            file = library.find(self._desk.workspace.store, number)
            if file is None:
                continue
            try:
                for event in self._extract_file(session, file, schema, cancel):
                    if isinstance(event, str):
                        yield {self._notice: failures + notices.notice_html(f"{file.name}: {event}", "busy")}
                    else:
                        done.append((number, file.name, event))
            except Cancelled:
                raise
            except DocvlmError as error:
                failures += notices.error_html(DocvlmError(f"{file.name}: {sentence(error)}"))
            yield {self._results: results_html(schema, done)}
        yield {self._notice: failures}

    def _extract_file(
        self, session: Session, file: KeptFile, schema: Schema, cancel: threading.Event
    ) -> Iterator[str | CheckedExtraction]:
        """Sentences of what is going on with one of several documents; its values last."""
        other = self._desk.open_view(session, file)
        try:
            yield from self._work.extract(other, lambda: schema, None, cancel)
            if other.checked is not None:
                yield other.checked
        finally:
            other.close()

    # The bar above, the table of a schema's fields, the files below

    def _act(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Stop, choose a schema, open the builder, or hand out a file."""
        session = self._desk.sessions.of(request)
        if is_choice(event, "stop"):
            session.stop(JobKind.EXTRACT)
        elif is_choice(event, "schema"):
            session.schema = choice_of(event, "schema")
            return {**self.show(session), self._builder: ""}
        elif is_choice(event, "build"):
            schema = session.building = self._work.shown_schema(session)
            return {self._builder: builder_html(schema, _own_name(schema))}
        return no_updates()

    def _build(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Save the schema in the builder, import one into it, delete it, or close the builder."""
        session = self._desk.sessions.of(request)
        shelf, before = self._work.shelf(session), self._work.shown_schema(session)
        action, name = text_in(event, "action", 20), text_in(event, "name", 60)
        try:
            if action == "import":
                imported = session.building = _imported(text_in(event, "json", 100_000))
                return {self._builder: builder_html(imported, name)}
            if action == "save":
                shown = session.building or before
                schema = schema_of_rows(name, value_in(event, "fields"), shown.checks, shown.fields)
                shelf.save(schema)
                session.schema = schema.name
            if action == "delete" and not shelf.delete(name):
                raise SchemaError(f"There is no saved schema '{name}'.", "Templates cannot be deleted.")
        except SchemaError as error:
            if action != "import":  # the table stays as it was typed
                gr.Warning(escape(str(error)))
                return no_updates()
            session.building = before
            return {self._builder: builder_html(before, name, notices.error_html(error))}
        return {**self.show(session), self._builder: ""}

    def _act_on_results(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """Open the document of a row, or hand out a file of the values."""
        session = self._desk.sessions.of(request)
        number = number_of(event, "document")
        if number is not None:
            yield from self._documents.open_kept(session, number)
        elif is_choice(event, "export"):
            which, _, ending = choice_of(event, "export").partition(":")
            exported = self._selected(session) if which == SELECTED else _open_one(session.view)
            try:
                yield self._downloads.hand_out(exported, ending)
            except UsageError as error:
                gr.Warning(escape(str(error)))

    def _selected(self, session: Session) -> list[ExportedDocument]:
        """The latest values of each selected document, with the labels over them."""
        schema, library = self._work.shown_schema(session), self._desk.library(session)
        found = []
        for number in sorted(session.selected):
            file = library.find(self._desk.workspace.store, number)
            if file is not None:
                checked = self._work.known(number, schema)
                found.append(ExportedDocument(file.name, checked.without_empty_rows()))
        return found

    # Corrections

    def _edit(self, event: gr.EventData, request: gr.Request) -> Updates:
        return self._change(self._work.edit, event, request)

    def _change_rows(self, event: gr.EventData, request: gr.Request) -> Updates:
        return self._change(self._work.change_rows, event, request)

    def _change(
        self, change: Callable[[Session, gr.EventData], None], event: gr.EventData, request: gr.Request
    ) -> Updates:
        session = self._desk.sessions.of(request)
        try:
            change(session, event)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            kept = _sheet(self._sheet, session.view)[self._sheet]
            return {self._sheet: refused_html(kept), self._notice: failure_html(error)}
        return _sheet(self._sheet, session.view)

    def _undo(self, request: gr.Request) -> Updates:
        session = self._desk.sessions.of(request)
        try:
            self._work.undo(session)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            return {self._notice: failure_html(error)}
        return _sheet(self._sheet, session.view)

    def _finish(self) -> Updates:
        return {self._notice: notices.notice_html("All values are checked and kept as labels.")}


def _open_one(view: OpenView | None) -> list[ExportedDocument]:
    if view is None or view.checked is None:
        return []
    return [ExportedDocument(view.name, view.checked.without_empty_rows())]


def _sheet(component: gr.HTML, view: OpenView | None) -> Updates:
    if view is None or view.checked is None:
        return {component: _NOTHING}
    return {component: sheet_html(view.checked, view.document.id)}


def _own_name(schema: Schema) -> str:
    """The name that a schema is saved under: a template's is taken, a person's own stays."""
    return f"my {schema.name}".replace("_", " ") if schema.name in template_names() else schema.name


def _imported(text: str) -> Schema:
    """A JSON Schema or a list of fields that was typed; never a file, whatever is typed."""
    text = text.strip()
    return load_schema(text) if text.startswith("{") else parse_field_list(text)
