"""The app as a Hugging Face Space starts it: what README says, and a run on requirements.txt alone."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tests.ui.http_browser import callback_of, join, messages_of

REPOSITORY = Path(__file__).parents[1]
PORT = 7860  # where a Space is looked for
INSTALL_SECONDS, START_SECONDS = 1200, 120
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
            pytest.skip(f"port {PORT} is in use on this machine")
    folder = tmp_path_factory.mktemp("space")
    python = folder / "venv" / "bin" / "python"
    subprocess.run([_python_of_the_space(), "-m", "venv", folder / "venv"], check=True)
    # A Space's build adds its own package to what requirements.txt names.
    install = [python, "-m", "pip", "install", "-q", "-r", "requirements.txt", "spaces==0.51.3"]
    subprocess.run(install, cwd=REPOSITORY, check=True, timeout=INSTALL_SECONDS)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "SYSTEM": "spaces",
        "SPACE_ID": "someone/docvlm",
        "SPACE_HOST": "someone-docvlm.hf.space",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": str(PORT),
        "DOCVLM_MODEL": str(folder / "none"),  # the model's own start is tested elsewhere
    }
    log = folder / "log.txt"
    with log.open("w") as output:
        app = subprocess.Popen(
            [python, "app.py"], cwd=REPOSITORY, env=environment, stdout=output, stderr=subprocess.STDOUT
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


@pytest.mark.slow
def test_a_visitor_of_the_space_opens_a_sample(space: str) -> None:
    behind_proxy = {"x-forwarded-host": "someone-docvlm.hf.space", "x-forwarded-proto": "https"}
    with httpx.Client(base_url=space, timeout=60, headers=behind_proxy) as browser:
        cookie = browser.get("/").headers["set-cookie"].split(";")[0]
        browser.headers["cookie"] = cookie  # Secure ones are not sent back over plain HTTP
        assert "This is a demo" in browser.get("config").text
        join(browser, callback_of(browser, "samples", "select"), [], {"choice": "sample:invoice.pdf"}, "tab")
        assert "invoice.pdf" in messages_of(browser, "tab")
