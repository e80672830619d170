"""Batches whose model is a real llama.cpp server, also when it is killed in the midst of them."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.batch.clusters import finished, results, start_batch
from tests.batch.files import write_pdf
from tests.models.server.servers import ModelServer
from tests.models.server.tiny_gguf import save_tiny_gguf

pytestmark = pytest.mark.slow

FILES = 20
QUESTION = "What does the page say?"


def answers_kept(home: Path) -> int:
    database = home / "docvlm.sqlite"
    if not database.exists():
        return 0
    with closing(sqlite3.connect(database)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM answers").fetchone()[0])
        except sqlite3.OperationalError:  # before the tables are there
            return 0


def test_a_server_that_is_killed_and_started_again_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for number in range(FILES):
        write_pdf(folder / f"{number:02}.pdf", [f"File {number} costs {number}.50 EUR"])
    model = save_tiny_gguf(tmp_path / "tiny.gguf")
    out = {name: tmp_path / f"{name}.jsonl" for name in ("plain", "killed")}
    with ModelServer.llama_cpp(model, tmp_path / "log") as server:
        finished(
            start_batch(folder, out["plain"], **variables(server, tmp_path / "plain"), question=QUESTION)
        )

        home = tmp_path / "killed"
        batch = start_batch(folder, out["killed"], **variables(server, home), question=QUESTION)
        deadline = time.monotonic() + 120
        while answers_kept(home) < 3:
            assert batch.poll() is None and time.monotonic() < deadline, "it did not begin"
            threading.Event().wait(0.02)
        server.kill()
        threading.Event().wait(2)
        assert batch.poll() is None
        assert answers_kept(home) < FILES, "it was over before the server was killed"
        server.start()
        summary = finished(batch)
    assert summary["states"]["done"] == FILES and summary["failures"] == []
    assert answers_kept(home) == FILES, "an answer was lost or given twice"
    for plain, killed in zip(results(out["plain"]), results(out["killed"]), strict=True):
        # The server reckons in another batch size after a restart: confidence may differ in its last digits.
        assert killed.pop("confidence") == pytest.approx(plain.pop("confidence"), abs=1e-3)
        assert killed == plain


def variables(server: ModelServer, home: Path) -> dict[str, str]:
    return {"DOCVLM_HOME": str(home), "DOCVLM_MODEL": server.url}
