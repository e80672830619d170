"""What a browser says to the running app, by plain HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

SECONDS = 60.0


def upload(client: httpx.Client, name: str, content: bytes = b"%PDF-1.7 nothing") -> httpx.Response:
    return client.post("gradio_api/upload", files={"files": (name, content)})


def join(client: httpx.Client, number: int, data: list[Any], event: Any, tab: str) -> httpx.Response:
    body = {"fn_index": number, "data": data, "event_data": event, "session_hash": tab}
    return client.post("gradio_api/queue/join", json=body)


def messages_of(client: httpx.Client, tab: str) -> str:
    """Everything that comes until no work of the tab goes on."""
    text = ""
    with client.stream("GET", "gradio_api/queue/data", params={"session_hash": tab}) as stream:
        for line in stream.iter_lines():
            text += line + "\n"
            if '"close_stream"' in line:
                break
    return text


def callback_of(client: httpx.Client, part: str, event: str) -> int:
    """The number of the callback for an event of the component with this ``elem_id``."""
    config = client.get("config").json()
    (component,) = (one["id"] for one in config["components"] if one["props"].get("elem_id") == part)
    (number,) = (one["id"] for one in config["dependencies"] if [component, event] in one["targets"])
    return int(number)


def keep_document(client: httpx.Client, path: Path, tab: str) -> httpx.Response:
    """Put a file into the documents of this browser; what became of it comes to the tab."""
    (kept,) = upload(client, path.name, path.read_bytes()).json()
    file = {"path": kept, "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}
    return join(client, callback_of(client, "upload", "upload"), [[file]], None, tab)
