"""The middle of the desk: the document's page with what is drawn on it, and the tile inspector below."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import gradio as gr

from docvlm.pipeline import Workspace
from docvlm.ui.assets import script, template
from docvlm.ui.budget_words import PAGE_TOKENS
from docvlm.ui.callbacks import (
    QUICK,
    Updates,
    as_number,
    choice_of,
    clickable_html,
    is_choice,
    no_updates,
    number_of,
    sentence,
)
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.page_view import page_value
from docvlm.ui.sessions import OpenView, Session, Sessions
from docvlm.ui.tile_inspector import inspector_html

POLL_SECONDS = 1.0


class PagePanel:
    """Shows one page and turns to others; ``view`` is the component that opening a document fills."""

    def __init__(self, workspace: Workspace, loader: EngineLoader, sessions: Sessions) -> None:
        self._workspace = workspace
        self._loader = loader
        self._sessions = sessions
        self.view = gr.HTML(
            None,
            elem_id="page-view",
            html_template=template("page_view.html"),
            js_on_load=script("page_view.js", "page_box.js", "page_marks.js"),
            apply_default_css=False,
        )
        self.inspector = clickable_html("", "inspector")
        self._clock = gr.Timer(POLL_SECONDS, active=False)
        self.view.select(self._act, outputs=self.opened, **QUICK)
        self._clock.tick(self._follow, outputs=[self.view, self._clock], **QUICK)
        self.inspector.select(self._inspect, outputs=[self.inspector], **QUICK)

    @property
    def opened(self) -> list[Any]:
        """What changes when a document is opened."""
        return [self.view, self.inspector, self._clock]

    def draw(self, view: OpenView) -> Updates:
        """The page that is shown; a clock brings its tiles once the model is there."""
        picture = view.picture()
        return {
            self.view: page_value(view.document.id, view.name, view.page_count, picture),
            self._clock: gr.Timer(active=picture.lacks_tiles and not self._loader.is_settled),
        }

    def draw_with_words(self, session: Session, view: OpenView) -> Updates:
        """Read the page that is shown, and draw its words if it is still shown then."""
        number = view.page_number
        view.picture_with_words()
        if session.view is not view or view.page_number != number:
            return no_updates()
        return self.draw(view)

    def _follow(self, request: gr.Request) -> Updates:
        view = self._sessions.of(request).view
        if view is None:
            return {self._clock: gr.Timer(active=False)}
        if view.picture().lacks_tiles and not self._loader.is_settled:
            return no_updates()
        return self.draw(view)

    def _act(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """Turn to a page, or open the inspector."""
        session = self._sessions.of(request)
        view, number = session.view, number_of(event, "page")
        if view is None:
            return
        if number is None:
            yield self._inspect(event, request)
            return
        view.turn_to(number)
        yield {**self.draw(view), self.inspector: ""}
        try:
            yield self.draw_with_words(session, view)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            gr.Warning(escape(str(sentence(error))))

    def _inspect(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Show all views of a budget, or one of them large; anything else closes the inspector."""
        view = self._sessions.of(request).view
        if view is None or not (is_choice(event, "inspect") or is_choice(event, "tile")):
            return {self.inspector: ""}
        try:
            if view.picture().lacks_tiles:
                gr.Info("The tiles are known once the model is loaded.")
                return {self.inspector: ""}
            of_tile, _, tile = choice_of(event, "tile").rpartition(":")
            budget = of_tile or choice_of(event, "inspect") or self._workspace.settings.budget
            card, cost, word_tokens = self._loader.card, None, PAGE_TOKENS
            words = view.picture().words
            if card is not None:
                cost = self._workspace.cost().probe
                if words is not None:
                    word_tokens = self._workspace.engine.count_tokens(" ".join(word.text for word in words))
            document, number, chosen = view.document, view.page_number, as_number(tile)
            return {self.inspector: inspector_html(document, number, budget, card, cost, word_tokens, chosen)}
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            gr.Warning(escape(str(sentence(error))))
            return no_updates()
