"""The top of the page: the program's name, which model answers or how far its loading is, who is logged in,
light or dark.
"""

from __future__ import annotations

from html import escape

import gradio as gr

from docvlm.pipeline import Workspace
from docvlm.ui import notices
from docvlm.ui.callbacks import PRIVATE, Updates
from docvlm.ui.engine_loader import EngineLoader

# What is chosen is done by ``colours.js`` and never comes to the server.
_COLOURS = (
    '<select aria-label="Colours of the page" title="Colours of the page" autocomplete="off">'
    '<option value="system">System</option><option value="light">Light</option>'
    '<option value="dark">Dark</option></select>'
)
_SHOW_CHOICE = 'element.querySelector("select").value = window.docvlmColours();'


class ModelHeader:
    """The first visit starts the loading; a clock follows it until it has ended.

    Args:
        notice: a sentence that everybody is shown; empty for none.
    """

    def __init__(self, workspace: Workspace, loader: EngineLoader, notice: str = "") -> None:
        self._workspace = workspace
        self._loader = loader
        with gr.Row(elem_id="header"):
            gr.HTML('<h1>docvlm</h1><p class="quiet">Every answer is shown on the page.</p>', elem_id="brand")
            self.model = gr.HTML(elem_id="model")
            self._person = gr.HTML(elem_id="person")
            gr.HTML(_COLOURS, elem_id="colours", js_on_load=_SHOW_CHOICE, apply_default_css=False)
        if notice:
            gr.HTML(notices.notice_html(notice), elem_id="notice")
        self._clock = gr.Timer(1.0)
        self._clock.tick(self._tick, outputs=[self.model, self._clock], show_progress="hidden", **PRIVATE)

    def show_on_load(self, blocks: gr.Blocks) -> None:
        blocks.load(self._greet, outputs=[self.model, self._person], show_progress="hidden", **PRIVATE)

    def _greet(self, request: gr.Request) -> Updates:
        self._loader.start(lambda: self._workspace.engine)
        return {self.model: self.line(), self._person: _person_html(request.username)}

    def _tick(self) -> Updates:
        return {self.model: self.line(), self._clock: gr.Timer(active=not self._loader.is_settled)}

    def line(self) -> str:
        """The state of the model as HTML."""
        return notices.model_html(self._loader.card, self._loader.line, self._loader.failure)


def _person_html(name: str | None) -> str:
    """Who is logged in, and the way out; empty where nobody need log in. The address is Gradio's own."""
    if not name:
        return ""
    return f'<span>{escape(name)}</span> <a href="logout" title="Log out in all browsers">Log out</a>'
