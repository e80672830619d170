"""The wire: JSON out, server-sent events in, tried again while the server is away or busy.

httpx follows no redirect here and reads no proxy settings: bytes go to the address that was typed, and
nowhere else.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx

from docvlm.config import ServerLimits
from docvlm.errors import ModelError
from docvlm.models.server.address import KEY_VARIABLE, ServerAddress
from docvlm.models.server.events import ReplyPiece, parse_event

_BUSY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 20.0
_LONGEST_REASON = 300  # characters; a longer one repeats the request, and with it the page


class _Lost(Exception):
    """The server is away, busy, or went away in the middle of a reply."""

    def __init__(self, reason: str, wait_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on trying: seconds without progress, and at most so many attempts."""

    seconds: float
    attempts: int | None = None


class ServerClient:
    """Requests to one server. Everything runs in one event loop; ``close`` in that loop too.

    Args:
        key: sent as bearer token; None for servers that ask for none.
    """

    def __init__(self, address: ServerAddress, limits: ServerLimits, key: str | None) -> None:
        self._address = address
        self._places = asyncio.Semaphore(limits.concurrency)
        self.patience = Patience(limits.patience_seconds)
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(limits.silence_seconds, connect=limits.connect_seconds),
            limits=httpx.Limits(max_connections=limits.concurrency + 1),
            trust_env=False,
        )

    async def models(self) -> list[dict[str, Any]]:
        """The entries of ``GET /models``.

        Raises:
            ModelError: when the server cannot be reached, or has no such list.
        """
        trial = _Trial(self._address.host, self.patience)
        while True:
            try:
                response = await self._http.get(f"{self._address.url}/models")
                _raise_for_status(response.status_code, response.headers, response.content)
                entries = response.json()["data"]
                return [entry for entry in entries if isinstance(entry, dict) and entry.get("id")]
            except (httpx.HTTPError, _Lost) as error:
                await trial.wait(error)
            except (ValueError, KeyError, TypeError) as error:
                raise ModelError(
                    f"What answers at {self._address.url} is no OpenAI-compatible server.",
                    "Check the address; it mostly ends in /v1.",
                ) from error

    async def reply(
        self, body: dict[str, Any], patience: Patience | None = None
    ) -> AsyncGenerator[ReplyPiece]:
        """Stream a chat completion.

        A connection that is lost in the middle is made again; what was handed on before is skipped in the
        new reply, which is the same because requests ask for the likeliest token each time.

        Raises:
            ModelError: when the server will not do this request, stays away too long, or goes on
                differently after a loss.
        """
        async with self._places:
            trial = _Trial(self._address.host, patience or self.patience)
            handed_on = ""
            while True:
                known = handed_on
                try:
                    async with aclosing(self._stream(body)) as pieces:
                        async for piece in pieces:
                            fresh, known = _without_known(piece, known)
                            if fresh is None:
                                continue
                            if fresh.text:
                                trial.progress()
                            handed_on += fresh.text
                            yield fresh
                    return
                except (httpx.HTTPError, _Lost) as error:
                    await trial.wait(error)

    async def close(self) -> None:
        await self._http.aclose()

    async def _stream(self, body: dict[str, Any]) -> AsyncGenerator[ReplyPiece]:
        """One attempt; ends normally only after the server has said that the reply is complete."""
        url = f"{self._address.url}/chat/completions"
        complete = False
        async with self._http.stream("POST", url, json={**body, "stream": True}) as response:
            if response.status_code != httpx.codes.OK:
                _raise_for_status(response.status_code, response.headers, await response.aread())
            async for line in _lines(response):
                data = line.removeprefix("data:").strip()
                if not line.startswith("data:") or not data:
                    continue
                if data == "[DONE]":
                    break
                piece = _parse(data)
                complete = complete or piece.finished
                yield piece
        if not complete:
            raise _Lost("it ended its reply too soon")


async def _lines(response: httpx.Response) -> AsyncGenerator[str]:
    """What is between line feeds. httpx parts lines at U+2028 and the like, too, which JSON text may hold."""
    rest = b""
    async for chunk in response.aiter_bytes():
        *complete, rest = (rest + chunk).split(b"\n")
        for line in complete:
            yield line.decode("utf-8", errors="replace")
    yield rest.decode("utf-8", errors="replace")


class _Trial:
    """Counts the attempts at one request and waits between them (exponential back-off, full jitter)."""

    def __init__(self, host: str, patience: Patience) -> None:
        self._host = host
        self._patience = patience
        self.progress()

    def progress(self) -> None:
        """Something new arrived: patience begins anew."""
        self._failures = 0
        self._since = time.monotonic()

    async def wait(self, error: Exception) -> None:
        """Wait before the next attempt.

        Raises:
            ModelError: when patience is at its end.
        """
        self._failures += 1
        longest = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2**self._failures)
        seconds = random.uniform(longest / 2, longest)  # noqa: S311 - spreads out many waiting clients
        seconds = max(seconds, getattr(error, "wait_seconds", 0.0))
        over = time.monotonic() + seconds - self._since > self._patience.seconds
        if over or self._failures == self._patience.attempts:
            raise ModelError(
                f"The model server {self._host} does not answer: {_reason(error)}.",
                "Check that it runs and that the address is right, then try again.",
            ) from error
        await asyncio.sleep(seconds)


def _parse(data: str) -> ReplyPiece:
    try:
        event = json.loads(data)
        if not isinstance(event, dict) or event.get("error"):
            raise _Lost("it failed in the middle of a reply")
        return parse_event(event)
    except (ValueError, ArithmeticError, AttributeError, LookupError, TypeError) as error:  # of another shape
        raise _Lost("it sent a damaged line") from error


def _without_known(piece: ReplyPiece, known: str) -> tuple[ReplyPiece | None, str]:
    """What of ``piece`` is new after the text ``known``, and what of ``known`` is still to come."""
    shared = min(len(known), len(piece.text))
    if piece.text[:shared] != known[:shared]:
        raise ModelError(
            "The model server was lost in the middle of a reply and then replied differently.",
            "Try again.",
        )
    if shared and shared == len(piece.text):
        return None, known[shared:]
    return piece.after(shared), known[shared:]


def _raise_for_status(status: int, headers: httpx.Headers, content: bytes) -> None:
    if status in _BUSY_STATUS:
        after = headers.get("retry-after", "")
        raise _Lost(f"HTTP status {status}", float(after) if after.isdecimal() else 0.0)
    if status in (401, 403):
        raise ModelError("The model server wants another key.", f"Set {KEY_VARIABLE} to its key.")
    if status != httpx.codes.OK:
        reason = _server_words(content)
        raise ModelError(
            f"The model server refused the request (HTTP status {status}){f': {reason}' if reason else ''}.",
            "Check the address and the model's name, and that pages fit the model's context.",
        )


def _server_words(content: bytes) -> str:
    """The server's own reason, if it is short enough to hold nothing of the page."""
    try:
        found = json.loads(content)
    except ValueError:
        return ""
    for key in ("error", "message", "detail"):
        found = found.get(key, found) if isinstance(found, dict) else found
    words = " ".join(str(found).split()).rstrip(".") if isinstance(found, str) else ""
    return words if len(words) <= _LONGEST_REASON else ""


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "it is silent"
    if isinstance(error, httpx.HTTPError):
        return "there is no connection"
    return str(error)
