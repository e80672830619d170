"""A tiny checkpoint to train and a few labelled invoices; every run is a real process."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pymupdf
import pytest

from finetune.runner import Run, RunRequest, list_runs
from finetune.training.settings import TrainingSettings
from tests.models.tiny_checkpoints import save_tiny_checkpoint

DOCUMENTS = 4
PATIENCE_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Course:
    """What runs in these tests learn from, and the data folder that they lie in."""

    base: Path
    cases: Path
    home: Path

    def request(self, name: str, **settings: object) -> RunRequest:
        """Ten steps over three invoices, saved after every step; the fourth is held out."""
        training = TrainingSettings(
            base_model=str(self.base), epochs=10, documents_a_step=4, paraphrases=0, rank=2
        )
        return RunRequest(
            name,
            cases=self.cases,
            settings=replace(training, **settings),  # type: ignore[arg-type]
            held_out=1,
            checkpoint_seconds=0.0,
        )


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_checkpoint("idefics3", tmp_path_factory.mktemp("runner") / "base")


@pytest.fixture
def course(tiny_base: Path, tmp_path: Path) -> Iterator[Course]:
    """A course of its own for each test; whatever it leaves running is ended."""
    made = Course(tiny_base, write_cases(tmp_path / "labelled"), tmp_path / "home")
    yield made
    for run in list_runs(made.home):
        if run.process is not None:
            psutil.Process(run.process).kill()


def write_cases(folder: Path) -> Path:
    """Invoices that differ in all their numbers, with labels for two fields."""
    folder.mkdir()
    cases = folder / "cases.jsonl"
    lines = []
    for number in range(1, DOCUMENTS + 1):
        reference, total = f"R{number * 1357}", f"{number * 11}.{number}0"
        name = f"invoice-{number}.pdf"
        write_slip(folder / name, f"Invoice {reference} goods {number * 31} Total {total}")
        fields = {"reference": reference, "total": total}
        lines.append(json.dumps({"file": name, "task": "extract", "fields": fields}))
    cases.write_text("\n".join(lines) + "\n")
    return cases


def write_slip(path: Path, text: str) -> None:
    """A small PDF, so that little time goes into pictures."""
    with pymupdf.open() as document:
        document.new_page(width=260, height=40).insert_text((10, 25), text, fontsize=9)
        document.save(path, no_new_id=True)  # the same bytes each time: the hash decides who is held back


def wait_until(condition: Callable[[], object], run: Run) -> None:
    """Wait for something to happen in a run that goes on."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"it did not come to that: {run.events()[-3:]}"
        time.sleep(0.02)


def wait_for_end(run: Run) -> None:
    wait_until(lambda: run.process is None, run)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 16 MiB; skipped where mounting is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
