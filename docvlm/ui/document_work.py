"""What asking, extracting and labelling share: what must be there before a document is worked on."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from docvlm.errors import Cancelled
from docvlm.pipeline import Workspace
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.sessions import OpenView

REDRAW_SECONDS = 0.1


def page_text(view: OpenView) -> str:
    """The words of the page that is shown, empty until it has been read."""
    return " ".join(word.text for word in view.picture().words or ())


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


def _raise_if_set(cancel: threading.Event) -> None:
    if cancel.is_set():
        raise Cancelled
