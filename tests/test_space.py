"""The app as a Hugging Face Space starts it: what README says, and a run of what a push would bring there."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from packaging.specifiers import SpecifierSet

from docvlm.config import Settings
from tests.ui.http_browser import callback_of, join, messages_of

REPOSITORY = Path(__file__).parents[1]
PORT = 7860  # where a Space is looked for
INSTALL_SECONDS, START_SECONDS, ANSWER_SECONDS = 1200, 120, 180
ZERO_GPU_PYTHONS = ("3.10", "3.12")  # huggingface.co/docs/hub/spaces-zerogpu, "Supported versions"


def test_the_readme_tells_the_space_what_requirements_pin() -> None:
    front_matter = _front_matter()
    pinned = re.search(r"^gradio==(\S+)$", _text("requirements.txt"), re.MULTILINE)
    assert pinned is not None and front_matter["sdk"] == "gradio"
    assert str(front_matter["sdk_version"]) == pinned[1]
    assert (REPOSITORY / front_matter["app_file"]).is_file()
    assert len(front_matter["short_description"]) <= 60  # the Hub refuses a longer one
    assert "poppler-utils" in (REPOSITORY / "packages.txt").read_text().split()


def test_every_package_runs_on_the_python_that_the_space_is_given() -> None:
    python = _front_matter()["python_version"]
    assert python in ZERO_GPU_PYTHONS
    wanted = {"docvlm": re.findall(r'^requires-python = "(.+)"$', _text("pyproject.toml"), re.MULTILINE)[0]}
    for name in re.findall(r"^([\w.-]+)(?:\[.*\])?==", _text("requirements.txt"), re.MULTILINE):
        wanted[name] = metadata(name)["Requires-Python"] or ""
    assert len(wanted) > 20
    assert [name for name, which in wanted.items() if f"{python}.0" not in SpecifierSet(which)] == []


def _front_matter() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(_text("README.md").split("---")[1])
    return found


def _text(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def _python_of_the_space() -> str:
    """The interpreter that the Space is given where this machine has it, else the one of the tests."""
    name = f"python{_front_matter()['python_version']}"
    try:
        subprocess.run([name, "-c", "import venv"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return sys.executable
    return name


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, run by a fresh environment with what the Space's build installs."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.fail(f"Port {PORT} is in use; end the program that listens there.")
    folder = tmp_path_factory.mktemp("space")
    python = folder / "venv" / "bin" / "python"
    pushed = _pushed(folder / "app")
    # The language model that the tests have fetched already; fetching it is tested elsewhere.
    cache = replace(Settings.from_environment(), home=folder / ".local" / "share" / "docvlm").model_cache
    cache.parent.mkdir(parents=True)
    cache.symlink_to(Settings.from_environment().model_cache)
    subprocess.run([_python_of_the_space(), "-m", "venv", folder / "venv"], check=True)
    # A Space's build adds its own package to what requirements.txt names.
    install = [python, "-m", "pip", "install", "-q", "-r", "requirements.txt", "spaces==0.51.3"]
    subprocess.run(install, cwd=pushed, check=True, timeout=INSTALL_SECONDS)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "SYSTEM": "spaces",
        "SPACE_ID": "someone/docvlm",
        "SPACE_HOST": "someone-docvlm.hf.space",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": str(PORT),
    }
    log = folder / "log.txt"
    with log.open("w") as output:
        app = subprocess.Popen(
            [python, "app.py"], cwd=pushed, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    address = f"http://127.0.0.1:{PORT}"
    try:
        until = time.monotonic() + START_SECONDS
        while not _answers(address):
            if app.poll() is not None or time.monotonic() > until:
                pytest.fail(f"the app did not start:\n{log.read_text()[-4000:]}")
            time.sleep(0.3)
        yield address
        assert _failures(log.read_text()) == []
    finally:
        app.terminate()
        app.wait(30)


def _pushed(folder: Path) -> Path:
    """What git would push: the files it tracks, as they are now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPOSITORY / name, target)
    return folder


def _failures(log: str) -> list[str]:
    """The lines before tracebacks; those of event loops that the Space's package leaves behind are none."""
    lines = ["", *log.splitlines()]
    before = [lines[place - 1] for place, line in enumerate(lines) if line.startswith("Traceback")]
    return [line for line in before if not line.startswith("Exception ignored in: <function BaseEventLoop")]


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=10).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def visitor(space: str) -> Iterator[httpx.Client]:
    behind_proxy = {"x-forwarded-host": "someone-docvlm.hf.space", "x-forwarded-proto": "https"}
    with httpx.Client(base_url=space, timeout=ANSWER_SECONDS, headers=behind_proxy) as browser:
        cookie = browser.get("/").headers["set-cookie"].split(";")[0]
        browser.headers["cookie"] = cookie  # Secure ones are not sent back over plain HTTP
        yield browser


@pytest.mark.slow
def test_a_visitor_of_the_space_opens_a_sample(visitor: httpx.Client) -> None:
    assert "This is a demo" in visitor.get("config").text
    join(visitor, callback_of(visitor, "samples", "select"), [], {"choice": "sample:invoice.pdf"}, "tab")
    assert "invoice.pdf" in messages_of(visitor, "tab")


@pytest.mark.slow
def test_the_embedded_model_answers_a_visitor_of_the_space(visitor: httpx.Client) -> None:
    invoice = (REPOSITORY / "ui_assets" / "samples" / "invoice.pdf").read_bytes()
    document = "data:application/pdf;base64," + base64.b64encode(invoice).decode()
    asked = {"data": [document, "What is the invoice number?", ""]}  # of all pages
    event = visitor.post("gradio_api/call/ask", json=asked).json()["event_id"]
    told = visitor.get(f"gradio_api/call/ask/{event}").text
    assert "event: complete" in told, told
    (text,) = json.loads(told.rsplit("data: ", 1)[1])
    answer = json.loads(text)
    assert (answer["answer"], answer["page"]) == ("FS-2026-0417", 1)
