"""A model server gets the questions of several documents at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from docvlm.batch import Task
from docvlm.batch.ledger import FileState
from docvlm.batch.run import BatchOptions, run_batch
from docvlm.config import Settings
from tests.batch.files import write_pdf
from tests.processes import left_after

QUESTION = "What does the page say?"
AT_ONCE = 2
WAIT_SECONDS = 120  # for the second worker to start, on a busy machine


class PairingServer(ThreadingHTTPServer):
    """Replies to a question only when another one is there at the same time."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.together = threading.Barrier(AT_ONCE)
        self.questions = 0


class _Handler(BaseHTTPRequestHandler):
    server: PairingServer

    def do_GET(self) -> None:
        self._send("application/json", json.dumps({"data": [{"id": "model"}]}))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if QUESTION in body:
            self.server.questions += 1
            with suppress(threading.BrokenBarrierError):  # seen by the test; the batch goes on
                self.server.together.wait(WAIT_SECONDS)
        events = [
            {"choices": [{"delta": {"content": "Alpha"}}]},
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


@pytest.fixture
def server() -> Iterator[PairingServer]:
    running = PairingServer()
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.mark.slow
def test_questions_to_several_documents_are_with_the_server_at_once(
    server: PairingServer, tmp_path: Path
) -> None:
    documents = 4
    for number in range(documents):
        write_pdf(tmp_path / "in" / f"{number}.pdf", [f"Alpha {number}"])
    home = tmp_path / "home"
    model = f"http://127.0.0.1:{server.server_port}/v1"
    settings = Settings(home, f"sqlite:///{home / 'docvlm.sqlite'}", model=model)
    options = BatchOptions((str(tmp_path / "in"),), Task.ASK, question=QUESTION, model_workers=AT_ONCE)
    summary = run_batch(options, settings)
    assert summary.totals.states[FileState.DONE] == documents
    assert server.questions == documents
    assert not server.together.broken, "a question was alone with the server"
    assert left_after(10) == []
