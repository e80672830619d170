"""How much of what was learnt a run keeps by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from docvlm.adapters.card import WEIGHTS_FILE
from finetune.training.checkpoints import checkpoints
from finetune.training.events import Event, Progressed
from finetune.training.examples import WindowExample, make_examples
from finetune.training.kept_share import JUDGED_WINDOWS, judged_windows, known_share, share_over
from finetune.training.settings import TrainingSettings, load_settings
from finetune.training.train import TrainingData, train
from tests.finetune.training.families import Lesson


@pytest.mark.parametrize(
    ("base_right", "asked", "kept"), [(20, 20, 0.5), (10, 20, 0.5), (9, 20, 1.0), (0, 20, 1.0), (0, 0, 0.5)]
)
def test_all_is_kept_only_over_a_base_that_knows_little_of_it(
    base_right: int, asked: int, kept: float
) -> None:
    assert share_over(base_right, asked) == kept


def test_what_the_settings_say_is_not_looked_for() -> None:
    assert known_share(TrainingSettings()) is None
    assert known_share(TrainingSettings(kept_share=0.7)) == 0.7
    assert known_share(TrainingSettings(method="dora", kept_share=0.7)) == 1.0  # type: ignore[arg-type]


def test_the_windows_judged_are_spread_over_those_with_fields(invoice_lesson: Lesson) -> None:
    (example,) = make_examples(
        [invoice_lesson.document], invoice_lesson.readings, invoice_lesson.schema, lambda text: len(text)
    ).examples
    several = [replace(example, questions=()) for _ in range(3 * JUDGED_WINDOWS)]
    without: list[WindowExample] = [replace(example, fields=()) for _ in several]
    judged = judged_windows([one for pair in zip(without, several, strict=True) for one in pair])
    assert [several.index(one) for one in judged] == list(range(0, 3 * JUDGED_WINDOWS, 3))
    assert judged_windows(without) == []


@pytest.mark.parametrize("given", [None, 1.0, 0.25])
def test_the_adapter_is_the_share_of_what_was_trained_that_its_settings_name(
    bases: dict[str, Path], invoice_lesson: Lesson, tmp_path: Path, given: float | None
) -> None:
    lesson, events = invoice_lesson, list[Event]()
    settings = TrainingSettings(base_model=str(bases["idefics3"]), epochs=2.0, kept_share=given)
    data = TrainingData((lesson.document,), lesson.schema)
    adapter = train(data, settings, tmp_path / "run", lesson.readings, lesson.home, events.append)
    assert adapter is not None
    share = load_settings(adapter).kept_share
    assert share == given if given else share in (0.5, 1.0)
    sought = [event for event in events if isinstance(event, Progressed) and "how much" in event.stage]
    assert len(sought) == (given is None)
    trained = load_file(checkpoints(tmp_path / "run")[-1] / WEIGHTS_FILE)
    for name, weight in load_file(adapter / WEIGHTS_FILE).items():
        if ".lora_B." in name:
            assert weight.abs().sum() > 0
            assert weight.equal(trained[name] * share)
