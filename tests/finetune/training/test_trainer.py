"""What the trainer does when memory runs out and when numbers stop being numbers, with real failures."""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from docvlm.errors import ModelError
from finetune.runner.memory_bound import within_free_memory
from finetune.training.base import add_adapter, open_base
from finetune.training.collate import Collator, TrainingDocument
from finetune.training.examples import make_examples
from finetune.training.settings import TrainingSettings
from finetune.training.steps import Steps
from finetune.training.trainer import (
    DocumentTrainer,
    LossNotFinite,
    documents_at_once,
    training_arguments,
)
from tests.finetune.training.families import Lesson

MORE_THAN_THERE_IS = 2**50


@dataclass(eq=False)
class Attempt:
    """A trainer over one page that fills two places of a step, and what it has warned of."""

    trainer: DocumentTrainer
    step: list[TrainingDocument]
    warnings: list[str] = field(default_factory=list)

    def hunger(self, while_true: Callable[[DocumentTrainer], bool]) -> None:
        """Let the model ask for more memory than there is, as long as the condition holds."""

        def allocate(*_call: object) -> None:
            if while_true(self.trainer):
                torch.empty(MORE_THAN_THERE_IS, dtype=torch.uint8)

        self.trainer.model.register_forward_pre_hook(allocate)

    def gradients(self) -> list[torch.Tensor]:
        self.trainer.training_step(self.trainer.model, self.step)
        return [weight.grad for weight in self.trainer.model.parameters() if weight.grad is not None]


@pytest.fixture
def make_attempt(
    bases: dict[str, Path], invoice_lesson: Lesson, tmp_path: Path, float32: None
) -> Callable[..., Attempt]:
    def make(**changes: Any) -> Attempt:
        values = {"documents_a_step": 2, "threads": 2, "paraphrases": 0, "rank": 2} | changes
        settings = TrainingSettings(base_model=str(bases["idefics3"]), **values)
        engine = open_base(settings, tmp_path)
        schema = invoice_lesson.schema
        found = make_examples(
            [invoice_lesson.document], invoice_lesson.readings, schema, engine.count_tokens
        ).examples
        collator = Collator(engine, settings, schema, invoice_lesson.readings)
        model = add_adapter(engine, settings)
        steps = Steps((*found, *found), (1, 1), collator, settings, 1)
        warnings: list[str] = []
        arguments = training_arguments(tmp_path / "run", settings, 1)
        trainer = DocumentTrainer(model, steps, settings, arguments, warnings.append)
        return Attempt(trainer, steps[0], warnings)

    return make


def test_where_two_are_too_many_one_is_computed_at_a_time(
    make_attempt: Callable[[], Attempt],
) -> None:
    roomy, tight = make_attempt(), make_attempt()
    tight.hunger(lambda trainer: trainer.at_once > 1)
    with roomy.trainer.prepared(), tight.trainer.prepared():
        wanted, found = roomy.gradients(), tight.gradients()
    assert tight.warnings == ["The memory ran out; one document at a time is computed from now on."]
    torch.testing.assert_close(found, wanted)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux only")
def test_a_machine_that_has_no_more_refuses_and_a_smaller_batch_is_told(
    make_attempt: Callable[..., Attempt],
) -> None:
    """As in a run on a CPU: the memory is asked for, held and refused by the system itself."""
    tight = make_attempt(tokens_at_once=100_000)
    own, turns, both_asked = threading.local(), itertools.count(), threading.Event()

    def take(*_call: object) -> None:
        is_first = next(turns) == 0
        try:
            own.taken = torch.empty(300 * 2**20, dtype=torch.uint8)
        finally:
            if not is_first:
                both_asked.set()
        assert both_asked.wait(60)  # the first holds its part until the other document has come as far

    tight.trainer.model.register_forward_pre_hook(take)
    tight.trainer.model.register_forward_hook(lambda *_call: delattr(own, "taken"))
    with within_free_memory(lambda: 500 * 2**20), tight.trainer.prepared():
        assert tight.gradients()
    assert tight.warnings == ["The memory ran out; one document at a time is computed from now on."]


def test_noise_on_embeddings_reaches_every_gradient_and_follows_from_the_seed(
    make_attempt: Callable[..., Attempt],
) -> None:
    plain, noisy, again = make_attempt(), make_attempt(noise=50.0), make_attempt(noise=50.0)
    found = []
    for attempt in (plain, noisy, again):
        with attempt.trainer.prepared():
            found.append(attempt.gradients())
    changed = [not torch.allclose(one, other) for one, other in zip(found[0], found[1], strict=True)]
    assert sum(changed) > len(changed) / 4  # updates start at zero, and half of them pass no gradient yet
    torch.testing.assert_close(found[1], found[2], rtol=0, atol=0)


def test_dropout_follows_from_the_seed(make_attempt: Callable[..., Attempt]) -> None:
    found = []
    for settings in ({}, {"dropout": 0.5}, {"dropout": 0.5}):
        attempt = make_attempt(**settings)
        with attempt.trainer.prepared():
            found.append(attempt.gradients())
    assert any(not torch.allclose(one, other) for one, other in zip(found[0], found[1], strict=True))
    torch.testing.assert_close(found[1], found[2], rtol=0, atol=0)


def test_where_one_is_too_many_its_layers_are_computed_twice(make_attempt: Callable[[], Attempt]) -> None:
    roomy, tight = make_attempt(), make_attempt()
    tight.hunger(lambda trainer: not trainer.model.is_activation_checkpointing)
    with roomy.trainer.prepared(), tight.trainer.prepared():
        wanted, found = roomy.gradients(), tight.gradients()
    assert len(tight.warnings) == 2 and "computed twice" in tight.warnings[1]
    torch.testing.assert_close(found, wanted)


def test_where_nothing_helps_it_is_one_sentence(make_attempt: Callable[[], Attempt]) -> None:
    tight = make_attempt()
    tight.hunger(lambda _trainer: True)
    with tight.trainer.prepared(), pytest.raises(ModelError, match="does not suffice for a single document"):
        tight.gradients()


def test_another_error_is_not_taken_for_a_lack_of_memory(make_attempt: Callable[[], Attempt]) -> None:
    broken = make_attempt()
    broken.trainer.model.register_forward_pre_hook(lambda *_call: torch.zeros(2) @ torch.zeros(3))
    with broken.trainer.prepared(), pytest.raises(RuntimeError, match="size"):
        broken.gradients()
    assert broken.warnings == []


def test_a_gradient_that_is_no_number_changes_no_weight(make_attempt: Callable[[], Attempt]) -> None:
    """The loss is finite here: the square root's slope at zero is not."""
    broken = make_attempt()
    weight = next(weight for weight in broken.trainer.model.parameters() if weight.requires_grad)

    def add_root(_model: object, _inputs: object, output: object) -> object:
        output.logits = output.logits + (weight.sum() * 0).abs().sqrt()  # type: ignore[attr-defined]
        return output

    broken.trainer.model.register_forward_hook(add_root)
    before = weight.detach().clone()
    with broken.trainer.prepared(), pytest.raises(LossNotFinite, match="no longer a number"):
        broken.gradients()
    assert weight.grad is None and torch.equal(weight, before)


def test_a_system_that_cannot_bind_processes_to_processors_trains_on_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert 1 <= documents_at_once(TrainingSettings(), torch.device("cpu")) <= 4
