"""What a dry run costs, and how it reckons with workers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from docvlm.batch import Stage, Task
from docvlm.batch.estimate import Trial, estimate, wall_seconds
from docvlm.batch.run import BatchOptions
from docvlm.config import Settings
from docvlm.ingest import worker_pool
from docvlm.ingest.worker_process import WorkerProcess
from tests.batch.files import write_pdf

ASK = BatchOptions((), Task.ASK, question="Total?", workers=4, address="auto")
SERVER = "http://gpu.example:8000/v1#m"


def test_files_are_counted_by_one_process_and_told_as_they_come(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        write_pdf(tmp_path / "in" / f"{number}.pdf", [f"Number {number}"])
    started: list[int] = []

    class Counted(WorkerProcess):
        def __init__(self, page_pixels: int) -> None:
            started.append(page_pixels)
            super().__init__(page_pixels)

    monkeypatch.setattr(worker_pool, "WorkerProcess", Counted)
    told: list[tuple[str, int, int | None]] = []
    counted = estimate(
        BatchOptions((str(tmp_path / "in"),), Task.READ), settings, lambda *step: told.append(step)
    )
    assert counted.pages == 6 and counted.seconds is not None
    assert len(started) == 1
    assert [step for step in told if step[0] == "Counting files"] == [
        ("Counting files", number, None) for number in range(1, 7)
    ]
    assert [step for step in told if step[0] == "Trying pages"] == [
        ("Trying pages", number, 5) for number in range(5)
    ]


@pytest.mark.parametrize(("models", "seconds"), [(1, 12.0), (2, 6.0), (4, 3.0), (8, 2.0)])
def test_the_slower_stage_decides(settings: Settings, models: int, seconds: float) -> None:
    tried = Trial({Stage.READING: 8.0, Stage.MODEL: 12.0}, pages=4)
    assert wall_seconds(tried, replace(ASK, model_workers=models), settings) == seconds


def test_workers_beyond_the_cores_of_this_machine_gain_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docvlm.batch.estimate.allowed_cores", lambda: 2)
    tried = Trial({Stage.READING: 8.0, Stage.MODEL: 12.0}, pages=4)
    here = replace(ASK, address=None, model_workers=4)
    assert wall_seconds(tried, here, settings) == 10.0
    assert wall_seconds(tried, here, replace(settings, model=SERVER)) == 4.0
