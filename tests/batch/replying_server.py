"""A model server whose replies are written by the test, for counting what it is asked and when."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.served import served


class ReplyingServer(ThreadingHTTPServer):
    """Streams what ``reply`` returns for the body of a request, in one piece."""

    def __init__(self, reply: Callable[[str], str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = reply

    @property
    def model(self) -> str:
        """What a user would give as the model."""
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def replying(reply: Callable[[str], str]) -> Iterator[ReplyingServer]:
    """The server, for as long as the block lasts."""
    server = ReplyingServer(reply)
    with served(server):
        yield server


class _Handler(BaseHTTPRequestHandler):
    server: ReplyingServer

    def do_GET(self) -> None:
        self._send("application/json", json.dumps({"data": [{"id": "model"}]}))

    def do_POST(self) -> None:
        text = self.server.reply(self.rfile.read(int(self.headers["Content-Length"])).decode())
        events = [
            {"choices": [{"delta": {"content": text}}]},
            {"choices": [{"delta": {}, "finish_reason": "stop"}]},
        ]
        lines = [*map(json.dumps, events), "[DONE]"]
        self._send("text/event-stream", "".join(f"data: {line}\n\n" for line in lines))

    def log_message(self, *_: Any) -> None:
        pass

    def _send(self, kind: str, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())
