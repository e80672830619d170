"""Folders for runs on several processes, and what a plain run makes of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.batch.files import write_pdf
from tests.conftest import REPOSITORY


def mixed_folder(folder: Path, files: int, pages: int) -> Path:
    """Sound files, one under two names, one broken."""
    for number in range(files):
        write_pdf(folder / f"{number:02}.pdf", [f"File {number} page {page}" for page in range(1, pages + 1)])
    (folder / "again.pdf").write_bytes((folder / "00.pdf").read_bytes())
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nrubbish")
    return folder


def start_batch(
    folder: Path, out: Path, *options: str, question: str | None = None, **variables: str
) -> subprocess.Popen[str]:
    """Begin to read the folder, or to ask every file in it ``question``."""
    task = ["--read"] if question is None else ["--ask", question]
    command = [sys.executable, "-m", "docvlm", "batch", str(folder), *task, "--json", "--out", str(out)]
    return subprocess.Popen(
        [*command, "--workers", "1", *options],
        cwd=REPOSITORY,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What a batch printed."""
    printed, errors = process.communicate(timeout=300)
    assert "Traceback" not in errors, errors
    assert printed, errors
    summary: dict[str, Any] = json.loads(printed)
    return summary


def results(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
