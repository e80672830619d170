"""What a file may cost the model before it is given up, and what is allowed where nobody decided."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from docvlm.batch import Job, Outcome, Stage, Task, Unit, UnitResult, WorkerSetup
from docvlm.batch.machine import allowed_bytes
from docvlm.batch.workers import LocalExecutor, WorkerLimits
from docvlm.config import Limits, Settings
from docvlm.errors import LimitError, UsageError
from docvlm.ingest import identify_file
from tests.batch.files import write_pdf
from tests.models.tiny_checkpoints import save_tiny_checkpoint
from tests.processes import left_after

PAGES = 600
"""More than a quick machine does in half a second, even with a tiny model."""


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    yield
    assert left_after(10) == []


@pytest.mark.parametrize(
    ("stage", "pages", "seconds"),
    [
        (Stage.READING, 0, 300.0),
        (Stage.READING, 10_000, 200_300.0),
        (Stage.MODEL, 1, 2_100.0),
        (Stage.MODEL, 100, 31_800.0),
    ],
)
def test_the_time_for_a_file_grows_with_its_pages(stage: Stage, pages: int, seconds: float) -> None:
    assert WorkerLimits.usual(Limits()).seconds_for(stage, pages) == seconds
    assert WorkerLimits.usual(Limits(), 5.0).seconds_for(stage, pages) == 5.0


def test_the_memory_of_the_model_is_a_setting() -> None:
    assert Settings.from_environment({}).limits.model_bytes is None
    limits = Settings.from_environment({"DOCVLM_LIMIT_MODEL_BYTES": "5000000"}).limits
    assert WorkerLimits.usual(limits).model_bytes == 5_000_000
    with pytest.raises(UsageError, match="model_bytes"):
        Settings.from_environment({"DOCVLM_LIMIT_MODEL_BYTES": "0"})
    assert 2**28 < allowed_bytes() < 2**50


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limits", "outcome", "sentence"),
    [
        (
            {"file_seconds": 0.5},
            Outcome.FAILED,
            "'long.pdf' took longer than 0.5 seconds and was given up; its pages stay read. "
            "Allow it more with --file-seconds, and retry failures (--retry-failed).",
        ),
        (
            {"model_bytes": 50 * 2**20},
            Outcome.LOST,
            "'long.pdf' needs more memory than the limit model_bytes allows (50 MiB). "
            "Raise DOCVLM_LIMIT_MODEL_BYTES, and retry failures (--retry-failed).",
        ),
    ],
)
def test_a_file_that_costs_the_model_too_much_is_given_up(
    tmp_path: Path, limits: Mapping[str, Any], outcome: Outcome, sentence: str
) -> None:
    file = write_pdf(tmp_path / "long.pdf", [f"Page {number}" for number in range(PAGES)])
    home = tmp_path / "home"
    model = str(save_tiny_checkpoint("smolvlm", tmp_path / "tiny"))
    settings = Settings(home, f"sqlite:///{home / 'docvlm.sqlite'}", model=model, threads=1)
    worker_limits = WorkerLimits(
        {Stage.MODEL: 600.0}, **({"file_seconds": None, "reading_bytes": 1} | limits)
    )
    setups = {Stage.MODEL: WorkerSetup(Stage.MODEL, settings)}
    with closing(LocalExecutor(setups, {Stage.MODEL: 1}, worker_limits)) as executor:
        job = Job(Task.ASK, question="What page?", engine=executor.start_model())
        executor.submit(Unit(job, identify_file(file).sha256, str(file)))
        result = first_result(executor)
    assert (result.outcome, result.exit_code) == (outcome, LimitError.exit_code)
    assert result.reason == sentence and result.lost_page is None


def first_result(executor: LocalExecutor) -> UnitResult:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for event in executor.events(0.2):
            if isinstance(event, UnitResult):
                return event
    raise AssertionError("nothing came of it")
