"""The tab Ask: a question, the reply as it is written, and the answers so far."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Iterator, Sequence

import gradio as gr

from docvlm.pipeline import Workspace
from docvlm.types import Answer
from docvlm.ui import results
from docvlm.ui.callbacks import (
    LONG,
    QUICK,
    Updates,
    clickable_html,
    no_updates,
    number_of,
    sentence,
    session_of,
)
from docvlm.ui.document_work import (
    REDRAW_SECONDS,
    connect_stop,
    pages_of,
    prepare,
    scope_of,
    scope_radio,
)
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.page_panel import PagePanel
from docvlm.ui.sessions import OpenView, Sessions


class AskPanel:
    """Questions about the open document. A chosen answer is lit on the page."""

    def __init__(
        self, workspace: Workspace, loader: EngineLoader, sessions: Sessions, page: PagePanel
    ) -> None:
        self._workspace = workspace
        self._loader = loader
        self._sessions = sessions
        self._page = page
        self._lay_out()
        self._connect()
        self.opened = [self._answers, self._scope]

    def open(self, view: OpenView) -> Updates:
        """What a document brings along when it is opened, for the components ``opened``."""
        return {self._answers: results.answers_html(view.answers, None), self._scope: scope_of(view)}

    def _lay_out(self) -> None:
        self._question = gr.Textbox(
            label="Question",
            placeholder="What is the total?",
            lines=1,
            max_lines=4,
            max_length=500,
            elem_id="question",
        )
        self._scope = scope_radio()
        with gr.Row():
            self._ask = gr.Button("Ask", variant="primary", elem_id="ask")
            self._stop = gr.Button("Stop", interactive=False, elem_id="stop-asking")
        self._answers = clickable_html(results.answers_html((), None), "answers")

    def _connect(self) -> None:
        inputs = [self._question, self._scope]
        outputs = [self._answers, self._page.picture, self._question, self._ask, self._stop]
        for event in (self._ask.click, self._question.submit):
            event(self._on_ask, inputs, outputs, concurrency_id="ask", **LONG)
        self._answers.select(self._choose, outputs=[self._answers, self._page.picture], **QUICK)
        connect_stop(self._stop, self._sessions)

    def _on_ask(self, question: str, scope: str, request: gr.Request) -> Iterator[Updates]:
        session = session_of(self._sessions, request)
        view = session.view
        question = " ".join(question.split())
        if view is None or not question:
            text = "Write a question first." if view else "Open a document first, then ask."
            yield {self._answers: results.notice_html(text, "error")}
            return
        yield {self._ask: gr.Button(interactive=False), self._stop: gr.Button(interactive=True)}
        others = [known for known in view.answers if known.question != question]
        earlier = results.answers_html(others, None) if others else ""
        try:
            for event in self._answer(view, question, pages_of(view, scope)):
                if session.view is not view:
                    break
                if isinstance(event, str):
                    yield {self._answers: event + earlier}
                    continue
                view.answers = [*others, event]
                yield {**self._light(view, len(view.answers) - 1), self._question: ""}
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            if session.view is view:
                yield {self._answers: results.error_html(sentence(error)) + earlier}
        yield {self._ask: gr.Button(interactive=True), self._stop: gr.Button(interactive=False)}

    def _answer(self, view: OpenView, question: str, pages: Sequence[int] | None) -> Iterator[str | Answer]:
        """HTML of what is going on; the answer last."""
        pending = functools.partial(results.pending_answer_html, question)
        cancel = view.cancel = threading.Event()
        for line in prepare(self._workspace, self._loader, view, pages, cancel):
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

    def _choose(self, event: gr.EventData, request: gr.Request) -> Updates:
        view, index = session_of(self._sessions, request).view, number_of(event, "answer")
        if view is None or index is None or index >= len(view.answers):
            return no_updates()
        return self._light(view, index)

    def _light(self, view: OpenView, index: int) -> Updates:
        """Mark an answer in the list and light its evidence on the page."""
        answer = view.answers[index]
        view.light(f"answer:{index}", answer.page, answer.boxes)
        return {self._answers: results.answers_html(view.answers, index), **self._page.draw(view)}
