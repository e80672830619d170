"""What a server may do wrong, by a server that does it: busy, cut short, another program, a redirect."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from docvlm.config import ServerLimits
from docvlm.errors import ModelError
from docvlm.models.server.address import ServerAddress
from docvlm.models.server.client import ServerClient
from tests.served import served

LIMITS = ServerLimits(silence_seconds=5, patience_seconds=5)


@contextmanager
def server_with(answers: list[tuple[int, dict[str, str], str]]) -> Iterator[tuple[str, list[str]]]:
    """A server that gives these answers (status, headers, body) one after the other; yields its paths too."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def do_GET(self) -> None:
            status, headers, body = answers[min(len(asked), len(answers) - 1)]
            asked.append(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        yield f"{address}/v1", asked


def events(*deltas: str, end: bool = True) -> str:
    lines = [json.dumps({"choices": [{"delta": {"content": delta}}]}) for delta in deltas]
    if end:
        lines += [json.dumps({"choices": [{"delta": {}, "finish_reason": "stop"}]}), "[DONE]"]
    return "".join(f"data: {line}\n\n" for line in lines)


def reply_of(url: str, patience_seconds: float = LIMITS.patience_seconds) -> str:
    async def receive() -> str:
        limits = replace(LIMITS, patience_seconds=patience_seconds)
        client = ServerClient(ServerAddress(url, None), limits, key=None)
        try:
            return "".join([piece.text async for piece in client.reply({"model": "m"})])
        finally:
            await client.close()

    return asyncio.run(receive())


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(status: int) -> None:
    answers = [(status, {"Retry-After": "1"}, ""), (200, {}, events("12", ".50"))]
    with server_with(answers) as (url, asked):
        assert reply_of(url) == "12.50"
        assert len(asked) == 2


def test_a_reply_that_breaks_off_is_completed() -> None:
    with server_with([(200, {}, events("12.", end=False)), (200, {}, events("12", ".50"))]) as (url, _):
        assert reply_of(url) == "12.50"


def test_a_reply_that_goes_on_differently_is_an_error() -> None:
    with (
        server_with([(200, {}, events("12.", end=False)), (200, {}, events("13.50"))]) as (url, _),
        pytest.raises(ModelError, match="replied differently"),
    ):
        reply_of(url)


def test_a_redirect_is_not_followed() -> None:
    with server_with([(200, {}, events("stolen"))]) as (elsewhere, received):
        moved = [(307, {"Location": f"{elsewhere}/chat/completions"}, "")]
        with server_with(moved) as (url, _), pytest.raises(ModelError, match="HTTP status 307"):
            reply_of(url)
        assert received == []


def test_a_refusal_does_not_repeat_the_page() -> None:
    long = json.dumps({"error": {"message": "confidential " * 50}})
    with server_with([(400, {}, long)]) as (url, _), pytest.raises(ModelError) as refused:
        reply_of(url)
    assert "confidential" not in str(refused.value)


def test_another_program_at_the_address_is_told() -> None:
    async def models(url: str) -> None:
        await ServerClient(ServerAddress(url, None), LIMITS, key=None).models()

    with (
        server_with([(200, {}, "<html>")]) as (url, _),
        pytest.raises(ModelError, match="no OpenAI-compatible server"),
    ):
        asyncio.run(models(url))


@pytest.mark.parametrize(
    "event",
    [
        {"choices": "none"},
        {"choices": [{"delta": "12"}]},
        {"choices": [{"delta": {"content": "12"}, "logprobs": {"content": [{"logprob": "0"}]}}]},
    ],
)
def test_an_event_of_another_shape_is_a_damaged_line(event: dict[str, Any]) -> None:
    with (
        server_with([(200, {}, f"data: {json.dumps(event)}\n\n")]) as (url, _),
        pytest.raises(ModelError, match="damaged line"),
    ):
        reply_of(url, patience_seconds=0.1)


def test_a_line_separator_in_a_reply_parts_no_event() -> None:
    """Servers write it as it is, and JSON allows that; only a line feed ends a line of an event."""
    text = "12\u2028.5\x850"
    event = {"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]}
    line = json.dumps(event, ensure_ascii=False)
    with server_with([(200, {}, f"data: {line}\r\n\r\ndata: [DONE]\n\n")]) as (url, asked):
        assert reply_of(url) == text
        assert len(asked) == 1
