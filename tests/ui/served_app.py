"""The app over an empty data folder in a process of its own, for programs that drive a browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docvlm.config import Settings
from docvlm.models.language_model import ensure_language_model
from tests.ui.conftest import REPOSITORY


def empty_home(scratch: Path) -> Path:
    """An empty data folder that shares the unpacked model."""
    unpacked = ensure_language_model(Settings.from_environment().model_cache)
    home = scratch / "home"
    (home / "models").mkdir(parents=True)
    (home / "models" / unpacked.name).symlink_to(unpacked)
    return home


@contextmanager
def served(home: Path, port: int = 0) -> Iterator[str]:
    """The address of the app over a data folder, by default at any free port; the app ends with the block."""
    port = port or free_port()
    command = [sys.executable, "app.py", "--port", str(port)]
    app = subprocess.Popen(command, cwd=REPOSITORY, env=os.environ | {"DOCVLM_HOME": str(home)})
    try:
        while app.poll() is None and not _answers(port):
            time.sleep(0.3)
        yield f"http://127.0.0.1:{port}/"
    finally:
        app.terminate()
        app.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
