"""What callbacks are called with, made by hand: who asks, and what was clicked or sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr


def request_of(person: str, tab: str = "tab", **values: Any) -> gr.Request:
    """A request of a logged-in person."""
    return gr.Request(username=person, session_hash=tab, **values)


def event_of(**values: Any) -> gr.EventData:
    """An event with these values, as the scripts of ``ui_assets`` send them."""
    return gr.EventData(None, values)


def last(updates: Any) -> dict[Any, Any]:
    """All updates of a callback laid over one another, whether it is a generator or not."""
    if not isinstance(updates, Iterator):
        return dict(updates)
    seen: dict[Any, Any] = {}
    for update in updates:
        seen |= update
    return seen
