"""Whose an uploaded file is: of the browser that sent it, whoever names its path afterwards.

Gradio puts the same bytes under the same name at the same path, whoever uploads them. Here each upload is
moved to a path of its own, so that what is done with one touches no other.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections import OrderedDict
from pathlib import Path
from typing import Any

import gradio as gr

from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.ui.owners import token_of

_IN_SCOPE = "docvlm.uploads"


class Uploads:
    """The paths that uploads were answered with, and the browsers that sent them, known by their tokens.

    Args:
        in_transit: the paths of the files that Gradio deletes once they are old.
        most: so many are known; the one that was uploaded longest ago is forgotten first.
    """

    def __init__(self, in_transit: set[str], most: int = 10_000) -> None:
        self._in_transit = in_transit
        self._most = most
        self._tokens: OrderedDict[Path, str | None] = OrderedDict()

    def lay_into(self, scope: Any) -> None:
        """Let what is done for a request (an ASGI scope) know them."""
        scope[_IN_SCOPE] = self

    def take(self, answer: bytes, token: str | None) -> bytes:
        """Move the files that an upload was answered with, and keep whose they are.

        Returns:
            The answer with the new paths. One of another form names no files and stays as it is.

        Raises:
            OSError: when a file cannot be moved.
        """
        try:
            names = json.loads(answer)
        except ValueError:
            return answer
        if not isinstance(names, list):
            return answer
        own = {name: self._move(Path(name), token) for name in dict.fromkeys(map(str, names))}
        return json.dumps([own[str(name)] for name in names]).encode()

    def _move(self, path: Path, token: str | None) -> str:
        """Move a file from Gradio's folder for its content to one of its own beside it; where it is then."""
        own = path.parent.with_name(secrets.token_hex(16)) / path.name
        own.parent.mkdir()
        path.rename(own)
        with contextlib.suppress(OSError):  # another name of the same bytes is there
            path.parent.rmdir()
        self._in_transit.discard(str(path))
        self._in_transit.add(str(own))
        self._tokens[own.resolve()] = token
        if len(self._tokens) > self._most:
            self._tokens.popitem(last=False)
        return str(own)

    def is_of(self, path: Path, token: str | None) -> bool:
        known = path.resolve()
        return known in self._tokens and self._tokens[known] == token


def check_own_upload(path: Path, request: gr.Request) -> None:
    """Before a file is taken in or deleted on behalf of a request.

    Raises:
        UsageError: when another browser uploaded it, or none did.
    """
    scope = getattr(getattr(request, "request", None), "scope", {})
    uploads = scope.get(_IN_SCOPE)  # None where the callback is called by hand
    if isinstance(uploads, Uploads) and not uploads.is_of(path, token_of(scope)):
        raise UsageError(f"{path.name} was not uploaded from this browser.", "Choose the file again.")


def delete_upload(path: Path) -> None:
    """Delete an upload that was taken in or refused, with the folder of its own."""
    path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # called by hand for a file that lies beside others
        path.parent.rmdir()


def sweep_uploads(settings: Settings, before: float) -> int:
    """Delete uploads that came before a time (seconds since 1970) and were never taken in; returns how many.

    Gradio does so itself for as long as it runs; those of an app that was killed nobody else would delete.
    """
    deleted = 0
    for file in settings.uploads.glob("*/*"):
        with contextlib.suppress(OSError):  # taken in just now, or not ours
            if file.is_file() and file.stat().st_mtime < before:
                delete_upload(file)
                deleted += 1
    return deleted
