"""A base model in 4 bits. The runs need bitsandbytes, which is no requirement."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

from docvlm.errors import ModelError, UsageError
from docvlm.models.hub import HubEngine
from finetune.training.base import add_adapter
from finetune.training.settings import TrainingSettings
from tests.finetune.training.families import Lesson, part_of
from tests.models.tiny_checkpoints import FAMILIES

pytestmark = pytest.mark.usefixtures("one_thread")


def test_the_embedded_model_is_not_kept_in_four_bits() -> None:
    with pytest.raises(UsageError, match="4 bits"):
        TrainingSettings(four_bit=True)


def test_without_bitsandbytes_it_is_one_sentence(
    bases: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ModelError, match="needs bitsandbytes"):
        HubEngine(str(bases["idefics3"]), four_bit=True)


@pytest.mark.parametrize("family", FAMILIES)
def test_only_the_language_model_is_quantised_and_a_run_leaves_an_adapter(
    family: str, bases: dict[str, Path], invoice_lesson: Lesson, tmp_path: Path
) -> None:
    bitsandbytes = pytest.importorskip("bitsandbytes")
    base = str(bases[family])
    engine = HubEngine(base, four_bit=True)
    quantised = {
        name
        for name, module in engine.model.named_modules()
        if isinstance(module, bitsandbytes.nn.Linear4bit)
    }
    assert quantised and {part_of(name) for name in quantised} == {"language"}
    settings = TrainingSettings(base_model=base, four_bit=True, epochs=1.0, documents_a_step=1)
    learning = {weight.dtype for weight in add_adapter(engine, settings).parameters() if weight.requires_grad}
    assert learning == {torch.float32}
    engine.close()
    adapter = invoice_lesson.train(settings, tmp_path / "run")
    HubEngine(base, adapter=adapter).close()  # served over the whole weights
