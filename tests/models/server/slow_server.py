"""A model server of few words: it streams replies that a test has written, each piece after a pause."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.served import served


@dataclass(slots=True)
class SlowServer:
    """Where it answers, how many pieces it has sent, and how often nobody waited for the end of a reply."""

    url: str
    sent: int = 0
    hung_up: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, sent: int = 0, hung_up: int = 0) -> None:
        with self._lock:
            self.sent += sent
            self.hung_up += hung_up


@contextmanager
def slow_server(write: Callable[[str], Sequence[str]], pause_seconds: float) -> Iterator[SlowServer]:
    """A server of the model ``slow``, over OpenAI's chat interface; it ends with the block.

    Args:
        write: the pieces of the reply to a prompt. A reply of one piece comes at once.
        pause_seconds: before each piece of a longer reply.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._begin("application/json")
            self.wfile.write(json.dumps({"data": [{"id": "slow"}]}).encode())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            content = body["messages"][-1]["content"]
            prompt = content if isinstance(content, str) else content[-1]["text"]
            pieces = write(prompt)
            self._begin("text/event-stream")
            try:
                for piece in pieces:
                    if len(pieces) > 1:
                        time.sleep(pause_seconds)
                    self._send({"delta": {"content": piece}, "finish_reason": None})
                    server.count(sent=1)
                self._send({"delta": {}, "finish_reason": "stop"})
            except OSError:
                server.count(hung_up=1)

        def _begin(self, kind: str) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.end_headers()  # HTTP 1.0: the end of the connection is the end of the reply

        def _send(self, choice: dict[str, object]) -> None:
            self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = SlowServer("")
    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        server.url = f"{address}/v1"
        yield server
