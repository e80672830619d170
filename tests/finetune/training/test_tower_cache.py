"""A tower that does not learn computes each picture once; what comes of it stays the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from docvlm.models.prefix_engine import PrefixEngine
from finetune.training.base import add_adapter, open_base, vision_part
from finetune.training.collate import Collator, TrainingDocument
from finetune.training.examples import make_examples
from finetune.training.settings import TrainingSettings
from finetune.training.steps import Steps
from finetune.training.tower_cache import frozen_tower_kept_in
from finetune.training.trainer import DocumentTrainer, reply_loss, training_arguments
from tests.finetune.training.families import Lesson
from tests.models.tiny_checkpoints import FAMILIES

pytestmark = pytest.mark.usefixtures("one_thread", "float32")

LANGUAGE_ALONE = {"vision": False, "connector": False}


@dataclass(eq=False)
class Bench:
    """A trainer over one page, seen twice, and how often the tower's layers were computed."""

    trainer: DocumentTrainer
    engine: PrefixEngine
    steps: list[TrainingDocument]
    computed: int = 0

    def count(self) -> None:
        self.computed += 1

    def gradients(self, document: TrainingDocument) -> list[torch.Tensor | None]:
        model = self.trainer.model
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        loss = reply_loss(model, document.packed, torch.device("cpu"), document.pixels)
        return list(torch.autograd.grad(loss, weights, allow_unused=True))


def bench(base: Path, lesson: Lesson, folder: Path, **changes: Any) -> Bench:
    settings = TrainingSettings(
        base_model=str(base), rank=2, paraphrases=0, documents_a_step=1, threads=1, **changes
    )
    engine = open_base(settings, folder)
    found = make_examples([lesson.document], lesson.readings, lesson.schema, engine.count_tokens).examples
    collator = Collator(engine, settings, lesson.schema, lesson.readings)
    steps = Steps(found, (1,), collator, settings, 3)
    trainer = DocumentTrainer(
        add_adapter(engine, settings), steps, settings, training_arguments(folder, settings, 3)
    )
    made = Bench(trainer, engine, [steps[number][0] for number in range(3)])
    tower = vision_part(trainer.model)
    assert tower is not None
    first = next(
        module for module in tower.modules() if isinstance(module, torch.nn.Conv2d | torch.nn.Conv3d)
    )
    first.register_forward_hook(lambda *_call: made.count())
    return made


@pytest.mark.parametrize("family", FAMILIES)
def test_each_picture_is_computed_once_and_gradients_stay_the_same(
    family: str, bases: dict[str, Path], invoice_lesson: Lesson, tmp_path: Path
) -> None:
    made = bench(bases[family], invoice_lesson, tmp_path, **LANGUAGE_ALONE)
    with made.trainer.prepared():
        kept = [made.gradients(document) for document in made.steps]
    assert made.computed == 1
    plain = bench(bases[family], invoice_lesson, tmp_path, smallest_scale=0.999999, **LANGUAGE_ALONE)
    with plain.trainer.prepared():
        for document, found in zip(made.steps, kept, strict=True):
            for one, other in zip(plain.gradients(document), found, strict=True):
                assert one is not None and other is not None
                torch.testing.assert_close(other, one)
    assert plain.computed == len(made.steps)


@pytest.mark.parametrize(("family", "computed"), [("idefics3", 1), ("qwen2_5_vl", 3)])
def test_a_connector_inside_the_tower_has_to_see_it_every_time(
    family: str, computed: int, bases: dict[str, Path], invoice_lesson: Lesson, tmp_path: Path
) -> None:
    made = bench(bases[family], invoice_lesson, tmp_path, vision=False)
    with made.trainer.prepared():
        for document in made.steps:
            assert any(
                gradient is not None and gradient.abs().max() > 0 for gradient in made.gradients(document)
            )
    assert made.computed == computed


def test_a_tower_that_learns_is_computed_every_time(
    bases: dict[str, Path], invoice_lesson: Lesson, tmp_path: Path
) -> None:
    made = bench(bases["idefics3"], invoice_lesson, tmp_path)
    with made.trainer.prepared():
        for document in made.steps:
            made.gradients(document)
    assert made.computed == len(made.steps)


@pytest.fixture
def frozen(bases: dict[str, Path], invoice_lesson: Lesson, tmp_path: Path) -> Iterator[Bench]:
    yield bench(bases["idefics3"], invoice_lesson, tmp_path, **LANGUAGE_ALONE)


def test_another_picture_is_another_and_too_many_are_forgotten(frozen: Bench) -> None:
    model, document = frozen.trainer.model, frozen.steps[0]
    other = replace(document, pixels=document.pixels | {"pixel_values": document.pixels["pixel_values"] + 1})
    for room, wanted in ((2**30, 2), (0, 4)):
        frozen.computed = 0
        with frozen_tower_kept_in(model, room):
            tower = vision_part(model)
            assert tower is not None
            for one in (document, other, document, other):
                pixels = {name: value.flatten(0, 1) for name, value in one.pixels.items()}
                tower(pixel_values=pixels["pixel_values"])
        assert frozen.computed == wanted


def test_an_evaluation_on_the_way_leaves_nothing_that_spoils_a_gradient(frozen: Bench) -> None:
    document = frozen.steps[0]
    with frozen.trainer.prepared():
        with torch.inference_mode():
            reply_loss(frozen.trainer.model, document.packed, torch.device("cpu"), document.pixels)
        assert frozen.gradients(document)
    assert "forward" not in vars(vision_part(frozen.trainer.model))
