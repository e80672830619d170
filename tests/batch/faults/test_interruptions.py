"""Killed at any moment, a batch loses no page that was kept and does none twice."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import pymupdf
import pytest

from tests.batch.faults.conftest import Batch, line_of, lines, texts_of
from tests.batch.files import write_pdf

pytestmark = pytest.mark.slow


def kept_pages(home: Path) -> set[tuple[int, int]]:
    database = home / "docvlm.sqlite"
    if not database.exists():
        return set()
    with closing(sqlite3.connect(database)) as connection:
        try:
            return set(connection.execute("SELECT document_id, page_number FROM readings"))
        except sqlite3.OperationalError:  # killed before the tables were there
            return set()


def moments_of_reading(home: Path) -> dict[tuple[int, int], str]:
    """When each page was kept; a page that is read again has another moment."""
    with closing(sqlite3.connect(home / "docvlm.sqlite")) as connection:
        rows = connection.execute("SELECT document_id, page_number, created FROM readings")
        return {(document, page): created for document, page, created in rows}


def wait_until(condition: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        threading.Event().wait(0.05)


def kill_with_all_its_children_left_to_themselves(process: subprocess.Popen[str]) -> None:
    """Kill -9 of the batch alone; its workers must notice and end."""
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert alive == []


def test_a_killed_batch_goes_on_where_it_was(batch: Batch) -> None:
    for number in range(4):
        write_pdf(batch.folder / f"{number}.pdf", [f"File {number} page {page}" for page in range(60)])
    process = batch.start()
    wait_until(lambda: len(kept_pages(batch.home)) > 20)
    kill_with_all_its_children_left_to_themselves(process)
    before = moments_of_reading(batch.home)
    assert batch.run()["states"]["done"] == 5
    after = moments_of_reading(batch.home)
    assert len(after) == 4 * 60 + 2
    assert {page: after[page] for page in before} == before, "pages were read twice"


def test_a_worker_that_is_killed_costs_one_page_at_most(batch: Batch) -> None:
    write_pdf(batch.folder / "long.pdf", [f"Page {page}" for page in range(150)])
    process = batch.start()
    wait_until(lambda: len(kept_pages(batch.home)) > 20)
    (worker,) = [
        child for child in psutil.Process(process.pid).children() if "docvlm.batch.worker" in child.cmdline()
    ]
    worker.send_signal(signal.SIGKILL)
    printed, _ = batch.end(process)
    summary = json.loads(printed)
    assert summary["states"]["done"] + summary["states"]["partial"] == 2
    failures = summary["failures"]  # none where it was killed between two pages
    assert len(kept_pages(batch.home)) == 152 - len(failures) and len(failures) < 2
    for failure in failures:
        assert "1 of 150 pages could not be read" in failure["reason"]
        assert "made its worker process crash" in failure["reason"]


def test_a_stopped_batch_ends_soon_and_says_how_to_go_on(batch: Batch) -> None:
    write_pdf(batch.folder / "long.pdf", [f"Page {page}" for page in range(400)])
    process = batch.start()
    wait_until(lambda: len(kept_pages(batch.home)) > 20)
    process.send_signal(signal.SIGINT)
    printed, _ = batch.end(process, seconds=30)
    assert process.returncode == 130
    assert json.loads(printed)["stopped"] is True
    kept = len(kept_pages(batch.home))
    assert 20 < kept < 402
    assert batch.run()["states"]["done"] == 2
    assert len(kept_pages(batch.home)) == 402


def test_two_batches_at_once_share_the_work(batch: Batch) -> None:
    for number in range(6):
        write_pdf(batch.folder / f"{number}.pdf", [f"File {number} page {page}" for page in range(10)])
    both = [batch.start(), batch.start()]
    summaries = [json.loads(batch.end(process)[0]) for process in both]
    assert [summary["states"]["done"] for summary in summaries] == [7, 7]
    assert sum(summary["pages"] for summary in summaries) == 62


def test_a_file_that_changes_while_it_waits_is_read_as_it_is_then(batch: Batch) -> None:
    write_pdf(batch.folder / "a-long.pdf", [f"Page {page}" for page in range(200)])
    for number in range(4):
        write_pdf(batch.folder / f"b-{number}.pdf", [f"Number {number}"])
    last = write_pdf(batch.folder / "z.pdf", ["Before"])
    process = batch.start()
    wait_until(lambda: len(kept_pages(batch.home)) > 5)
    write_pdf(last.with_suffix(".new"), ["After"]).rename(last)
    batch.note_originals(last)
    printed, _ = batch.end(process)
    assert json.loads(printed)["states"]["done"] == 7
    with closing(sqlite3.connect(batch.home / "docvlm.sqlite")) as connection:
        texts = [text for (text,) in connection.execute("SELECT text FROM search_entries")]
    assert "After" in texts and "Before" not in texts


def test_a_file_that_is_overwritten_while_it_is_read_is_read_as_it_was(batch: Batch) -> None:
    """And as it is then by the next run: no mixture of the two is ever kept."""
    long = write_pdf(batch.folder / "long.pdf", [f"Before {page}" for page in range(200)])
    after = write_pdf(batch.home.parent / "after.pdf", ["After 0", "After 1"]).read_bytes()
    process = batch.start("--out", str(batch.out))
    wait_until(lambda: len(kept_pages(batch.home)) > 20)
    long.write_bytes(after)
    batch.note_originals(long)
    batch.end(process)
    assert texts_of("long.pdf", batch.out) == [f"Before {page}" for page in range(200)]
    assert batch.run("--out", str(batch.out))["pages"] == 2
    assert texts_of("long.pdf", batch.out) == ["After 0", "After 1"]


def test_a_large_file_that_is_overwritten_while_it_is_read_is_read_again(batch: Batch) -> None:
    """Above 32 MiB it is read where it lies; the results are those of one of its contents, whole."""
    large = batch.folder / "large.pdf"
    with pymupdf.open() as document:
        for page in range(200):
            document.new_page().insert_text((72, 72), f"Before {page}")
        document.embfile_add("noise", random.Random(0).randbytes(33 * 2**20))
        document.save(large)
    after = write_pdf(batch.home.parent / "after.pdf", ["After 0", "After 1"]).read_bytes()
    process = batch.start("--out", str(batch.out))
    wait_until(lambda: len(kept_pages(batch.home)) > 20)
    large.write_bytes(after)
    batch.note_originals(large)
    batch.end(process)
    assert texts_of("large.pdf", batch.out) == ["After 0", "After 1"]
    assert line_of("large.pdf", batch.out)["status"] == "done"


@pytest.mark.shared_data
def test_ten_kills_over_hard_files_give_the_same_as_one_clean_run(shared_data: Path, tmp_path: Path) -> None:
    """Takes as long as reading all of ``pdf_robustness`` twice."""
    source = shared_data / "pdf_robustness"
    clean, killed = (Batch(tmp_path / name, source) for name in ("clean", "killed"))
    options = ("--workers", "2", "--out")
    clean.run(*options, str(clean.out), seconds=1800)
    total = len(kept_pages(clean.home))

    chance = random.Random(20260)
    before: dict[tuple[int, int], str] = {}
    for mark in sorted(chance.sample(range(total * 2 // 3), 10)):
        process = killed.start(*options, str(killed.out))
        wait_until(at_work_beyond(mark, killed, process), seconds=600)
        threading.Event().wait(chance.uniform(0, 0.5))
        assert process.poll() is None, "it ended before it was killed"
        kill_with_all_its_children_left_to_themselves(process)
        now = moments_of_reading(killed.home)
        assert before.items() <= now.items(), "pages were read twice"
        assert len(now) < total, "all was read before it was killed"
        before = now
    killed.run(*options, str(killed.out), seconds=1800)
    assert before.items() <= moments_of_reading(killed.home).items(), "pages were read twice"
    assert len(kept_pages(killed.home)) == total
    assert lines(killed.out) == lines(clean.out)
    killed.assert_nothing_is_left()


def at_work_beyond(mark: int, batch: Batch, process: subprocess.Popen[str]) -> Callable[[], bool]:
    """Whether more than ``mark`` pages are kept; true also when it has ended."""
    return lambda: process.poll() is not None or len(kept_pages(batch.home)) > mark
