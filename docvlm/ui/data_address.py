"""A file as the address that a browser or a program takes it from, without a further request."""

from __future__ import annotations

import base64
from pathlib import Path

_MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "md": "text/markdown",
    "html": "text/html",
    "jsonl": "application/jsonl",
    "txt": "text/plain",
    "zip": "application/zip",
}


def data_address(content: bytes, media_type: str) -> str:
    """The ``data:`` address of a file."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def file_address(name: str, content: bytes) -> str:
    """The same for a file whose ending tells the media type."""
    return data_address(content, _MEDIA_TYPES.get(Path(name).suffix[1:], "application/octet-stream"))
