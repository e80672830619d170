"""Callbacks, and calls of programs, made by hand: who asks, and what was clicked or sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr


def request_of(person: str, tab: str = "tab", **values: Any) -> gr.Request:
    """A request of a logged-in person."""
    return gr.Request(username=person, session_hash=tab, **values)


def request_from(person: str, client: str = "127.0.0.1") -> gr.Request:
    """A request of a logged-in person who sits at this machine, or at ``client``."""
    headers = {"host": "127.0.0.1:7860"}
    return request_of(person, headers=headers, client=SimpleNamespace(host=client))


def called(part: Any, call: str, request: gr.Request, **arguments: Any) -> Any:
    """What a program is replied that makes a call of the page that ``part`` lies on."""
    while part.parent is not None:
        part = part.parent
    made = next(each.fn for each in part.fns.values() if each.api_name == call)
    return json.loads(made(**arguments, request=request))


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
