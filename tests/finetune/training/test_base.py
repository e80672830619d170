"""Which weights of a base model learn."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from docvlm.errors import ModelError
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.hub import HubEngine
from docvlm.models.protocol import PageInput
from finetune.training.base import add_adapter, language_part, open_base, vision_part
from finetune.training.settings import Method, TrainingSettings
from tests.finetune.tiny import save_tiny_model
from tests.finetune.training.families import Lesson, part_of
from tests.models.tiny_checkpoints import FAMILIES

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(params=FAMILIES)
def engine(request: pytest.FixtureRequest, bases: dict[str, Path]) -> Iterator[HubEngine]:
    engine = HubEngine(str(bases[request.param]))
    yield engine
    engine.close()


def learning(model: Any) -> list[str]:
    return [name for name, weight in model.named_parameters() if weight.requires_grad]


@pytest.mark.parametrize("language", [True, False])
@pytest.mark.parametrize("vision", [True, False])
@pytest.mark.parametrize("connector", [True, False])
def test_switches_freeze_and_unfreeze_what_they_say(
    engine: HubEngine, language: bool, vision: bool, connector: bool
) -> None:
    if not (language or vision or connector):
        return  # refused by the settings, see test_settings
    settings = TrainingSettings(language=language, vision=vision, connector=connector)
    model = add_adapter(engine, settings)
    wanted = {"language": language, "vision": vision, "connector": connector}
    names = learning(model)
    assert {part_of(name) for name in names} == {part for part, on in wanted.items() if on}
    # The connector learns in full, the others by low-rank updates alone.
    assert all(("lora_" in name) == (part_of(name) != "connector") for name in names)
    if connector:
        own = {name for name, _ in engine.model.named_parameters() if "connector" in name or "merger" in name}
        own = {name for name in own if "modules_to_save" in name}
        assert own == {
            name.removeprefix("base_model.model.") for name in names if part_of(name) == "connector"
        }
    assert not any("lm_head" in name or "embed_tokens" in name for name in names)


def test_what_learns_is_float32_and_the_rest_stays_as_it_was(engine: HubEngine) -> None:
    frozen = engine.model.dtype
    model = add_adapter(engine, TrainingSettings())
    for name, weight in model.named_parameters():
        assert weight.dtype == (torch.float32 if weight.requires_grad else frozen), name


def test_both_backbones_get_updates_in_every_layer(engine: HubEngine) -> None:
    names = learning(add_adapter(engine, TrainingSettings()))
    for part, module in (("language", language_part(engine.model)), ("vision", vision_part(engine.model))):
        layers = {name.split(".lora_A.")[0] for name in names if part_of(name) == part and "lora_A" in name}
        config = module.config
        depth = getattr(config, "num_hidden_layers", None) or config.depth
        for layer in range(depth):
            assert sum(f".{layer}." in name for name in layers) >= 4, (part, layer, layers)


def test_targets_narrow_the_layers(engine: HubEngine) -> None:
    model = add_adapter(engine, TrainingSettings(targets=("q_proj", "v_proj"), vision=False, connector=False))
    assert {name.split(".lora_")[0].rpartition(".")[2] for name in learning(model)} == {"q_proj", "v_proj"}


def test_targets_that_match_nothing_are_an_error(engine: HubEngine) -> None:
    with pytest.raises(ModelError, match="None of the layers") as caught:
        add_adapter(engine, TrainingSettings(targets=("no_such_layer",), connector=False))
    assert caught.value.remedy


def test_dora_has_a_magnitude_for_each_update(engine: HubEngine) -> None:
    names = learning(add_adapter(engine, TrainingSettings(method=Method.DORA)))
    updated = {name.split(".lora_")[0] for name in names if ".lora_A." in name}
    magnitudes = {name.split(".lora_magnitude_vector")[0] for name in names if "magnitude" in name}
    assert updated and magnitudes == updated


def test_the_first_updates_change_nothing(engine: HubEngine) -> None:
    ids = torch.arange(20)[None]
    with torch.inference_mode():
        before = engine.model(input_ids=ids).logits
        after = add_adapter(engine, TrainingSettings())(input_ids=ids).logits
    torch.testing.assert_close(after, before, rtol=2e-2, atol=2e-2)  # bfloat16 on some machines


def test_what_is_served_in_float16_is_trained_in_float32(
    bases: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docvlm.models.checkpoint.pick_dtype", lambda _device: torch.float16)
    engine = open_base(TrainingSettings(base_model=str(bases["idefics3"])), tmp_path)
    assert {weight.dtype for weight in engine.model.parameters()} == {torch.float32}


@pytest.mark.parametrize("method", Method)
def test_the_embedded_language_model_trains_and_plain_peft_reads_it(
    method: Method, invoice_lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole path of ``embedded`` with a language model that is small and has no adapter yet."""
    torch.manual_seed(0)
    folder = save_tiny_model(tmp_path / "language-model")
    small = partial(EmbeddedEngine, shipped_adapter=None)
    monkeypatch.setattr("docvlm.models.embedded.ensure_language_model", lambda _cache, _report: folder)
    monkeypatch.setattr("docvlm.models.embedded.pick_dtype", lambda _device: torch.float32)
    monkeypatch.setattr("finetune.training.base.EmbeddedEngine", small)
    settings = TrainingSettings(
        method=method, epochs=2.0, documents_a_step=1, learning_rate=1e-2, warmup=0.0, max_tokens=8192
    )
    adapter = invoice_lesson.train(settings, tmp_path / "run")
    served, untrained = small(tmp_path, adapter=adapter), small(tmp_path)
    ids = torch.tensor([served.encode_page(PageInput("page", "Total 12.50")).token_ids])
    loaded = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder), adapter).eval()
    with torch.inference_mode():
        wanted = served.model(input_ids=ids).logits
        torch.testing.assert_close(loaded(input_ids=ids).logits, wanted, rtol=1e-4, atol=1e-4)
        assert (untrained.model(input_ids=ids).logits - wanted).abs().max() > 0.05
