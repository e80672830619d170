"""The gate before Gradio's routes: it refuses other sites' pages, routes that this page does not use, and
what happens in another browser's tab. It sees to whose uploads are.

Gradio answers a request of another site's page and merely asks the browser to hide the reply; cookies of
``SameSite=Strict`` still come with those of another port of the same machine. And it tells what happens in
a tab to whoever names the tab.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from docvlm.ui.owners import token_of
from docvlm.ui.uploads import Uploads

Send = Callable[[Any], Awaitable[None]]

_LOG = logging.getLogger(__name__)

_API = "gradio_api"
_OPEN = {"", "config", "login", "logout", "assets", "static", "svelte", "theme.css", "favicon.ico"} | {
    "manifest.json",
    "pwa_icon",
    "robots.txt",
}
_OPEN_API = {"app_id", "call", "cancel", "heartbeat", "info", "login_check", "queue", "reset", "run"} | {
    "startup-events",
    "theme.css",
    "upload",
    "upload_progress",
    "user",
}
"""Not among them: ``file=`` and ``proxy=``. Files are handed out as ``data:`` addresses, never by a path."""


class Gate:
    """ASGI middleware. What it refuses, or what fails behind it, is answered with one sentence."""

    def __init__(self, app: Any, uploads: Uploads, with_mcp: bool = False) -> None:
        self._app = app
        self._uploads = uploads
        self._with_mcp = with_mcp
        self._tabs = Tabs()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not is_own_origin(_headers(scope)):
            await _answer(send, 403, "This request comes from a page of another site and is refused.")
            return
        path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
        is_own = self._tabs.is_of(tab_of(path, scope["query_string"]), token_of(scope))
        if not is_open(path, self._with_mcp) or not is_own:
            await _answer(send, 404, "There is nothing at this address.")
            return
        self._uploads.lay_into(scope)
        is_begun = False

        async def watched(message: Any) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        is_upload = path == f"/{_API}/upload"
        try:
            reply = _rewritten(watched, partial(self._uploads.take, token=token_of(scope)))
            await self._app(scope, receive, reply if is_upload else watched)
        except Exception as error:
            if is_begun:
                raise
            _LOG.warning("A request could not be understood (%s).", type(error).__name__)
            _LOG.debug("request to %s", scope["path"], exc_info=error)
            await _answer(send, 400, "This request is not understood. Reload the page.")


class Tabs:
    """Whose the open tabs are: of the browser that first listened to what happens in them.

    Args:
        most: of so many tabs it is known; the one that was listened to longest ago is forgotten first.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._tokens: OrderedDict[str, str | None] = OrderedDict()

    def is_of(self, tab: str | None, token: str | None) -> bool:
        """Whether a browser, known by its token, may listen to a tab; to a new one it may."""
        if tab is None:
            return True
        if self._tokens.setdefault(tab, token) != token:
            return False
        self._tokens.move_to_end(tab)
        if len(self._tokens) > self._most:
            self._tokens.popitem(last=False)
        return True


def tab_of(path: str, query: bytes) -> str | None:
    """The tab that a request listens to, by the name Gradio gave it; None where it listens to none."""
    if path == f"/{_API}/queue/data":
        return parse_qs(query.decode("latin-1")).get("session_hash", [None])[-1]
    heartbeat = f"/{_API}/heartbeat/"
    return path.removeprefix(heartbeat) if path.startswith(heartbeat) else None


def is_own_origin(headers: dict[str, str]) -> bool:
    """Whether a request comes from this app's own page, or from a program that is no browser."""
    origin = headers.get("origin")
    if origin is None:
        return True
    # Another site's page cannot set the second of these without being asked about its origin first.
    hosts = {headers.get("host", "").lower(), headers.get("x-forwarded-host", "").lower()} - {""}
    return urlsplit(origin).netloc.lower() in hosts


def is_open(path: str, with_mcp: bool = False) -> bool:
    """Whether the page uses the route, or programs that call tools do and may."""
    first, _, rest = path.lstrip("/").partition("/")
    second = rest.partition("/")[0]
    if first != _API:
        return first in _OPEN
    return second in _OPEN_API or (with_mcp and second == "mcp")


def _rewritten(send: Send, rewrite: Callable[[bytes], bytes]) -> Send:
    """Holds a reply back until it is whole, and sends what is made of it."""
    start: dict[str, Any] = {}
    body = b""

    async def held(message: Any) -> None:
        nonlocal start, body
        if message["type"] == "http.response.start":
            start = message
            return
        body += message.get("body", b"")
        if message.get("more_body", False):
            return
        reply = rewrite(body)
        others = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await send({**start, "headers": [*others, (b"content-length", str(len(reply)).encode())]})
        await send({"type": "http.response.body", "body": reply})

    return held


def _headers(scope: Any) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def _answer(send: Any, status: int, sentence: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sentence.encode()})
