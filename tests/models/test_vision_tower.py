"""The tower is transformers' own but for its stem."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import Idefics2Config, Idefics2Model
from transformers.models.idefics2.modeling_idefics2 import Idefics2VisionTransformer

from docvlm.errors import ModelError
from docvlm.models.vision_tower import VisionTower, load_tower, pixels_of, save_tower, tower_config

CONFIG = tower_config(hidden_size=64, layers=1, largest_tile=128)


@pytest.fixture
def tower() -> VisionTower:
    torch.manual_seed(1)
    return VisionTower(CONFIG).eval()


def states(tower: torch.nn.Module, height: int, width: int) -> torch.Tensor:
    images = torch.randint(0, 256, (2, height, width, 3), generator=torch.Generator().manual_seed(2))
    mask = torch.ones(2, height // 16, width // 16, dtype=torch.bool)
    with torch.inference_mode():
        found: torch.Tensor = tower(pixels_of(images), mask).last_hidden_state
    return found


def test_one_state_a_patch_in_any_proportions(tower: VisionTower) -> None:
    assert states(tower, 128, 128).shape == (2, 64, 64)
    assert states(tower, 48, 112).shape == (2, 21, 64)


def test_it_is_kept_and_loaded_as_safetensors(tower: VisionTower, tmp_path: Path) -> None:
    save_tower(tower, tmp_path / "tower")
    assert {file.suffix for file in (tmp_path / "tower").iterdir()} == {".json", ".safetensors"}
    torch.testing.assert_close(states(load_tower(tmp_path / "tower").eval(), 64, 64), states(tower, 64, 64))


def test_a_folder_without_one_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no vision tower"):
        load_tower(tmp_path)


def test_it_fits_into_an_idefics2_model(tower: VisionTower) -> None:
    config = Idefics2Config(
        vision_config=CONFIG.to_dict(),
        perceiver_config={
            "hidden_size": 32,
            "resampler_n_latents": 8,
            "resampler_depth": 1,
            "resampler_n_heads": 4,
            "resampler_head_dim": 8,
            "num_key_value_heads": 2,
        },
        text_config={
            "model_type": "llama",
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "vocab_size": 100,
        },
    )
    model = Idefics2Model(config)
    assert isinstance(model.vision_model, Idefics2VisionTransformer)
    model.vision_model = tower
    with torch.inference_mode():
        (features,) = model.eval().get_image_features(torch.rand(1, 1, 3, 64, 64)).pooler_output
    assert features.shape[-2:] == (8, 32)
