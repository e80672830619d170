"""What the callbacks of all panels share: options of their events, clicked choices, errors as sentences."""

from __future__ import annotations

import logging
from typing import Any

import gradio as gr

from docvlm.errors import DocvlmError, UsageError
from docvlm.ui.assets import script
from docvlm.ui.discretion import discreet
from docvlm.ui.notices import error_html

_LOG = logging.getLogger(__name__)

_LONGEST_CHOICE = 2000

Updates = dict[Any, Any]
"""New values by component."""

PRIVATE: dict[str, Any] = {"api_visibility": "private"}
QUICK: dict[str, Any] = {
    "show_progress": "hidden",
    "concurrency_limit": None,
    "trigger_mode": "multiple",
    **PRIVATE,
}
IN_TURN: dict[str, Any] = QUICK | {"concurrency_limit": 1, "concurrency_id": "in turn"}
"""For changes that follow quickly on one another: what comes back last is what was done last."""
LONG: dict[str, Any] = {
    "show_progress": "hidden",
    "concurrency_limit": 4,
    "trigger_mode": "multiple",
    **PRIVATE,
}


def no_updates() -> Updates:
    """Leave all components as they are; Gradio would take an empty dictionary for a value."""
    return dict(gr.skip())


def clickable_html(value: str, elem_id: str) -> gr.HTML:
    """HTML whose elements with ``data-choice`` can be clicked (``select``), boxes ticked, forms submitted."""
    return gr.HTML(value, elem_id=elem_id, js_on_load=script("choices.js"), apply_default_css=False)


def is_choice(event: gr.EventData, kind: str) -> bool:
    """Whether what was clicked is of this kind."""
    return text_in(event, "choice", _LONGEST_CHOICE).partition(":")[0] == kind


def choice_of(event: gr.EventData, kind: str) -> str:
    """What was clicked, without its kind; empty where it is of another kind."""
    found, _, value = text_in(event, "choice", _LONGEST_CHOICE).partition(":")
    return value if found == kind else ""


def number_of(event: gr.EventData, kind: str) -> int | None:
    """The number that was clicked; None where it is of another kind or no number."""
    return as_number(choice_of(event, kind))


def as_number(text: str) -> int | None:
    """A whole number from 0 up that came from the browser; None where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def value_in(event: gr.EventData, key: str) -> Any:
    """What came with an event under ``key``, whatever it is; None where there is nothing."""
    return event._data.get(key) if isinstance(event._data, dict) else None


def text_in(event: gr.EventData, key: str, longest: int) -> str:
    """A text that came with an event, cut to ``longest`` characters; empty where there is none."""
    value = value_in(event, key)
    return value[:longest] if isinstance(value, str) else ""


def sentence(error: Exception) -> DocvlmError:
    """The error as the user is told, without the folders of this machine.

    What nobody foresaw goes to the log with its traceback.
    """
    if isinstance(error, UsageError):
        return error  # about what this person typed
    if isinstance(error, DocvlmError):
        return discreet(error)
    if isinstance(error, gr.Error):
        # Raised by the package ``spaces`` where no GPU can be lent now.
        return DocvlmError(f"{error.title}: {str(error.message).rstrip('.')}.", "Try again later.")
    _LOG.error("unexpected error in a callback", exc_info=error)
    return DocvlmError(
        f"Something went wrong ({type(error).__name__}).", "Try again; the terminal has the details."
    )


def failure_html(error: Exception) -> str:
    """The error as a notice that everybody may read, see ``sentence``."""
    return error_html(sentence(error))
