"""A model server gets the questions of several documents at once, and each window of a long one once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from docvlm.batch import Task
from docvlm.batch.ledger import FileState
from docvlm.batch.run import BatchOptions, run_batch
from docvlm.config import Settings
from tests.batch.clusters import finished, results
from tests.batch.files import write_pdf
from tests.batch.replying_server import ReplyingServer, replying
from tests.conftest import REPOSITORY
from tests.processes import left_after

pytestmark = pytest.mark.slow

QUESTION = "What does the page say?"
AT_ONCE = 2
WAIT_SECONDS = 120  # for the second worker to start, on a busy machine
PAGES = 9


def test_questions_to_several_documents_are_with_the_server_at_once(tmp_path: Path) -> None:
    documents = 4
    for number in range(documents):
        write_pdf(tmp_path / "in" / f"{number}.pdf", [f"Alpha {number}"])
    home = tmp_path / "home"
    together, questions = threading.Barrier(AT_ONCE), Counter[str]()

    def reply_to_pairs(body: str) -> str:
        if QUESTION in body:
            questions[QUESTION] += 1
            with suppress(threading.BrokenBarrierError):  # seen by the test; the batch goes on
                together.wait(WAIT_SECONDS)
        return "Alpha"

    with replying(reply_to_pairs) as server:
        settings = Settings(home, f"sqlite:///{home / 'docvlm.sqlite'}", model=server.model)
        options = BatchOptions((str(tmp_path / "in"),), Task.ASK, question=QUESTION, model_workers=AT_ONCE)
        summary = run_batch(options, settings)
    assert summary.totals.states[FileState.DONE] == documents
    assert questions[QUESTION] == documents
    assert not together.broken, "a question was alone with the server"
    assert left_after(10) == []


def test_a_killed_batch_repeats_no_window_of_a_long_file(tmp_path: Path) -> None:
    write_pdf(tmp_path / "in" / "long.pdf", [f"Page {page} Sum 1{page}.50" for page in range(PAGES)])
    asked = Counter[str]()

    def reply_slowly(body: str) -> str:
        if "Sum 1" in body:  # not what is asked to learn what the server can do
            asked[body] += 1
        threading.Event().wait(0.4)
        return '{"sum": "14.50"}'

    with replying(reply_slowly) as server:
        process = extract(server, tmp_path / "plain")
        finished(process)
        assert set(asked.values()) == {1} and len(asked) >= PAGES
        windows = dict(asked)
        asked.clear()

        killed = extract(server, tmp_path / "killed")
        deadline = time.monotonic() + WAIT_SECONDS
        while asked.total() < PAGES // 2:
            assert killed.poll() is None and time.monotonic() < deadline, "it did not begin"
            threading.Event().wait(0.02)
        workers = psutil.Process(killed.pid).children(recursive=True)
        killed.kill()
        killed.communicate()
        psutil.wait_procs(workers, timeout=30)
        assert asked.total() < len(windows), "it was over before it was killed"
        finished(extract(server, tmp_path / "killed"))
    assert asked.keys() == windows.keys()
    assert asked.total() <= len(windows) + 1, "more than the window in flight was asked again"
    assert results(tmp_path / "killed.jsonl") == results(tmp_path / "plain.jsonl")


def extract(server: ReplyingServer, home: Path) -> subprocess.Popen[str]:
    """Begin to extract one field from every file."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "docvlm", "batch", str(home.parent / "in"), "--schema", "sum:amount"),
            *("--json", "--out", str(home.with_suffix(".jsonl")), "--workers", "1"),
        ],
        cwd=REPOSITORY,
        env={**os.environ, "DOCVLM_HOME": str(home), "DOCVLM_MODEL": server.model},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
