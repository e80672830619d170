from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from docvlm.tiling import CostProbe
from finetune.page.estimate import minutes_text, predicted_seconds, tokens_a_second
from finetune.runner import Run, RunRequest, create
from finetune.runner.request import REQUEST_FILE
from finetune.training.events import StepDone, write_event
from finetune.training.settings import PRESETS, TrainingSettings

COST = CostProbe(0.0, 0.002)


def _seconds(settings: TrainingSettings, speed: float | None = None) -> float:
    found = predicted_seconds(settings, 8000, 20, 5, speed, COST)
    assert found is not None
    return found


def test_more_thorough_takes_longer() -> None:
    quick, balanced, thorough = (_seconds(settings) for settings in PRESETS.values())
    assert quick < balanced < thorough


def test_a_time_budget_is_kept_whatever_the_epochs() -> None:
    settings = replace(PRESETS["balanced"], minutes=5.0)
    assert _seconds(settings) == _seconds(replace(settings, epochs=100.0))
    assert 300 < _seconds(settings) < 480


def test_what_earlier_runs_took_decides_over_the_probe() -> None:
    assert _seconds(PRESETS["balanced"], 1000.0) < _seconds(PRESETS["balanced"], 100.0)


def test_nothing_is_predicted_where_nothing_is_known() -> None:
    assert predicted_seconds(PRESETS["quick"], 8000, 20, 5, None, None) is None
    assert minutes_text(None) == ""


def test_the_speed_is_the_median_of_the_last_runs_over_the_same_base(tmp_path: Path) -> None:
    runs = [_run(tmp_path, name, speed) for name, speed in (("a", 100.0), ("b", 300.0), ("c", 200.0))]
    assert tokens_a_second(runs, "embedded") == 200.0
    assert tokens_a_second(runs, "another/model") is None


def test_a_run_of_an_earlier_version_tells_no_speed(tmp_path: Path) -> None:
    runs = [_run(tmp_path, name, speed) for name, speed in (("new", 100.0), ("old", 300.0))]
    file = runs[1].folder / REQUEST_FILE
    file.write_text(file.read_text().replace('"rank"', '"order"'))
    assert tokens_a_second(runs, "embedded") == 100.0


def _run(home: Path, name: str, speed: float) -> Run:
    run = create(RunRequest(name), home)
    for step in (1, 2):
        write_event(StepDone(step, 0.5, 1e-4, 1.0, speed * step / 2, 9.0, 1), run.folder, time.time())
    return run


@pytest.mark.parametrize(
    ("seconds", "text"), [(20, "about 1 min"), (200, "about 3 min"), (9000, "about 2.5 h")]
)
def test_minutes_are_told_roughly(seconds: float, text: str) -> None:
    assert minutes_text(seconds) == text
