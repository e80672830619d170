"""What the callbacks of all panels share: options of their events, clicked choices, errors as sentences."""

from __future__ import annotations

import logging
from typing import Any

import gradio as gr

from docvlm.errors import DocvlmError
from docvlm.ui.assets import script
from docvlm.ui.sessions import Session, Sessions

_LOG = logging.getLogger(__name__)

Updates = dict[Any, Any]
"""New values by component."""

PRIVATE: dict[str, Any] = {"api_visibility": "private"}
QUICK: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None, **PRIVATE}
LONG: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 4, **PRIVATE}


def no_updates() -> Updates:
    """Leave all components as they are; Gradio would take an empty dictionary for a value."""
    return dict(gr.skip())


def session_of(sessions: Sessions, request: gr.Request) -> Session:
    """What is open in the browser tab that sent the request."""
    return sessions.get(str(request.session_hash))


def clickable_html(value: str, elem_id: str) -> gr.HTML:
    """HTML of which elements with ``data-choice`` can be clicked; the event is ``select``."""
    return gr.HTML(value, elem_id=elem_id, js_on_load=script("choices.js"), apply_default_css=False)


def choice_of(event: gr.EventData, kind: str) -> str:
    """What was clicked, without its kind; empty where it is of another kind."""
    found, _, value = str(event.choice).partition(":")
    return value if found == kind else ""


def number_of(event: gr.EventData, kind: str) -> int | None:
    """The number that was clicked; None where it is of another kind or no number."""
    text = choice_of(event, kind)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def sentence(error: Exception) -> DocvlmError:
    """The error as the user is told; what nobody foresaw goes to the log with its traceback."""
    if isinstance(error, DocvlmError):
        return error
    _LOG.error("unexpected error in a callback", exc_info=error)
    return DocvlmError(
        f"Something went wrong ({type(error).__name__}).", "Try again; the terminal has the details."
    )
