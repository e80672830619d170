"""The first page: open a document, see it as the model does, ask, extract. Widgets first, callbacks after."""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from docvlm.errors import Cancelled, DocvlmError, PasswordError, UsageError
from docvlm.pipeline import WindowDone, Workspace
from docvlm.schemas import Schema, load_schema, template_names
from docvlm.schemas.sources import parse_field_list
from docvlm.types import Answer, Extraction, FieldValue
from docvlm.ui import page_view, results
from docvlm.ui.assets import find_sample, script
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.library import KeptFile, Library
from docvlm.ui.sessions import OpenView, Session, Sessions

_LOG = logging.getLogger(__name__)

OWN_FIELDS = "own"
WHOLE_DOCUMENT, THIS_PAGE = "Whole document", "This page"
CACHE_SECONDS = 6 * 3600  # uploads that Gradio holds are deleted after this; kept files lie in the library
REDRAW_SECONDS = 0.1

Updates = dict[Any, Any]
"""New values by component."""


def build_page(workspace: Workspace, loader: EngineLoader) -> gr.Blocks:
    """The page over a workspace whose model ``loader`` loads in the background."""
    return _Page(workspace, loader).blocks


class _Page:
    """The widgets of the page and what they do."""

    def __init__(self, workspace: Workspace, loader: EngineLoader) -> None:
        self._workspace = workspace
        self._loader = loader
        self._library = Library(workspace.settings.prepare_home() / "documents")
        self._sessions = Sessions()
        self.blocks = gr.Blocks(
            title="docvlm",
            analytics_enabled=False,
            fill_width=True,
            delete_cache=(CACHE_SECONDS, CACHE_SECONDS),
        )
        with self.blocks:
            self._lay_out_header()
            with gr.Row(elem_id="columns", equal_height=False):
                with gr.Column(scale=5, min_width=230, elem_id="left"):
                    self._lay_out_documents()
                with gr.Column(scale=12, min_width=380, elem_id="middle"):
                    self._page = _choices(page_view.empty_html(), "page-view")
                with gr.Column(scale=9, min_width=340, elem_id="right"), gr.Tabs():
                    with gr.Tab("Ask"):
                        self._lay_out_ask()
                    with gr.Tab("Extract"):
                        self._lay_out_extract()
            self._connect()

    # Widgets

    def _lay_out_header(self) -> None:
        with gr.Row(elem_id="header"):
            gr.HTML('<h1>docvlm</h1><p class="quiet">Every answer is shown on the page.</p>', elem_id="brand")
            self._model = gr.HTML(elem_id="model")
        self._clock = gr.Timer(1.0)

    def _lay_out_documents(self) -> None:
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
        self._samples = _choices(results.samples_html(), "samples")
        self._documents = _choices("", "documents")

    def _lay_out_ask(self) -> None:
        self._question = gr.Textbox(
            label="Question",
            placeholder="What is the total?",
            lines=1,
            max_lines=4,
            max_length=500,
            elem_id="question",
        )
        self._ask_scope = gr.Radio(
            [WHOLE_DOCUMENT, THIS_PAGE],
            value=WHOLE_DOCUMENT,
            visible=False,
            show_label=False,
            container=False,
        )
        with gr.Row():
            self._ask = gr.Button("Ask", variant="primary", elem_id="ask")
            self._stop_asking = gr.Button("Stop", interactive=False, elem_id="stop-asking")
        self._answers = _choices(results.answers_html((), None), "answers")

    def _lay_out_extract(self) -> None:
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
        self._extract_scope = gr.Radio(
            [WHOLE_DOCUMENT, THIS_PAGE],
            value=WHOLE_DOCUMENT,
            visible=False,
            show_label=False,
            container=False,
        )
        with gr.Row():
            self._extract = gr.Button("Extract", variant="primary", elem_id="extract")
            self._stop_extracting = gr.Button("Stop", interactive=False, elem_id="stop-extracting")
        self._fields = _choices(_no_fields(), "fields")

    # Events

    def _connect(self) -> None:
        self.blocks.load(
            self._greet, outputs=[self._model, self._documents], show_progress="hidden", **_PRIVATE
        )
        self._clock.tick(self._tick, outputs=[self._model, self._clock], show_progress="hidden", **_PRIVATE)
        self.blocks.unload(self._leave)

        opened = [self._notice, self._documents, self._page, self._answers, self._fields, self._unlock_row]
        opened += [self._password, self._upload, self._ask_scope, self._extract_scope]
        for event, callback, inputs in (
            (self._upload.upload, self._open_upload, [self._upload]),
            (self._samples.select, self._open_sample, None),
            (self._documents.select, self._open_kept, None),
            (self._unlock.click, self._open_locked, [self._password]),
            (self._password.submit, self._open_locked, [self._password]),
        ):
            event(callback, inputs, opened, show_progress="hidden", concurrency_id="open", **_PRIVATE)

        self._page.select(self._turn_page, outputs=[self._page], **_QUICK)
        self._answers.select(self._choose_answer, outputs=[self._answers, self._page], **_QUICK)
        self._fields.select(self._choose_field, outputs=[self._fields, self._page], **_QUICK)
        self._schema.change(self._show_own_fields, [self._schema], [self._own_fields], **_QUICK)

        asked = [self._answers, self._page, self._question, self._ask, self._stop_asking]
        for event in (self._ask.click, self._question.submit):
            event(self._on_ask, [self._question, self._ask_scope], asked, concurrency_id="ask", **_LONG)
        extracted = [self._fields, self._page, self._extract, self._stop_extracting]
        inputs = [self._schema, self._own_fields, self._extract_scope]
        self._extract.click(self._on_extract, inputs, extracted, concurrency_id="extract", **_LONG)
        for button in (self._stop_asking, self._stop_extracting):
            button.click(self._stop, queue=False, **_PRIVATE)

    # Coming and going

    def _greet(self, request: gr.Request) -> Updates:
        self._loader.start(lambda: self._workspace.engine)
        return {self._model: self._model_line(), self._documents: self._document_list(self._session(request))}

    def _tick(self) -> Updates:
        return {self._model: self._model_line(), self._clock: gr.Timer(active=not self._loader.is_settled)}

    def _leave(self, request: gr.Request) -> None:
        self._sessions.end(str(request.session_hash))

    def _session(self, request: gr.Request) -> Session:
        return self._sessions.get(str(request.session_hash))

    def _model_line(self) -> str:
        return results.model_html(self._loader.card, self._loader.line, self._loader.failure)

    def _document_list(self, session: Session) -> str:
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
        sample = find_sample(_choice(event, "sample"))
        if sample is not None:
            source = sample.path
            yield from self._open(request, source.name, lambda: self._library.keep(source, source.name))

    def _open_kept(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        number = _number(_choice(event, "document"))

        def find() -> KeptFile:
            file = None if number is None else self._library.find(self._workspace.store, number)
            if file is None:
                raise UsageError("This document is no longer kept.", "Open its file again.")
            return file

        yield from self._open(request, "the document", find)

    def _open_locked(self, password: str, request: gr.Request) -> Iterator[Updates]:
        file = self._session(request).locked
        if file is not None:
            locked = file
            yield from self._open(request, locked.name, lambda: locked, password or "")

    def _open(
        self, request: gr.Request, name: str, find: Callable[[], KeptFile], password: str | None = None
    ) -> Iterator[Updates]:
        """Open a file of the library in this tab; its page is shown first, then read."""
        session = self._session(request)
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
                self._notice: results.error_html(_sentence(error)),
                self._unlock_row: gr.Row(visible=False),
            }
            return
        session.show(view)
        session.locked = None
        scope = gr.Radio(value=WHOLE_DOCUMENT, visible=view.page_count > 1)
        yield {
            self._notice: "",
            self._documents: self._document_list(session),
            self._page: self._draw(view),
            self._answers: results.answers_html(view.answers, None),
            self._fields: self._draw_fields(view),
            self._unlock_row: gr.Row(visible=False),
            self._password: "",
            self._ask_scope: scope,
            self._extract_scope: scope,
        }
        yield from self._draw_with_words(session, view)

    def _open_view(self, file: KeptFile, password: str | None) -> OpenView:
        document = self._workspace.open(file.path, name=file.name, password=password)
        view = OpenView(document)
        store = self._workspace.store
        latest = {record.answer.question: record.answer for record in store.answers(document.id)}
        view.answers = list(latest.values())
        extractions = store.extractions(document.id, latest_only=True)
        view.extraction = extractions[-1].extraction if extractions else None
        return view

    # The page

    def _draw(self, view: OpenView) -> str:
        return page_view.page_html(view.document.info.name, view.page_count, view.picture(), view.evidence)

    def _draw_with_words(self, session: Session, view: OpenView) -> Iterator[Updates]:
        """Read the page that is shown, and draw its words if it is still shown then."""
        number = view.page_number
        try:
            view.picture_with_words()
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            yield {self._notice: results.error_html(_sentence(error))}
            return
        if session.view is view and view.page_number == number:
            yield {self._page: self._draw(view)}

    def _turn_page(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        session = self._session(request)
        view, number = session.view, _number(_choice(event, "page"))
        if view is not None and number is not None:
            view.turn_to(number)
            yield {self._page: self._draw(view)}
            for updates in self._draw_with_words(session, view):
                yield {self._page: updates[self._page]} if self._page in updates else {}

    # Asking

    def _on_ask(self, question: str, scope: str, request: gr.Request) -> Iterator[Updates]:
        session = self._session(request)
        view = session.view
        question = " ".join(question.split())
        if view is None or not question:
            text = "Write a question first." if view else "Open a document first, then ask."
            yield {self._answers: results.notice_html(text, "error")}
            return
        idle = {self._ask: gr.Button(interactive=True), self._stop_asking: gr.Button(interactive=False)}
        yield {self._ask: gr.Button(interactive=False), self._stop_asking: gr.Button(interactive=True)}
        others = [known for known in view.answers if known.question != question]
        earlier = results.answers_html(others, None) if others else ""
        try:
            for event in self._answer(view, question, _pages(view, scope)):
                if session.view is not view:
                    break
                if isinstance(event, str):
                    yield {self._answers: event + earlier}
                    continue
                view.answers = [*others, event]
                self._light_answer(view, len(view.answers) - 1)
                yield {
                    self._answers: self._draw_answers(view),
                    self._page: self._draw(view),
                    self._question: "",
                }
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            if session.view is view:
                yield {self._answers: results.error_html(_sentence(error)) + earlier}
        yield idle

    def _answer(self, view: OpenView, question: str, pages: Sequence[int] | None) -> Iterator[str | Answer]:
        """HTML of what is going on; the answer last."""
        pending = functools.partial(results.pending_answer_html, question)
        cancel = view.cancel = threading.Event()
        for line in self._prepare(view, pages, cancel):
            yield pending(line, "")
        text, page, drawn = "", 0, 0.0
        yield pending("Thinking …", "")
        for event in view.document.ask_stream(question, pages, cancel):
            if isinstance(event, Answer):
                yield event
                return
            text = text + event.text if event.page == page else event.text
            page = event.page
            if time.monotonic() - drawn > REDRAW_SECONDS:
                drawn = time.monotonic()
                yield pending(f"Reading page {page}", text)

    def _prepare(self, view: OpenView, pages: Sequence[int] | None, cancel: threading.Event) -> Iterator[str]:
        """Wait for the model and read the pages; a sentence for each step.

        Raises:
            DocvlmError: when the model cannot be loaded.
            Cancelled: when the user stopped it.
        """
        self._loader.start(lambda: self._workspace.engine)
        while not self._loader.wait(REDRAW_SECONDS if not self._loader.is_settled else 0):
            yield f"{self._loader.line} The work begins as soon as the model is there."
            _raise_if_set(cancel)
        if self._loader.failure is not None:
            raise self._loader.failure
        numbers = view.document.page_numbers(pages)
        for done, _outcome in enumerate(view.document.read(pages), start=1):
            _raise_if_set(cancel)
            if done < len(numbers):
                yield f"Reading page {numbers[done]} of {view.page_count}"

    def _choose_answer(self, event: gr.EventData, request: gr.Request) -> Updates:
        view, index = self._session(request).view, _number(_choice(event, "answer"))
        if view is None or index is None or not 0 <= index < len(view.answers):
            return {}
        self._light_answer(view, index)
        return {self._answers: self._draw_answers(view), self._page: self._draw(view)}

    def _light_answer(self, view: OpenView, index: int) -> None:
        answer = view.answers[index]
        view.light(f"answer:{index}", answer.page, answer.boxes)

    def _draw_answers(self, view: OpenView) -> str:
        kind, _, index = (view.chosen or "").partition(":")
        return results.answers_html(view.answers, int(index) if kind == "answer" else None)

    # Extracting

    def _on_extract(self, schema: str, own_fields: str, scope: str, request: gr.Request) -> Iterator[Updates]:
        session = self._session(request)
        view = session.view
        if view is None:
            yield {self._fields: results.notice_html("Open a document first, then extract.", "error")}
            return
        idle = {
            self._extract: gr.Button(interactive=True),
            self._stop_extracting: gr.Button(interactive=False),
        }
        yield {
            self._extract: gr.Button(interactive=False),
            self._stop_extracting: gr.Button(interactive=True),
        }
        try:
            for event in self._extraction(view, _schema(schema, own_fields), _pages(view, scope)):
                if session.view is not view:
                    break
                if isinstance(event, str):
                    yield {self._fields: results.notice_html(event, "busy")}
                    continue
                view.extraction = event
                view.light(None, None, ())
                yield {self._fields: self._draw_fields(view), self._page: self._draw(view)}
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            if session.view is view:
                yield {self._fields: results.error_html(_sentence(error))}
        yield idle

    def _extraction(
        self, view: OpenView, schema: Schema, pages: Sequence[int] | None
    ) -> Iterator[str | Extraction]:
        """What is going on; the extraction last."""
        cancel = view.cancel = threading.Event()
        yield from self._prepare(view, pages, cancel)
        yield "Looking for the fields …"
        for event in view.document.extract_stream(schema, pages, cancel):
            if isinstance(event, WindowDone):
                yield f"Page {event.page}: part {event.done} of {event.total} done"
            else:
                yield event

    def _choose_field(self, event: gr.EventData, request: gr.Request) -> Updates:
        view, path = self._session(request).view, _choice(event, "field")
        field = results.field_at(view.extraction, path) if view and view.extraction else None
        if view is None or field is None:
            return {}
        view.light(f"field:{path}", field.page, _boxes(field))
        return {self._fields: self._draw_fields(view), self._page: self._draw(view)}

    def _draw_fields(self, view: OpenView) -> str:
        if view.extraction is None:
            return _no_fields()
        kind, _, path = (view.chosen or "").partition(":")
        name = view.document.info.name
        return results.extraction_html(view.extraction, name, path if kind == "field" else None)

    def _show_own_fields(self, schema: str) -> Updates:
        return {self._own_fields: gr.Textbox(visible=schema == OWN_FIELDS)}

    def _stop(self, request: gr.Request) -> None:
        view = self._session(request).view
        if view is not None:
            view.cancel.set()


_PRIVATE: dict[str, Any] = {"api_visibility": "private"}
_QUICK: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None, **_PRIVATE}
_LONG: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 4, **_PRIVATE}


def _choices(value: str, elem_id: str) -> gr.HTML:
    """HTML of which elements with ``data-choice`` can be clicked; the event is ``select``."""
    return gr.HTML(value, elem_id=elem_id, js_on_load=script("choices.js"), apply_default_css=False)


def _choice(event: gr.EventData, kind: str) -> str:
    """What was clicked, without its kind; empty where it is of another kind."""
    found, _, value = str(event.choice).partition(":")
    return value if found == kind else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _pages(view: OpenView, scope: str) -> Sequence[int] | None:
    return [view.page_number] if scope == THIS_PAGE and view.page_count > 1 else None


def _schema(name: str, own_fields: str) -> Schema:
    """A template, or the user's own list or JSON Schema; never a file, whatever is typed."""
    if name != OWN_FIELDS:
        return load_schema(name) if name in template_names() else parse_field_list("")
    text = own_fields.strip()
    return load_schema(text) if text.startswith("{") else parse_field_list(text)


def _boxes(field: FieldValue) -> tuple[Any, ...]:
    return field.boxes or ((field.box,) if field.box is not None else ())


def _no_fields() -> str:
    return '<p class="quiet">Choose what to look for, then extract. Click a row to see it on the page.</p>'


def _raise_if_set(cancel: threading.Event) -> None:
    if cancel.is_set():
        raise Cancelled


def _sentence(error: Exception) -> DocvlmError:
    """The error as the user is told; what nobody foresaw goes to the log with its traceback."""
    if isinstance(error, DocvlmError):
        return error
    _LOG.error("unexpected error in a callback", exc_info=error)
    return DocvlmError(
        f"Something went wrong ({type(error).__name__}).", "Try again; the terminal has the details."
    )
