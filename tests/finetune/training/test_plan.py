"""What a run fixes before its first step."""

from __future__ import annotations

from pathlib import Path

import pytest

from docvlm.errors import ModelError
from finetune.training.events import Event, StepDone
from finetune.training.plan import PLAN_FILE, Plan, load_plan, planned_steps
from finetune.training.settings import TrainingSettings
from finetune.training.train import TrainingData, train
from tests.finetune.training.families import Lesson


def test_a_plan_is_kept(tmp_path: Path) -> None:
    assert load_plan(tmp_path) is None and planned_steps(tmp_path) is None
    plan = Plan(12, "ab12", 0.5)
    plan.save(tmp_path)
    assert load_plan(tmp_path) == plan


def test_of_an_older_plan_the_steps_are_known(tmp_path: Path) -> None:
    (tmp_path / PLAN_FILE).write_text('{"steps": 7}\n')
    assert load_plan(tmp_path) is None and planned_steps(tmp_path) == 7


def test_a_run_does_not_go_on_over_another_version_of_its_base(
    bases: dict[str, Path], invoice_lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = invoice_lesson
    settings = TrainingSettings(base_model=str(bases["idefics3"]), epochs=2.0, kept_share=1.0)
    data, folder = TrainingData((lesson.document,), lesson.schema), tmp_path / "run"
    events: list[Event] = []
    stop = lambda: any(isinstance(event, StepDone) for event in events)  # noqa: E731
    emit = events.append
    train(data, settings, folder, lesson.readings, lesson.home, emit, stop, checkpoint_seconds=0.0)
    plan = load_plan(folder)
    assert plan is not None
    monkeypatch.setattr("docvlm.models.checkpoint._revision", lambda *_of: "other")
    with pytest.raises(
        ModelError, match=f"begun over version {plan.base_revision} .* is version other"
    ) as told:
        train(data, settings, folder, lesson.readings, lesson.home)
    assert told.value.remedy == "Start a new run."
