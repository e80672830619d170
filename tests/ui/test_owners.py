from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from docvlm.ui.owners import COOKIE, OwnerCookie, owner_of

TOKEN = "0123456789abcdef" * 2


def _request(cookies: dict[str, str], session: str = "tab", username: str | None = None) -> Any:
    return SimpleNamespace(cookies=cookies, session_hash=session, username=username)


def test_a_browser_is_one_owner_in_all_its_tabs() -> None:
    owners = {owner_of(_request({COOKIE: TOKEN}, session)) for session in ("one", "two")}
    assert len(owners) == 1
    assert TOKEN not in owners.pop()


def test_clients_without_a_usable_cookie_own_their_session_only() -> None:
    for cookies in ({}, {COOKIE: ""}, {COOKIE: "../../etc"}, {COOKIE: TOKEN.upper()}):
        assert owner_of(_request(cookies, "one")) != owner_of(_request(cookies, "two"))


def test_a_logged_in_person_is_the_same_owner_in_every_browser() -> None:
    first = owner_of(_request({COOKIE: TOKEN}, username="anna"))
    assert first == owner_of(_request({}, username="anna"))
    assert first != owner_of(_request({COOKIE: TOKEN}))


def _set_cookies(path: str, cookie: bytes | None = None, method: str = "GET") -> list[bytes]:
    """The cookies that the middleware sets on a reply to such a request."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    headers = [] if cookie is None else [(b"cookie", cookie)]
    scope = {"type": "http", "method": method, "path": path, "headers": headers, "scheme": "http"}
    asyncio.run(OwnerCookie(app)(scope, None, send))
    return [value for name, value in messages[0]["headers"] if name == b"set-cookie"]


def test_a_new_browser_gets_a_cookie_that_scripts_and_other_sites_cannot_use() -> None:
    (cookie,) = _set_cookies("/")
    assert b"HttpOnly" in cookie and b"SameSite=Strict" in cookie
    assert _set_cookies("/") != [cookie]


def test_a_known_browser_and_other_addresses_get_none() -> None:
    assert _set_cookies("/", f"{COOKIE}={TOKEN}".encode()) == []
    assert _set_cookies("/gradio_api/queue/join", method="POST") == []
    assert len(_set_cookies("/", f"{COOKIE}=not-a-token".encode())) == 1
