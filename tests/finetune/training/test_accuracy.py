from __future__ import annotations

from pathlib import Path

import pytest
import torch

from finetune.training.accuracy import FieldAccuracy
from finetune.training.base import add_adapter, open_base
from finetune.training.collate import Collator
from finetune.training.examples import make_examples
from finetune.training.settings import TrainingSettings
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
    right, asked = FieldAccuracy(engine, found.examples, lesson.schema, collator.shown).measure()
    assert 0 <= right <= asked and asked > 0
