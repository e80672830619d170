"""The tab Extract: the fields of a schema, as tables with downloads."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import gradio as gr

from docvlm.pipeline import WindowDone, Workspace
from docvlm.schemas import Schema, load_schema, template_names
from docvlm.schemas.sources import parse_field_list
from docvlm.types import Box, Extraction, FieldValue
from docvlm.ui import results
from docvlm.ui.callbacks import (
    LONG,
    QUICK,
    Updates,
    choice_of,
    clickable_html,
    no_updates,
    sentence,
    session_of,
)
from docvlm.ui.document_work import connect_stop, pages_of, prepare, scope_of, scope_radio
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.page_panel import PagePanel
from docvlm.ui.sessions import OpenView, Sessions

OWN_FIELDS = "own"


class ExtractPanel:
    """Fields of the open document. A chosen field is lit on the page."""

    def __init__(
        self, workspace: Workspace, loader: EngineLoader, sessions: Sessions, page: PagePanel
    ) -> None:
        self._workspace = workspace
        self._loader = loader
        self._sessions = sessions
        self._page = page
        self._lay_out()
        self._connect()
        self.opened = [self._fields, self._scope]

    def open(self, view: OpenView) -> Updates:
        """What a document brings along when it is opened, for the components ``opened``."""
        return {self._fields: _fields_html(view), self._scope: scope_of(view)}

    def _lay_out(self) -> None:
        choices = [(load_schema(name).title, name) for name in template_names()]
        self._schema = gr.Dropdown(
            [*choices, ("Own list of fields", OWN_FIELDS)],
            value="invoice",
            label="What to look for",
            elem_id="schema",
        )
        self._own_fields = gr.Textbox(
            label="Fields, as name:type",
            placeholder="seller, date:date, total:amount, items[description, price:amount]",
            lines=3,
            visible=False,
            elem_id="own-fields",
        )
        self._scope = scope_radio()
        with gr.Row():
            self._extract = gr.Button("Extract", variant="primary", elem_id="extract")
            self._stop = gr.Button("Stop", interactive=False, elem_id="stop-extracting")
        self._fields = clickable_html(_no_fields(), "fields")

    def _connect(self) -> None:
        inputs = [self._schema, self._own_fields, self._scope]
        outputs = [self._fields, self._page.picture, self._extract, self._stop]
        self._extract.click(self._on_extract, inputs, outputs, concurrency_id="extract", **LONG)
        self._fields.select(self._choose, outputs=[self._fields, self._page.picture], **QUICK)
        self._schema.change(self._show_own_fields, [self._schema], [self._own_fields], **QUICK)
        connect_stop(self._stop, self._sessions)

    def _on_extract(self, schema: str, own_fields: str, scope: str, request: gr.Request) -> Iterator[Updates]:
        session = session_of(self._sessions, request)
        view = session.view
        if view is None:
            yield {self._fields: results.notice_html("Open a document first, then extract.", "error")}
            return
        yield {self._extract: gr.Button(interactive=False), self._stop: gr.Button(interactive=True)}
        try:
            for event in self._extraction(view, _schema(schema, own_fields), pages_of(view, scope)):
                if session.view is not view:
                    break
                if isinstance(event, str):
                    yield {self._fields: results.notice_html(event, "busy")}
                    continue
                view.extraction = event
                view.light(None, None, ())
                yield {self._fields: _fields_html(view), **self._page.draw(view)}
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            if session.view is view:
                yield {self._fields: results.error_html(sentence(error))}
        yield {self._extract: gr.Button(interactive=True), self._stop: gr.Button(interactive=False)}

    def _extraction(
        self, view: OpenView, schema: Schema, pages: Sequence[int] | None
    ) -> Iterator[str | Extraction]:
        """What is going on; the extraction last."""
        cancel = view.cancel = threading.Event()
        yield from prepare(self._workspace, self._loader, view, pages, cancel)
        yield "Looking for the fields …"
        for event in view.document.extract_stream(schema, pages, cancel):
            if isinstance(event, WindowDone):
                yield f"Page {event.page}: part {event.done} of {event.total} done"
            else:
                yield event

    def _choose(self, event: gr.EventData, request: gr.Request) -> Updates:
        view, path = session_of(self._sessions, request).view, choice_of(event, "field")
        field = results.field_at(view.extraction, path) if view and view.extraction else None
        if view is None or field is None:
            return no_updates()
        view.light(f"field:{path}", field.page, _boxes(field))
        return {self._fields: _fields_html(view), **self._page.draw(view)}

    def _show_own_fields(self, schema: str) -> Updates:
        return {self._own_fields: gr.Textbox(visible=schema == OWN_FIELDS)}


def _schema(name: str, own_fields: str) -> Schema:
    """A template, or the user's own list or JSON Schema; never a file, whatever is typed."""
    if name != OWN_FIELDS:
        return load_schema(name) if name in template_names() else parse_field_list("")
    text = own_fields.strip()
    return load_schema(text) if text.startswith("{") else parse_field_list(text)


def _boxes(field: FieldValue) -> tuple[Box, ...]:
    return field.boxes or ((field.box,) if field.box is not None else ())


def _fields_html(view: OpenView) -> str:
    if view.extraction is None:
        return _no_fields()
    kind, _, path = (view.chosen or "").partition(":")
    name = view.document.info.name
    return results.extraction_html(view.extraction, name, path if kind == "field" else None)


def _no_fields() -> str:
    return '<p class="quiet">Choose what to look for, then extract. Click a row to see it on the page.</p>'
