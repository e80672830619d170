"""A base in 4 bits is trained over, and the adapter is an adapter like any other."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText

from docvlm.errors import ModelError, UsageError
from docvlm.models.hub import HubEngine
from finetune.training.base import open_base
from finetune.training.settings import Method, TrainingSettings
from tests.finetune.training.families import TRAINED_PARTS, Lesson, part_of
from tests.models.tiny_checkpoints import FAMILIES

pytestmark = pytest.mark.usefixtures("one_thread", "float32")

needs_bitsandbytes = pytest.mark.skipif(
    importlib.util.find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed"
)


def settings_for(base: Path, **changes: Any) -> TrainingSettings:
    values = {"epochs": 2.0, "documents_a_step": 1, "learning_rate": 1e-2, "warmup": 0.0}
    # Given, since finding it generates: these layers are narrower than a block of bitsandbytes on a CPU.
    values |= {"kept_share": 0.5, **changes}
    return TrainingSettings(base_model=str(base), four_bit=True, **values)


@needs_bitsandbytes
@pytest.mark.parametrize("family", FAMILIES)
def test_the_language_part_alone_is_kept_in_4_bits(
    family: str, bases: dict[str, Path], tmp_path: Path
) -> None:
    import bitsandbytes

    engine = open_base(settings_for(bases[family]), tmp_path)
    packed = {name for name, weight in engine.model.named_parameters() if weight.dtype is torch.uint8}
    assert {part_of(name) for name in packed} == {"language"}
    for name, module in engine.model.named_modules():
        if isinstance(module, torch.nn.Linear) and name != "lm_head":
            is_packed = isinstance(module, bitsandbytes.nn.Linear4bit)
            assert is_packed is (part_of(name) == "language"), name


@needs_bitsandbytes
@pytest.mark.parametrize("method", Method)
def test_an_adapter_over_4_bits_is_served_and_loads_in_plain_peft(
    method: Method, bases: dict[str, Path], invoice_lesson: Lesson, tmp_path: Path
) -> None:
    base = bases["idefics3"]
    adapter = invoice_lesson.train(settings_for(base, method=method), tmp_path / "run")
    learnt = load_file(adapter / "adapter_model.safetensors")
    assert {part_of(name) for name in learnt} == set(TRAINED_PARTS)
    served, plain = HubEngine(str(base), adapter=adapter), HubEngine(str(base))
    whole = AutoModelForImageTextToText.from_pretrained(base, dtype=torch.float32).eval()
    loaded = PeftModel.from_pretrained(whole, adapter).eval()
    ids = torch.arange(20)[None]
    with torch.inference_mode():
        wanted = served.model(input_ids=ids).logits
        torch.testing.assert_close(loaded(input_ids=ids).logits, wanted, rtol=1e-4, atol=1e-4)
        assert (plain.model(input_ids=ids).logits - wanted).abs().max() > 0.05


def test_without_bitsandbytes_it_is_one_sentence(
    bases: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "bitsandbytes" else find(name, *rest)
    )
    with pytest.raises(ModelError, match="needs the package bitsandbytes") as caught:
        open_base(settings_for(bases["idefics3"]), tmp_path)
    assert "requirements-4bit.txt" in str(caught.value.remedy)


def test_the_embedded_model_is_not_kept_in_4_bits() -> None:
    with pytest.raises(UsageError, match="small as it is"):
        TrainingSettings(four_bit=True)
