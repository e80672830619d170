"""The first page in a real browser, served by the real program with the embedded model."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REPOSITORY = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 120
MODEL_MILLISECONDS = 300_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which(CHROMIUM) is None, reason="no Chromium on this machine"),
]
pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="module")
def address(model_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, served by a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("app") / "log.txt"
    with log.open("w") as output:
        command = [sys.executable, "app.py", "--port", str(port)]
        environment = os.environ | {"DOCVLM_HOME": str(model_home)}
        app = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(port, app, log)
            yield f"http://127.0.0.1:{port}/"
        finally:
            app.terminate()
            app.wait(30)
    assert "Traceback" not in log.read_text()


def _wait_for(port: int, app: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if app.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the app did not start: {log.read_text()}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A fresh tab that may talk to the app only."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    tab = context.new_page()
    strangers: list[str] = []
    tab.on(
        "request",
        lambda request: strangers.append(request.url) if _is_foreign(request.url, address) else None,
    )
    tab.goto(address)
    tab.wait_for_selector(".samples")
    yield tab
    context.close()
    assert strangers == []


def _is_foreign(url: str, address: str) -> bool:
    return not url.startswith((address, "data:", "blob:"))


def _upload(page: Page, path: Path) -> None:
    page.set_input_files("#upload input[type=file]", path)


def test_a_question_is_answered_on_the_page(page: Page, samples: Path, tmp_path: Path) -> None:
    _upload(page, samples / "invoice.pdf")
    page.wait_for_selector('[data-read="1"]', timeout=60_000)
    page.fill("#question textarea", "What is the invoice number?")
    page.click("#ask")
    page.wait_for_selector(".answer.pending")
    page.wait_for_selector("[data-choice='answer:0'], #answers .error", timeout=MODEL_MILLISECONDS)
    answers = page.inner_text("#answers")
    assert "What is the invoice number?" in answers
    assert "Page 1" in answers and "%" in answers
    assert page.inner_text(".answer .reply:not(.none)").strip()
    _check_evidence(page, tmp_path / "answer.png")

    page.reload()
    page.wait_for_selector(".document")
    assert "invoice.pdf" in page.inner_text("#documents")
    page.click(".document")
    page.wait_for_selector('.answer[data-choice="answer:0"]')
    assert page.locator(".evidence-box").count() == 0
    page.click(".answer")
    page.wait_for_selector(".evidence-box")


def test_fields_are_extracted_and_lit(page: Page, samples: Path, tmp_path: Path) -> None:
    page.click('[data-choice="sample:invoice.pdf"]')
    page.wait_for_selector('[data-read="1"]', timeout=60_000)
    page.click("role=tab[name=Extract]")
    page.click("#extract")
    page.wait_for_selector("table.fields, #fields .error", timeout=MODEL_MILLISECONDS)
    assert page.locator("table.fields tbody tr").count() > 5, page.inner_text("#fields")
    rows = page.locator("tr[data-choice]")
    assert rows.count() > 0
    rows.last.click()
    page.wait_for_selector("tr[aria-current]")
    _check_evidence(page, tmp_path / "field.png")
    with page.expect_download() as download:
        page.click(".download")
    assert '"fields"' in Path(download.value.path()).read_text()


def _check_evidence(page: Page, shot: Path) -> None:
    """The box lies on the page picture, and its colour and the print under it are in the screenshot."""
    box = page.wait_for_selector(".evidence-box")
    sheet = page.query_selector(".page-sheet img")
    assert box is not None and sheet is not None
    page.wait_for_timeout(600)  # the box fades in
    inner, outer = box.bounding_box(), sheet.bounding_box()
    assert inner is not None and outer is not None
    assert inner["width"] > 4 and inner["height"] > 4
    assert outer["x"] - 1 <= inner["x"] and inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1
    assert outer["y"] - 1 <= inner["y"] and inner["y"] + inner["height"] <= outer["y"] + outer["height"] + 1
    page.screenshot(path=shot)
    pixels = cv2.imread(str(shot))
    assert pixels is not None
    x, y = round(inner["x"]), round(inner["y"])
    crop = pixels[y : y + round(inner["height"]), x : x + round(inner["width"])].astype(int)
    assert crop.size > 0, "the box is outside of the window"
    amber = crop[:, :, 2] - crop[:, :, 0] > 40
    assert amber.mean() > 0.3
    assert np.ptp(crop.sum(axis=2)) > 150


def test_pages_are_turned(page: Page) -> None:
    page.click('[data-choice="sample:scanned-contract.pdf"]')
    page.wait_for_selector('img[alt="Page 1"]', timeout=60_000)
    page.click('[aria-label="Next page"]')
    page.wait_for_selector('img[alt="Page 2"]')
    page.wait_for_selector('[data-read="1"]', timeout=120_000)
    page.check(".show-words")
    assert page.locator(".words rect").first.is_visible()
    assert not page.locator(".tiles rect").first.is_visible()
    page.check(".show-tiles")
    assert page.locator(".tiles rect").first.is_visible()


def test_a_bad_file_gets_a_sentence(page: Page, tmp_path: Path) -> None:
    bad = tmp_path / "broken.pdf"
    bad.write_bytes(b"%PDF-1.7\nthis is no document\n")
    _upload(page, bad)
    notice = page.wait_for_selector("#notice .error", timeout=60_000)
    assert notice is not None
    assert "broken.pdf" in notice.inner_text()
    assert "Traceback" not in page.content()
    assert "broken.pdf" not in page.inner_text("#documents")


def test_an_encrypted_pdf_asks_for_its_password(page: Page, samples: Path, tmp_path: Path) -> None:
    pymupdf = pytest.importorskip("pymupdf")
    locked = tmp_path / "locked.pdf"
    with pymupdf.open(samples / "invoice.pdf") as document:
        document.save(locked, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="sesame", owner_pw="owner")
    _upload(page, locked)
    page.wait_for_selector("#unlock input", timeout=60_000)
    page.fill("#unlock input", "wrong")
    page.click("#unlock button")
    page.wait_for_selector("#notice .busy")
    page.wait_for_selector("#notice .error", timeout=60_000)
    page.fill("#unlock input", "sesame")
    page.click("#unlock button")
    page.wait_for_selector('img[alt="Page 1"]', timeout=60_000)
    assert not page.is_visible("#unlock")


def test_asking_without_a_document_says_what_to_do(page: Page) -> None:
    page.fill("#question textarea", "What is the total?")
    page.press("#question textarea", "Enter")
    page.wait_for_selector("#answers .error")
    assert "Open a document first" in page.inner_text("#answers")
