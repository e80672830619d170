"""A batch on a folder with a fault in it: run as a process, its output read, its leftovers counted."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from docvlm.store.maintenance import check_database
from tests.batch.files import write_pdf
from tests.ingest.conftest import endless_page_pdf

__all__ = ["endless_page_pdf"]


class Batch:
    """A folder with one sound file, ``good.pdf``, to which a test adds its fault; or another folder."""

    def __init__(self, scratch: Path, folder: Path | None = None) -> None:
        self.home = scratch / "home"
        self.folder = folder or scratch / "in"
        self.out = scratch / "out.jsonl"
        self.temporary = scratch / "tmp"
        self.temporary.mkdir(parents=True)
        self.variables: dict[str, str] = {}
        self.told = ""
        """All that the runs printed, on either stream."""
        self._scratch = scratch
        self._originals: dict[Path, str | None] = {}
        if folder is None:
            write_pdf(self.folder / "good.pdf", ["All is well", "Still well"])

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DOCVLM_HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            **self.variables,
        }

    def start(self, *options: str, task: tuple[str, ...] = ("--read",)) -> subprocess.Popen[str]:
        self.note_originals()
        command = [sys.executable, "-m", "docvlm", "batch", str(self.folder), *task, "--json"]
        return subprocess.Popen(
            [*command, "--workers", "1", *options],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, process: subprocess.Popen[str], seconds: float = 240) -> tuple[str, str]:
        """What a run printed on its two streams; it must not have crashed."""
        printed, errors = process.communicate(timeout=seconds)
        self.told += printed + errors
        assert "Traceback" not in errors, errors
        return printed, errors

    def run(self, *options: str, seconds: float = 240, task: tuple[str, ...] = ("--read",)) -> dict[str, Any]:
        """The summary of a run."""
        printed, errors = self.end(self.start(*options, task=task), seconds)
        assert printed, errors
        summary: dict[str, Any] = json.loads(printed)
        return summary

    def error(self, *options: str, task: tuple[str, ...] = ("--read",)) -> tuple[int, str]:
        """The exit code and the sentence of a run that cannot go on."""
        process = self.start(*options, task=task)
        printed, errors = self.end(process)
        assert printed == "", printed
        return process.returncode, errors

    def reasons(self, *options: str) -> dict[str, str]:
        """Why files failed; ``good.pdf`` must not have."""
        failures = {each["file"]: each["reason"] for each in self.run(*options)["failures"]}
        assert "good.pdf" not in failures
        return failures

    def note_originals(self, *changed: Path) -> None:
        """Note how the folder's files are, those that a test has just changed itself as they are now."""
        for parent, _, names in os.walk(self.folder):
            for path in (Path(parent) / name for name in names):
                if not path.is_symlink() and path.is_file():
                    self._originals.setdefault(path, _hash(path))
        self._originals.update({path: _hash(path) for path in changed})

    def assert_nothing_is_left(self) -> None:
        """The originals are as they were, the database is sound, and no process or temporary file remains."""
        # Whatever still runs has the test's folder in its environment.
        own = [each for each in psutil.process_iter() if each.pid != os.getpid() and self._started(each)]
        _, alive = psutil.wait_procs(own, timeout=60)
        assert alive == []
        changed = [path.name for path, noted in self._originals.items() if noted != _hash(path)]
        assert changed == [], "originals were changed"
        # ".ses" is what onnxruntime writes on being imported, before it can be told anything.
        assert {path.name for path in self.temporary.iterdir()} <= {".ses"}
        assert list(self._scratch.rglob("*.part")) == []
        if (self.home / "docvlm.sqlite").exists():
            health = check_database(f"sqlite:///{self.home / 'docvlm.sqlite'}")
            assert health is not None and health.problems == ()

    def _started(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("DOCVLM_HOME") == str(self.home)
        except psutil.Error:
            return False


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[Batch]:
    batch = Batch(tmp_path)
    yield batch
    batch.assert_nothing_is_left()


def lines(path: Path) -> list[dict[str, Any]]:
    """The files that a run has written of, in ``.jsonl`` form."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def line_of(name: str, out: Path) -> dict[str, Any]:
    """What a run has written of a file."""
    (file,) = [line for line in lines(out) if line["file"] == name]
    return file


def texts_of(name: str, out: Path) -> list[str]:
    """The text of each page of a file that was read."""
    return [" ".join(row["text"] for row in page["lines"]) for page in line_of(name, out)["pages"]]


def _hash(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
