"""The real program, served by a process of its own, in a real browser."""

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

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from docvlm.pipeline import Workspace
    from docvlm.ui.page import Rooms

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


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    from docvlm.config import Settings
    from docvlm.pipeline import Workspace

    with Workspace(Settings.from_environment({"DOCVLM_HOME": str(tmp_path / "home")})) as opened:
        yield opened


@pytest.fixture
def rooms(workspace: Workspace, tmp_path: Path) -> Iterator[Rooms]:
    """The tabs of the page over a fresh workspace, for callbacks that are called by hand."""
    import gradio as gr

    from docvlm.ui.engine_loader import EngineLoader
    from docvlm.ui.model_header import ModelHeader
    from docvlm.ui.page import lay_out_rooms
    from docvlm.ui.rights import Rights

    loader = EngineLoader()
    rights = Rights.at("127.0.0.1", False, workspace.settings.home, (tmp_path,))
    with gr.Blocks():
        laid_out = lay_out_rooms(workspace, loader, ModelHeader(workspace, loader), rights)
    yield laid_out
    for session in laid_out.desk.sessions._sessions.values():
        session.close()  # a document that stays open keeps a process


@pytest.fixture
def two_totals(tmp_path: Path) -> Path:
    """A page with one total in its upper half and one in its lower half."""
    import pymupdf

    path = tmp_path / "two.pdf"
    with pymupdf.open() as document:
        page = document.new_page(width=300, height=200)
        page.insert_text((30, 50), "Total 9.00", fontsize=14)
        page.insert_text((30, 150), "Total 12.50", fontsize=14)
        document.save(path)
    return path


@pytest.fixture(scope="module")
def app_environment() -> dict[str, str]:
    """What a module's app has in its environment beside the data folder."""
    return {}


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """For ``app_environment``: a model of the real classes that answers, and learns, within seconds."""
    from tests.models.tiny_checkpoints import save_tiny_checkpoint

    checkpoint = save_tiny_checkpoint("idefics3", tmp_path_factory.mktemp("checkpoints") / "tiny")
    return {"DOCVLM_MODEL": str(checkpoint), "DOCVLM_THREADS": "1"}


@pytest.fixture(scope="module")
def app_options() -> list[str]:
    """The options of a module's app, its port aside."""
    return []


@pytest.fixture(scope="module")
def may_log_failures() -> bool:
    """Whether a module's app may end with tracebacks in its terminal."""
    return False


@pytest.fixture(scope="module")
def address(
    model_home: Path,
    app_environment: dict[str, str],
    app_options: list[str],
    may_log_failures: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of the app, served by a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("app") / "log.txt"
    with log.open("w") as output:
        command = [sys.executable, "app.py", "--port", str(port), *app_options]
        environment = os.environ | {"DOCVLM_HOME": str(model_home)} | app_environment
        app = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(port, app, log)
            yield f"http://127.0.0.1:{port}/"
        finally:
            app.terminate()
            app.wait(30)
    assert may_log_failures or "Traceback" not in log.read_text()


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
    if shutil.which(CHROMIUM) is None:
        pytest.skip("no Chromium on this machine")
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
