"""Pages that never end, that crash their renderer, and files with ten thousand of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import psutil
import pymupdf
import pytest

from tests.batch.faults.conftest import Batch, line_of, texts_of
from tests.batch.faults.test_interruptions import moments_of_reading
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.slow


def test_a_page_that_never_ends_costs_itself_only(batch: Batch, endless_page_pdf: bytes) -> None:
    (batch.folder / "endless.pdf").write_bytes(endless_page_pdf)
    batch.variables["DOCVLM_LIMIT_PAGE_SECONDS"] = "3"
    reason = batch.reasons()["endless.pdf"]
    assert "1 of 3 pages could not be read" in reason
    assert "Page 2 took longer than 3 seconds" in reason


def test_a_renderer_that_crashes_costs_one_page(batch: Batch, endless_page_pdf: bytes) -> None:
    (batch.folder / "endless.pdf").write_bytes(endless_page_pdf)
    batch.variables["DOCVLM_LIMIT_PAGE_SECONDS"] = "24"
    process = batch.start()
    renderer = busy_renderer(process)
    renderer.send_signal(signal.SIGSEGV)  # what MuPDF's own crash would be
    printed, _ = batch.end(process)
    (failure,) = json.loads(printed)["failures"]
    assert "1 of 3 pages could not be read" in failure["reason"]
    assert "Page 2 made the reader crash" in failure["reason"]


def busy_renderer(batch: subprocess.Popen[str]) -> psutil.Process:
    """The parser that has been at work for two seconds of processor time: at the page without end."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for child in psutil.Process(batch.pid).children(recursive=True):
            try:
                if "docvlm.ingest.worker" in child.cmdline() and child.cpu_times().user > 2:
                    return child
            except psutil.Error:
                continue
        time.sleep(0.1)
    raise AssertionError("no renderer came to the page")


def write_ten_thousand_pages(batch: Batch) -> None:
    with pymupdf.open() as document:
        for number in range(1, 10_001):
            document.new_page(width=200, height=100).insert_text((20, 50), f"Leaf {number}")
        document.save(batch.folder / "thick.pdf")


def test_a_file_of_ten_thousand_pages(batch: Batch) -> None:
    """Given up after the time that was allowed, and read to its end by a run that has the time.

    Its last page is as near as its first.
    """
    write_ten_thousand_pages(batch)
    reason = batch.reasons("--file-seconds", "8")["thick.pdf"]
    assert "took longer than 8 seconds" in reason and "of 10000 pages were read and are kept" in reason

    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "docvlm", "read", str(batch.folder / "thick.pdf"), "--pages", "9999-10000"],
        cwd=REPOSITORY,
        env=batch.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "Leaf 9999" in done.stdout and "Leaf 10000" in done.stdout
    assert time.monotonic() - started < 60

    batch.variables["DOCVLM_LIMIT_MAX_PAGES"] = "9999"
    refused = batch.reasons("--retry-failed")["thick.pdf"]
    assert "10,000 pages" in refused and "DOCVLM_LIMIT_MAX_PAGES" in refused

    del batch.variables["DOCVLM_LIMIT_MAX_PAGES"]
    before = moments_of_reading(batch.home)
    summary = batch.run("--retry-failed", "--out", str(batch.out), seconds=900)
    assert summary["failures"] == []
    assert line_of("thick.pdf", batch.out)["pages_done"] == 10_000
    assert texts_of("thick.pdf", batch.out) == [f"Leaf {number}" for number in range(1, 10_001)]
    assert before.items() <= moments_of_reading(batch.home).items(), "pages were read twice"
