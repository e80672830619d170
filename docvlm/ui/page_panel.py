"""The middle of the page: the picture of the document's page with what is drawn on it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import gradio as gr

from docvlm.ui import page_view
from docvlm.ui.callbacks import QUICK, Updates, clickable_html, no_updates, number_of, sentence, session_of
from docvlm.ui.sessions import OpenView, Session, Sessions


class PagePanel:
    """Shows one page and turns to others; ``picture`` is the component that the other panels redraw."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.picture = clickable_html(page_view.empty_html(), "page-view")
        self.picture.select(self._turn_page, outputs=[self.picture], **QUICK)

    def draw(self, view: OpenView) -> Updates:
        """The page that is shown, with the evidence lit."""
        html = page_view.page_html(view.document.info.name, view.page_count, view.picture(), view.evidence)
        return {self.picture: html}

    def draw_with_words(self, session: Session, view: OpenView) -> Updates:
        """Read the page that is shown, and draw its words if it is still shown then."""
        number = view.page_number
        view.picture_with_words()
        if session.view is not view or view.page_number != number:
            return no_updates()
        return self.draw(view)

    def _turn_page(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        session = session_of(self._sessions, request)
        view, number = session.view, number_of(event, "page")
        if view is None or number is None:
            return
        view.turn_to(number)
        yield self.draw(view)
        try:
            yield self.draw_with_words(session, view)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            gr.Warning(escape(str(sentence(error))))
