"""Who is asking: a browser is known by a cookie that only this app can read, a logged-in person by name.

Everything that is kept belongs to an owner, and callbacks reach documents through their owner only.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import Any

import gradio as gr

COOKIE = "docvlm_owner"
_TOKEN = re.compile(r"[0-9a-f]{32}")
_SECONDS = 400 * 24 * 3600  # the longest that browsers keep a cookie


def owner_of(request: gr.Request) -> str:
    """The owner on whose behalf a request comes, as 32 hexadecimal digits.

    A client without cookies (Gradio's Python client) owns what it opens until it leaves.
    """
    username = getattr(request, "username", None)
    if username:
        return _digest(f"user {username}")
    token = str(dict(request.cookies or {}).get(COOKIE, ""))
    if _TOKEN.fullmatch(token):
        return _digest(f"browser {token}")
    return _digest(f"session {request.session_hash}")


def _digest(text: str) -> str:
    # The token itself is never written down: whoever can list the data folder cannot become its owner.
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class OwnerCookie:
    """ASGI middleware that gives each browser its cookie with the first page it is sent.

    Args:
        in_frame: the page is shown in a frame of another site's page, as in a Space. Browsers send its cookie
            there only where it says so; ``Partitioned`` keeps it to that site (RFC draft "CHIPS").
    """

    def __init__(self, app: Any, in_frame: bool = False) -> None:
        self._app = app
        self._in_frame = in_frame

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        is_page = scope["type"] == "http" and scope["method"] == "GET" and _is_root(scope)
        if not is_page or token_of(scope) is not None:
            await self._app(scope, receive, send)
            return
        rules = "SameSite=Strict" + ("; Secure" if scope.get("scheme") == "https" else "")
        if self._in_frame:
            rules = "SameSite=None; Secure; Partitioned"
        cookie = f"{COOKIE}={secrets.token_hex(16)}; Path=/; Max-Age={_SECONDS}; HttpOnly; {rules}"

        async def send_with_cookie(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"set-cookie", cookie.encode())]
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _is_root(scope: Any) -> bool:
    return str(scope["path"]).removeprefix(str(scope.get("root_path", ""))) in ("", "/")


def token_of(scope: Any) -> str | None:
    """The token that a browser sends with a request (an ASGI scope); None where there is none."""
    cookies: SimpleCookie = SimpleCookie()
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                cookies.load(value.decode("latin-1"))
            except CookieError:
                return None
    token = cookies[COOKIE].value if COOKIE in cookies else ""
    return token if _TOKEN.fullmatch(token) else None
