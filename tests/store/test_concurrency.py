"""Several processes on one database, and one that is killed while it writes."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

from docvlm.store import Store
from docvlm.types import DocumentInfo

REPOSITORY = Path(__file__).parents[2]
WRITES = 60
WRITER = """
import itertools, sys
from docvlm.store import Store
from docvlm.types import *
url, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
run = RunInfo("docvlm-mini", "1")
with Store.open(url) as store:
    for number in range(count) if count else itertools.count():
        document = store.add_document(DocumentInfo(f"{name}-{number}", "a.pdf", "application/pdf", 1, 1))
        shared = store.add_document(DocumentInfo("shared", f"{name}-{number}.pdf", "application/pdf", 1, 1))
        line = Line((Word("total", Box(0, 0, 1, 1)),))
        store.save_reading(shared, Reading(number % 5 + 1, ReadingSource.OCR, 9, 9, (line,)), "v1")
        fields = tuple(FieldValue(f"field {index}", "1", "1", 1.0) for index in range(20))
        store.save_extraction(document, run, "key", Extraction("receipt", fields))
        if number == 0:
            print("writing", flush=True)
"""


def start_writer(url: str, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url, name, str(count)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_open_a_new_database_and_write_without_loss(database_url: str) -> None:
    writers = [start_writer(database_url, name, WRITES) for name in ("one", "two")]
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors
    with Store.open(database_url) as store:
        documents = {record.sha256: record for record in store.list_documents()}
        assert len(documents) == 2 * WRITES + 1
        assert len(documents["shared"].names) == 2 * WRITES
        assert [len(record.extraction.fields) for record in store.extractions()] == [20] * 2 * WRITES
        assert sorted(hit.page or 0 for hit in store.search("total")) == [1, 2, 3, 4, 5]


def test_threads_share_a_store(store: Store) -> None:
    failures: list[Exception] = []

    def write(name: str) -> None:
        try:
            for number in range(20):
                store.add_document(DocumentInfo(f"{name}-{number}", "a.pdf", "application/pdf", 1, 1))
                store.list_documents()
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(str(index),)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.list_documents()) == 80


def test_a_killed_writer_leaves_a_consistent_database(database_url: str) -> None:
    for attempt in range(3):
        writer = start_writer(database_url, f"attempt {attempt}", count=0)
        assert writer.stdout is not None and writer.stdout.readline() == "writing\n"
        threading.Event().wait(0.05 * attempt)
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate(timeout=30)

        with Store.open(database_url) as store:
            records = store.extractions()
            assert records
            assert {len(record.extraction.fields) for record in records} == {20}
            assert store.search("total")
            store.add_document(DocumentInfo(f"after {attempt}", "a.pdf", "application/pdf", 1, 1))
    if database_url.startswith("sqlite"):
        _check_integrity(Path(database_url.removeprefix("sqlite:///")))


def _check_integrity(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        # FTS5 compares the index with the table it stands for, and raises where they differ.
        connection.execute("INSERT INTO search_index(search_index, rank) VALUES ('integrity-check', 1)")
