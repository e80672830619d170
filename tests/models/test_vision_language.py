"""The embedded model's parts as one Idefics2 model: pictures reach it, and without them nothing changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import Idefics2ForConditionalGeneration, LlamaConfig

from docvlm.errors import ModelError
from docvlm.models.vision_language import (
    WEIGHTS,
    add_vision,
    join,
    load_vision,
    new_connector,
    save_vision,
    vision_language_config,
)
from docvlm.models.vision_tower import VisionTower, tower_config
from docvlm.tiling.plan import TOKENS_PER_TILE
from tests.finetune.tiny import tiny_llama

IMAGE, VOCABULARY = 3, 40
TEXT = torch.tensor([[5, 9, 11, 7, 30]])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Vision weights for the tiny language model."""
    torch.manual_seed(4)
    vision = tower_config(64, 1, 128)
    config = vision_language_config(tiny_llama(VOCABULARY).config, vision, IMAGE, depth=1)
    save_vision(config, VisionTower(vision), new_connector(config), tmp_path / "vision")
    return tmp_path / "vision"


def logits(model: torch.nn.Module, ids: torch.Tensor, **pixels: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model(input_ids=ids, **pixels).logits
    return found


def picture(seed: int) -> dict[str, torch.Tensor]:
    pixels = torch.rand(1, 1, 3, 64, 96, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return {"pixel_values": pixels, "pixel_attention_mask": torch.ones(1, 1, 64, 96, dtype=torch.bool)}


def test_without_a_picture_it_says_what_the_language_model_says(folder: Path) -> None:
    torch.manual_seed(5)
    language_model = tiny_llama(VOCABULARY)
    alone = logits(language_model, TEXT)
    model = add_vision(language_model, folder, IMAGE)
    assert isinstance(model, Idefics2ForConditionalGeneration)
    torch.testing.assert_close(logits(model, TEXT), alone, rtol=0, atol=0)


def test_the_language_model_goes_on_attending_as_it_did(folder: Path) -> None:
    language_model = tiny_llama(VOCABULARY)
    language_model.set_attn_implementation("eager")
    model = add_vision(language_model, folder, IMAGE)
    assert model.model.text_model.config._attn_implementation == "eager"
    assert model.model.text_model.layers[0].self_attn.config._attn_implementation == "eager"


def test_pictures_change_what_it_says(folder: Path) -> None:
    torch.manual_seed(5)
    model = add_vision(tiny_llama(VOCABULARY), folder, IMAGE)
    ids = torch.cat((torch.full((1, TOKENS_PER_TILE), IMAGE), TEXT), dim=1)
    first, second = logits(model, ids, **picture(1)), logits(model, ids, **picture(2))
    assert first.shape == (1, TOKENS_PER_TILE + 5, VOCABULARY)
    assert not torch.allclose(first[:, -1], second[:, -1])


def test_no_weight_is_left_without_a_value(folder: Path) -> None:
    model = add_vision(tiny_llama(VOCABULARY), folder, IMAGE)
    assert not [name for name, weight in model.state_dict().items() if weight.is_meta]
    assert model.lm_head.weight is model.model.text_model.embed_tokens.weight


def test_latents_differ_from_the_start(folder: Path) -> None:
    _, _, connector = load_vision(folder)
    latents = connector.perceiver_resampler.latents
    assert torch.pdist(latents.detach()).min() > 0


def test_tower_and_connector_come_back_as_they_were(folder: Path, tmp_path: Path) -> None:
    config, tower, connector = load_vision(folder)
    save_vision(config, tower, connector, tmp_path / "again")
    _, tower_again, connector_again = load_vision(tmp_path / "again")
    torch.testing.assert_close(dict(tower_again.state_dict()), dict(tower.state_dict()))
    torch.testing.assert_close(dict(connector_again.state_dict()), dict(connector.state_dict()))


def test_damaged_weights_are_refused_in_a_sentence(folder: Path) -> None:
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (folder / WEIGHTS).write_bytes(content)
    with pytest.raises(ModelError, match=r"damaged: vision\.safetensors"):
        load_vision(folder)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no vision weights"):
        load_vision(tmp_path)


def test_weights_for_another_language_model_are_refused(tmp_path: Path) -> None:
    vision = tower_config(64, 1, 128)
    other = LlamaConfig(hidden_size=64, intermediate_size=64, num_attention_heads=4, num_key_value_heads=2)
    config = vision_language_config(other, vision, IMAGE, depth=1)
    save_vision(config, VisionTower(vision), new_connector(config), tmp_path)
    with pytest.raises(ModelError, match="another language model"):
        add_vision(tiny_llama(VOCABULARY), tmp_path, IMAGE)


def test_what_ships_fits_into_sixty_megabytes() -> None:
    """Tower and connector of the default shapes, in bfloat16, with the adapter's ten megabytes."""
    smollm2 = LlamaConfig(
        hidden_size=576, intermediate_size=1536, num_attention_heads=9, num_key_value_heads=3
    )
    config = vision_language_config(smollm2, tower_config())
    with torch.device("meta"):
        tower, connector = VisionTower(config.vision_config), new_connector(config)
    weights = sum(weight.numel() for part in (tower, connector) for weight in part.state_dict().values())
    perceiver = sum(weight.numel() for weight in connector.perceiver_resampler.parameters())
    assert 2 * weights < 50e6
    assert perceiver < 16e6


def test_the_parts_are_shared_not_copied() -> None:
    language_model = tiny_llama(VOCABULARY)
    vision = tower_config(64, 1, 128)
    config = vision_language_config(language_model.config, vision, IMAGE, depth=1)
    tower = VisionTower(vision)
    model = join(language_model, tower, new_connector(config), IMAGE)
    assert model.model.vision_model is tower
    assert model.model.text_model is language_model.model
