"""What asking and extracting share: on which pages, what must be there first, and how it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import gradio as gr

from docvlm.errors import Cancelled
from docvlm.pipeline import Workspace
from docvlm.ui.callbacks import PRIVATE, session_of
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.sessions import OpenView, Sessions

WHOLE_DOCUMENT, THIS_PAGE = "Whole document", "This page"
REDRAW_SECONDS = 0.1


def scope_radio() -> gr.Radio:
    """The choice between the document and its page, shown where there are several pages."""
    return gr.Radio(
        [WHOLE_DOCUMENT, THIS_PAGE],
        value=WHOLE_DOCUMENT,
        visible=False,
        show_label=False,
        container=False,
    )


def scope_of(view: OpenView) -> gr.Radio:
    """The choice as it begins for a document that was just opened."""
    return gr.Radio(value=WHOLE_DOCUMENT, visible=view.page_count > 1)


def pages_of(view: OpenView, scope: str) -> Sequence[int] | None:
    """The pages to work on; None for all."""
    return [view.page_number] if scope == THIS_PAGE and view.page_count > 1 else None


def prepare(
    workspace: Workspace,
    loader: EngineLoader,
    view: OpenView,
    pages: Sequence[int] | None,
    cancel: threading.Event,
) -> Iterator[str]:
    """Wait for the model and read the pages; a sentence for each step.

    Raises:
        DocvlmError: when the model cannot be loaded.
        Cancelled: when the user stopped it.
    """
    loader.start(lambda: workspace.engine)
    while not loader.wait(REDRAW_SECONDS if not loader.is_settled else 0):
        yield f"{loader.line} The work begins as soon as the model is there."
        _raise_if_set(cancel)
    if loader.failure is not None:
        raise loader.failure
    numbers = view.document.page_numbers(pages)
    for done, _outcome in enumerate(view.document.read(pages), start=1):
        _raise_if_set(cancel)
        if done < len(numbers):
            yield f"Reading page {numbers[done]} of {view.page_count}"


def connect_stop(button: gr.Button, sessions: Sessions) -> None:
    """Let a button stop the work in progress; it passes by the queue, in which that work stands."""

    def stop(request: gr.Request) -> None:
        view = session_of(sessions, request).view
        if view is not None:
            view.cancel.set()

    button.click(stop, queue=False, **PRIVATE)


def _raise_if_set(cancel: threading.Event) -> None:
    if cancel.is_set():
        raise Cancelled
