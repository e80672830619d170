"""The real classes of Idefics2, Idefics3, SmolVLM and Qwen2.5-VL train, and plain peft reads the result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText

from docvlm.models.hub import HubEngine
from docvlm.models.protocol import PageInput
from finetune.training.settings import Method, TrainingSettings
from tests.finetune.training.families import TRAINED_PARTS, Lesson, part_of
from tests.models.tiny_checkpoints import FAMILIES

pytestmark = pytest.mark.usefixtures("one_thread", "float32")


def settings_for(base: Path, **changes: Any) -> TrainingSettings:
    """Two steps with a rate at which each of them shows."""
    values = {"epochs": 2.0, "documents_a_step": 1, "learning_rate": 1e-2, "warmup": 0.0} | changes
    return TrainingSettings(base_model=str(base), **values)


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=Method)
def adapter(
    request: pytest.FixtureRequest,
    float32: None,
    family: str,
    bases: dict[str, Path],
    invoice_lesson: Lesson,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    run = tmp_path_factory.mktemp(f"{family}-{request.param}")
    return invoice_lesson.train(settings_for(bases[family], method=request.param), run)


def page() -> PageInput:
    pixels = np.random.default_rng(7).integers(0, 256, (150, 110, 3), dtype=np.uint8)
    return PageInput("page", "Invoice 2026-17\nTotal 12.50", pixels)


def logits(engine: HubEngine, model: Any) -> torch.Tensor:
    """Of a page with its picture and a question, in one pass, by any model of the engine's family."""
    encoded = engine.encode_page(page())
    ids = torch.tensor([encoded.token_ids + engine.prompts.prompt("Total?")])
    pixels = dict(encoded.pixels)
    if "mm_token_type_ids" in pixels:
        pixels["mm_token_type_ids"] = (ids == model.config.image_token_id).int()
    with torch.inference_mode():
        return torch.as_tensor(model(input_ids=ids, **pixels).logits[0]).float()


def test_plain_peft_gives_the_logits_of_the_engine(
    family: str, adapter: Path, bases: dict[str, Path]
) -> None:
    served, untrained = HubEngine(str(bases[family]), adapter=adapter), HubEngine(str(bases[family]))
    base = AutoModelForImageTextToText.from_pretrained(bases[family], dtype=torch.float32).eval()
    wanted = logits(served, served.model)
    loaded = PeftModel.from_pretrained(base, adapter).eval()
    torch.testing.assert_close(logits(served, loaded), wanted, rtol=1e-4, atol=1e-4)
    moved = (logits(served, untrained.model) - wanted).abs().max()
    assert moved > 0.05, "two steps of training have to show"


def test_every_part_has_learnt(adapter: Path, family: str, bases: dict[str, Path]) -> None:
    weights = load_file(adapter / "adapter_model.safetensors")
    before = HubEngine(str(bases[family])).model.state_dict()
    moved = dict.fromkeys(TRAINED_PARTS, 0.0)
    for name, value in weights.items():
        if name.endswith("lora_B.weight"):  # starts at zero
            change = value
        elif "lora_" not in name:  # a part that is trained in full
            change = value - before[name.removeprefix("base_model.model.")]
        else:
            continue
        moved[part_of(name)] = max(moved[part_of(name)], float(change.abs().max()))
    assert all(moved.values()), moved


@pytest.mark.parametrize("only", TRAINED_PARTS)
def test_a_run_trains_the_one_part_that_is_switched_on(
    family: str, bases: dict[str, Path], invoice_lesson: Lesson, tmp_path: Path, only: str
) -> None:
    switches = {part: part == only for part in TRAINED_PARTS}
    adapter = invoice_lesson.train(settings_for(bases[family], epochs=1.0, **switches), tmp_path / "run")
    weights = load_file(adapter / "adapter_model.safetensors")
    assert weights and {part_of(name) for name in weights} == {only}
    assert all(("lora_" in name) == (only != "connector") for name in weights)
