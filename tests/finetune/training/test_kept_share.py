"""How much of what was learnt a run keeps by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from docvlm.adapters.card import WEIGHTS_FILE
from finetune.training.accuracy import FieldAccuracy
from finetune.training.checkpoints import checkpoints
from finetune.training.events import Evaluated, Event, Progressed
from finetune.training.examples import WindowExample, make_examples
from finetune.training.kept_share import JUDGED_WINDOWS, judged_windows, known_share, share_over
from finetune.training.settings import TrainingSettings, load_settings
from finetune.training.train import TrainingData, train
from tests.finetune.training.families import Lesson


@pytest.mark.parametrize(
    ("base_right", "asked", "kept"), [(20, 20, 0.5), (10, 20, 0.5), (9, 20, 1.0), (0, 20, 1.0), (0, 0, 1.0)]
)
def test_all_is_kept_only_over_a_base_that_knows_little_of_it(
    base_right: int, asked: int, kept: float
) -> None:
    assert share_over(base_right, asked) == kept


def test_what_the_settings_say_is_not_looked_for() -> None:
    assert known_share(TrainingSettings()) is None
    assert known_share(TrainingSettings(kept_share=0.7)) == 0.7
    assert known_share(TrainingSettings(method="dora", kept_share=0.7)) == 1.0  # type: ignore[arg-type]


def test_the_windows_judged_are_spread_over_those_that_can_be_asked_about(invoice_lesson: Lesson) -> None:
    (example,) = make_examples(
        [invoice_lesson.document], invoice_lesson.readings, invoice_lesson.schema, lambda text: len(text)
    ).examples
    several = [replace(example, questions=()) for _ in range(3 * JUDGED_WINDOWS)]
    several[3] = replace(example, fields=())  # has questions
    without: list[WindowExample] = [replace(example, fields=(), questions=()) for _ in several]
    judged = judged_windows([one for pair in zip(without, several, strict=True) for one in pair])
    assert [several.index(one) for one in judged] == list(range(0, 3 * JUDGED_WINDOWS, 3))
    assert judged_windows(without) == []


def test_of_questions_alone_the_base_is_asked_as_well(
    bases: dict[str, Path], invoice_lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: list[tuple[int, int]] = []

    def told(base_right: int, asked: int) -> float:
        known.append((base_right, asked))
        return share_over(base_right, asked)

    monkeypatch.setattr("finetune.training.train.share_over", told)
    lesson = invoice_lesson
    settings = TrainingSettings(base_model=str(bases["idefics3"]), epochs=1.0)
    data = TrainingData((replace(lesson.document, fields=()),), None)
    assert train(data, settings, tmp_path / "run", lesson.readings, lesson.home) is not None
    ((right, asked),) = known
    assert 0 <= right <= asked == 2


@pytest.mark.parametrize(("base_right", "kept"), [(0, 1.0), (2, 0.5)])
def test_accuracy_on_the_way_is_that_of_the_share_that_will_be_kept(
    bases: dict[str, Path],
    invoice_lesson: Lesson,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    base_right: int,
    kept: float,
) -> None:
    measured: list[float] = []

    def measure(accuracy: FieldAccuracy) -> tuple[int, int]:
        measured.append(accuracy._kept_share)
        return base_right, 4

    monkeypatch.setattr(FieldAccuracy, "measure", measure)
    lesson = invoice_lesson
    settings = TrainingSettings(base_model=str(bases["idefics3"]), epochs=4.0, evaluations=2)
    data = TrainingData((lesson.document,), lesson.schema, held_out=(lesson.document,))
    folder = tmp_path / "run"
    events: list[Event] = []
    stop = lambda: any(isinstance(event, Evaluated) for event in events)  # noqa: E731
    assert train(data, settings, folder, lesson.readings, lesson.home, events.append, stop) is None
    adapter = train(data, settings, folder, lesson.readings, lesson.home, events.append)
    assert adapter is not None
    assert measured == [0.0, kept, kept], "the base once, before the first step, and not again on resuming"
    assert load_settings(adapter).kept_share == kept


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
