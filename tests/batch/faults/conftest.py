"""A batch on a folder with a fault in it: run as a process, its output read, its leftovers counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.batch.files import write_pdf
from tests.ingest.conftest import endless_page_pdf

__all__ = ["endless_page_pdf"]


class Batch:
    """A folder with one sound file, ``good.pdf``, to which a test adds its fault."""

    def __init__(self, scratch: Path) -> None:
        self.home = scratch / "home"
        self.folder = scratch / "in"
        self.temporary = scratch / "tmp"
        self.temporary.mkdir()
        self.variables: dict[str, str] = {}
        write_pdf(self.folder / "good.pdf", ["All is well", "Still well"])

    def start(self, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "docvlm", "batch", str(self.folder), "--read", "--json"]
        return subprocess.Popen(
            [*command, "--workers", "1", *options],
            env={
                **os.environ,
                "DOCVLM_HOME": str(self.home),
                "TMPDIR": str(self.temporary),
                **self.variables,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *options: str) -> dict[str, Any]:
        """What a run printed; it must not have crashed."""
        printed, errors = self.start(*options).communicate(timeout=240)
        assert "Traceback" not in errors, errors
        summary: dict[str, Any] = json.loads(printed)
        return summary

    def error(self, *options: str) -> tuple[int, str]:
        """The exit code and the sentence of a run that cannot go on."""
        process = self.start(*options)
        printed, errors = process.communicate(timeout=240)
        assert "Traceback" not in errors and printed == "", (printed, errors)
        return process.returncode, errors

    def reasons(self, *options: str) -> dict[str, str]:
        """Why files failed; ``good.pdf`` must not have, and nothing may be left over."""
        files_before = self._files()
        failures = {each["file"]: each["reason"] for each in self.run(*options)["failures"]}
        assert "good.pdf" not in failures
        assert self._files() == files_before, "originals were changed"
        # ".ses" is what onnxruntime writes on being imported, before it can be told anything.
        assert {path.name for path in self.temporary.iterdir()} <= {".ses"}
        return failures

    def _files(self) -> dict[str, bytes]:
        return {
            path.name: path.read_bytes()
            for path in self.folder.iterdir()
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 2**20
        }


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[Batch]:
    yield Batch(tmp_path)
    # Whatever still runs has the test's folder in its environment.
    own = [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and _belongs_to(process, tmp_path)
    ]
    _, alive = psutil.wait_procs(own, timeout=10)
    assert alive == []


def _belongs_to(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.environ().get("DOCVLM_HOME") == str(folder / "home")
    except psutil.Error:
        return False
