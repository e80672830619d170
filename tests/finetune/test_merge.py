"""An adapter merged into its base answers as the two do together, and only over that base."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

from docvlm.adapters import AdapterCard, AdapterRegistry, read_card, write_card
from docvlm.errors import ModelError, UsageError
from docvlm.model_names import EMBEDDED
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.hub import HubEngine
from docvlm.models.protocol import GenerationRequest, PageInput
from finetune.merge import merge_into_full_weights, write_full_weights
from tests.models.tiny_checkpoints import save_tiny_checkpoint

IMAGE = np.random.default_rng(1).integers(0, 256, (120, 90, 3), dtype=np.uint8)
PAGE = PageInput("page", "Invoice\nTotal 12.50", IMAGE)
REQUEST = GenerationRequest("What is the total?", max_tokens=12)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_checkpoint("idefics3", tmp_path_factory.mktemp("merge") / "base")


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(2)
    model = AutoModelForImageTextToText.from_pretrained(base)
    targets = r".*text_model.*\.(q_proj|v_proj)"
    config = LoraConfig(
        r=4, target_modules=targets, modules_to_save=["model.connector"], init_lora_weights=False
    )
    peft_model = get_peft_model(model, config)
    folder = tmp_path_factory.mktemp("merge") / "adapter"
    peft_model.save_pretrained(folder)
    engine = HubEngine(str(base))
    write_card(folder, AdapterCard("tiny", str(base), engine.card.base_revision, tiling="idefics3"))
    engine.close()
    return folder


def _reply(engine: HubEngine) -> list[tuple[str, float]]:
    steps = [(step.text, round(step.probability, 4)) for step in engine.generate(PAGE, REQUEST)]
    engine.close()
    return steps


def test_full_weights_answer_as_base_and_adapter_do(base: Path, adapter: Path, tmp_path: Path) -> None:
    merged = merge_into_full_weights(adapter, tmp_path / "merged", tmp_path)
    together = _reply(HubEngine(str(base), adapter=adapter))
    assert _reply(HubEngine(str(merged))) == together
    assert _reply(HubEngine(str(base))) != together
    assert [path.name for path in tmp_path.iterdir()] == ["merged"]


def test_the_base_alone_can_be_written(base: Path, tmp_path: Path) -> None:
    """What an exported adapter is laid over where there is no docvlm."""
    written = write_full_weights(str(base), tmp_path / "base", tmp_path)
    assert _reply(HubEngine(str(written))) == _reply(HubEngine(str(base)))


@pytest.mark.parametrize("form", ["given", "given.zip"])
def test_an_exported_adapter_gives_the_same_logits_in_bare_peft(
    base: Path, adapter: Path, tmp_path: Path, form: str
) -> None:
    """Connector in full and LoRA on the language model, as docvlm trains them."""
    shelf = AdapterRegistry(tmp_path / "shelf")
    card = read_card(adapter)
    assert card is not None
    shelf.keep(adapter, card)
    given = shelf.export("tiny", tmp_path / form)
    if given.suffix == ".zip":
        shutil.unpack_archive(given, tmp_path / "unpacked")
        given = tmp_path / "unpacked" / "tiny"
    engine = HubEngine(str(base), adapter=adapter)
    page = engine.encode_page(replace(PAGE, plan=engine.plan_page(IMAGE.shape[1], IMAGE.shape[0])))
    inputs = {"input_ids": torch.tensor([page.token_ids]), **page.pixels}
    with torch.no_grad():
        served = engine.model(**inputs).logits
    engine.close()
    plain = AutoModelForImageTextToText.from_pretrained(base, dtype=served.dtype).eval()
    with torch.no_grad():
        assert not torch.allclose(plain(**inputs).logits, served, atol=0.1)
        bare = PeftModel.from_pretrained(plain, given).merge_and_unload()
        torch.testing.assert_close(bare(**inputs).logits, served, rtol=1e-2, atol=1e-2)


def test_an_existing_folder_is_not_overwritten(adapter: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="exists already"):
        merge_into_full_weights(adapter, tmp_path, tmp_path)


def test_an_adapter_without_card_is_not_merged_blindly(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(ModelError, match="does not say which model"):
        merge_into_full_weights(tmp_path / "plain", tmp_path / "merged", tmp_path)


def test_an_adapter_is_refused_over_another_base(adapter: Path, tmp_path: Path) -> None:
    other = save_tiny_checkpoint("idefics3", tmp_path / "other")
    weights = load_file(other / "model.safetensors")
    save_file(
        {name: value + 1 for name, value in weights.items()}, other / "model.safetensors", {"format": "pt"}
    )
    with pytest.raises(ModelError, match="was trained over"):
        HubEngine(str(other), adapter=adapter)


def test_a_base_that_was_moved_is_still_the_base(base: Path, adapter: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for file in base.iterdir():
        (moved / file.name).write_bytes(file.read_bytes())
    engine = HubEngine(str(moved), adapter=adapter)
    assert engine.card == replace(engine.card, adapter=str(adapter), contract="idefics3")
    assert engine.card.base_revision != engine.card.revision
    engine.close()


@pytest.mark.slow
def test_the_embedded_model_and_its_adapters_go_out_as_plain_folders(
    model_home: Path, tmp_path: Path
) -> None:
    """Its base is the language model with docvlm's own adapter in it, which nobody else has."""
    cache = model_home / "models"
    base = write_full_weights(EMBEDDED, tmp_path / "base", cache)
    torch.manual_seed(3)
    plain = AutoModelForCausalLM.from_pretrained(base)
    config = LoraConfig(r=4, lora_alpha=32, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    get_peft_model(plain, config).save_pretrained(tmp_path / "adapter")
    engine = EmbeddedEngine(cache)
    card = AdapterCard("mine", EMBEDDED, engine.card.base_revision)
    token_ids = torch.tensor([engine.prompt_ids(replace(PAGE, image=None), REQUEST)])
    with torch.no_grad():
        alone = engine.model(input_ids=token_ids).logits.float()
    shelf = AdapterRegistry(tmp_path / "shelf")
    shelf.keep(tmp_path / "adapter", card)
    served = EmbeddedEngine(cache, shelf.folder_of("mine"))
    merged = merge_into_full_weights(shelf.folder_of("mine"), tmp_path / "merged", cache)
    bare = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(base), shelf.export("mine", tmp_path / "given")
    )
    with torch.no_grad():
        wanted = served.model(input_ids=token_ids).logits.float()
        as_merged = AutoModelForCausalLM.from_pretrained(merged)(input_ids=token_ids).logits.float()
        in_peft = bare.merge_and_unload()(input_ids=token_ids).logits.float()
    assert not torch.allclose(alone, wanted, atol=1.0)
    torch.testing.assert_close(as_merged, wanted, rtol=1e-2, atol=1e-2)
    torch.testing.assert_close(in_peft, wanted, rtol=1e-2, atol=1e-2)
