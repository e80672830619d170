"""Field accuracy on the way: measured as in serving, and what it decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from transformers import TrainerControl, TrainerState, TrainingArguments

from finetune.training.accuracy import AccuracyCallback, FieldAccuracy, WatchCallback
from finetune.training.base import add_adapter, open_base
from finetune.training.collate import Collator
from finetune.training.events import Evaluated, Event
from finetune.training.examples import make_examples
from finetune.training.settings import TrainingSettings
from tests.finetune.tiny import tiny_llama
from tests.finetune.training.families import Lesson


@pytest.mark.usefixtures("one_thread")
def test_a_model_whose_connector_learns_in_full_is_measured_in_half_precision(
    bases: dict[str, Path], invoice_lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docvlm.models.checkpoint.pick_dtype", lambda _device: torch.bfloat16)
    lesson, settings = invoice_lesson, TrainingSettings(base_model=str(bases["idefics3"]))
    engine = open_base(settings, lesson.home)
    add_adapter(engine, settings)
    assert {torch.float32, torch.bfloat16} <= {weight.dtype for weight in engine.model.parameters()}
    found = make_examples([lesson.document], lesson.readings, lesson.schema, engine.count_tokens)
    collator = Collator(engine, settings, lesson.schema, lesson.readings)
    updates = [weight for name, weight in engine.model.named_parameters() if ".lora_B." in name]
    for weight in updates:
        torch.nn.init.constant_(weight, 0.02)
    served, generate = set(), engine.generate

    def seen(*arguments: Any) -> Any:
        served.update(round(float(weight.max()), 4) for weight in updates)
        return generate(*arguments)

    monkeypatch.setattr(engine, "generate", seen)
    right, asked = FieldAccuracy(engine, found.examples, lesson.schema, collator.shown, 0.5).measure()
    assert 0 <= right <= asked and asked > 0
    assert served == {0.01}, "it is measured as it is kept"
    assert {round(float(weight.max()), 4) for weight in updates} == {0.02}


@dataclass(eq=False)
class Watched:
    """A run of a tiny model whose accuracy at each evaluation is given; its weights are the step's number."""

    folder: Path
    rights: Sequence[int]
    patience: int
    earlier: Sequence[Evaluated] = ()
    events: list[Event] = field(default_factory=list)

    def run(self, first: int = 1, steps: int = 12) -> AccuracyCallback:
        model: Any = get_peft_model(tiny_llama(40), LoraConfig(r=2, target_modules=["q_proj"]))
        waiting = iter(self.rights)

        class Given:
            def measure(self) -> tuple[int, int]:
                return next(waiting), 10

        callback = AccuracyCallback(
            cast(FieldAccuracy, Given()), self.folder / "best", 4, self.patience, self.events.append
        )
        callback.recall(self.earlier)
        state, control = TrainerState(max_steps=steps), TrainerControl()
        arguments = TrainingArguments(output_dir=str(self.folder), use_cpu=True)
        for step in range(first, steps + 1):
            with torch.no_grad():
                for weight in model.parameters():
                    if weight.requires_grad:
                        weight.fill_(step)
            state.global_step = step
            callback.on_step_end(arguments, state, control, model=model)
            if control.should_training_stop:
                break
        return callback

    @property
    def kept_step(self) -> int:
        """The step whose weights were kept."""
        weights = load_file(self.folder / "best" / "adapter_model.safetensors")
        return int(next(iter(weights.values())).flatten()[0])

    @property
    def evaluated(self) -> list[tuple[int, int, bool]]:
        return [
            (event.step, event.right, event.best) for event in self.events if isinstance(event, Evaluated)
        ]


def test_the_best_weights_are_kept_and_a_run_that_gains_no_more_is_stopped(tmp_path: Path) -> None:
    watched = Watched(tmp_path, rights=(4, 7, 6), patience=1)
    callback = watched.run()
    assert watched.evaluated == [(3, 4, True), (6, 7, True), (9, 6, False)]
    assert callback.exhausted and callback.best_step == 6 == watched.kept_step


def test_of_equals_the_later_weights_are_kept_though_they_are_no_gain(tmp_path: Path) -> None:
    watched = Watched(tmp_path, rights=(5, 5, 4, 5), patience=2)
    callback = watched.run()
    assert watched.evaluated == [(3, 5, True), (6, 5, True), (9, 4, False)]
    assert callback.exhausted and callback.best_step == 6 == watched.kept_step


def test_as_good_as_before_is_no_gain_and_patience_waits(tmp_path: Path) -> None:
    watched = Watched(tmp_path, rights=(5, 5, 4, 9), patience=3)
    callback = watched.run()
    assert [step for step, _, _ in watched.evaluated] == [3, 6, 9, 12]
    assert callback.best_step == 12 == watched.kept_step and not callback.exhausted


def test_without_patience_it_never_stops(tmp_path: Path) -> None:
    watched = Watched(tmp_path, rights=(5, 4, 3, 2), patience=0)
    callback = watched.run()
    assert len(watched.evaluated) == 4 and callback.best_step == 3 == watched.kept_step


def test_a_resumed_run_knows_what_was_measured(tmp_path: Path) -> None:
    earlier = (Evaluated(3, 8, 10, True), Evaluated(6, 7, 10, False))
    watched = Watched(tmp_path, rights=(6,), patience=2, earlier=earlier)
    callback = watched.run(first=7)
    assert watched.evaluated == [(9, 6, False)]
    assert callback.exhausted and callback.best_step == 3
    assert not (tmp_path / "best").exists()  # that of step 3 would lie there


@pytest.mark.parametrize(
    ("evaluations", "steps", "wanted"), [(4, 12, [3, 6, 9]), (2, 5, [2, 4]), (8, 3, [1, 2])]
)
def test_watching_decides_nothing_and_leaves_the_last_step_to_the_comparison(
    tmp_path: Path, evaluations: int, steps: int, wanted: list[int]
) -> None:
    class Falling:
        right = 10

        def measure(self) -> tuple[int, int]:
            self.right -= 1
            return self.right, 10

    events: list[Event] = []
    callback = WatchCallback(cast(FieldAccuracy, Falling()), evaluations, events.append)
    state, control = TrainerState(max_steps=steps), TrainerControl()
    arguments = TrainingArguments(output_dir=str(tmp_path), use_cpu=True)
    for step in range(1, steps + 1):
        state.global_step = step
        callback.on_step_end(arguments, state, control)
    assert events == [
        Evaluated(step, 9 - number, 10, best=False, watched=True) for number, step in enumerate(wanted)
    ]
    assert not control.should_training_stop
