"""Whose an uploaded file is: of the browser that sent it, whoever names its path afterwards."""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import gradio as gr

from docvlm.errors import UsageError
from docvlm.ui.owners import token_of

_IN_SCOPE = "docvlm.uploads"


class Uploads:
    """The paths that uploads were answered with, and the browsers that sent them, known by their tokens.

    Args:
        most: so many are known; the one that was uploaded longest ago is forgotten first.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._tokens: OrderedDict[Path, set[str | None]] = OrderedDict()

    def lay_into(self, scope: Any) -> None:
        """Let what is done for a request (an ASGI scope) know them."""
        scope[_IN_SCOPE] = self

    def note(self, answer: bytes, token: str | None) -> None:
        """Keep whose the files are that an upload was answered with; an answer of another form names none."""
        try:
            paths = json.loads(answer)
        except ValueError:
            return
        for name in paths if isinstance(paths, list) else ():
            path = Path(str(name)).resolve()
            self._tokens.setdefault(path, set()).add(token)
            self._tokens.move_to_end(path)
            if len(self._tokens) > self._most:
                self._tokens.popitem(last=False)

    def is_of(self, path: Path, token: str | None) -> bool:
        return token in self._tokens.get(path.resolve(), ())


def check_own_upload(path: Path, request: gr.Request) -> None:
    """Before a file is taken in or deleted on behalf of a request.

    Raises:
        UsageError: when another browser uploaded it, or none did.
    """
    scope = getattr(getattr(request, "request", None), "scope", {})
    uploads = scope.get(_IN_SCOPE)  # None where the callback is called by hand
    if isinstance(uploads, Uploads) and not uploads.is_of(path, token_of(scope)):
        raise UsageError(f"{path.name} was not uploaded from this browser.", "Choose the file again.")
