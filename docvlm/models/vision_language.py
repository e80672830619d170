"""docvlm-mini with its eyes: one ``Idefics2ForConditionalGeneration`` out of three parts.

The language model as docvlm opens it, the vision tower (``docvlm.models.vision_tower``) and Idefics2's own
connector: a projection into the language model's space and a perceiver resampler that makes 64 states of
all patches of a tile ("What matters when building vision-language models?", arXiv 2405.02246, section 3.2).
Tower and connector lie in a folder of their own; the language model and its adapter are kept elsewhere, so
that the same adapter serves with and without pictures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import (
    Idefics2Config,
    Idefics2ForConditionalGeneration,
    Idefics2VisionConfig,
    PreTrainedConfig,
)
from transformers.models.idefics2.configuration_idefics2 import Idefics2PerceiverConfig
from transformers.models.idefics2.modeling_idefics2 import Idefics2Connector

from docvlm.errors import ModelError
from docvlm.models.checksums import damaged_files, write_checksums
from docvlm.models.vision_tower import PATCH, VisionTower, pixels_of
from docvlm.tiling import TileBatch
from docvlm.tiling.plan import TOKENS_PER_TILE

CONFIG, WEIGHTS = "config.json", "vision.safetensors"
_DAMAGED = (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError)


def vision_language_config(
    language: PreTrainedConfig, vision: Idefics2VisionConfig, image_token_id: int = 0, depth: int = 3
) -> Idefics2Config:
    """The shape of the whole model.

    With SmolLM2-135M and the default tower, the connector has 16.3 million weights: 1.7 in the projection
    and 14.6 in a perceiver of three layers.

    Args:
        language: the language model's shape; the perceiver takes over its width and head counts.
        vision: the tower's shape.
        depth: layers of the perceiver.
    """
    perceiver = Idefics2PerceiverConfig(
        hidden_size=language.hidden_size,
        rms_norm_eps=language.rms_norm_eps,
        resampler_n_latents=TOKENS_PER_TILE,
        resampler_depth=depth,
        resampler_n_heads=language.num_attention_heads,
        resampler_head_dim=language.hidden_size // language.num_attention_heads,
        num_key_value_heads=language.num_key_value_heads,
    )
    return Idefics2Config(
        text_config=language,
        vision_config=vision,
        perceiver_config=perceiver,
        image_token_id=image_token_id,
        tie_word_embeddings=True,
    )


def new_connector(config: Idefics2Config) -> Idefics2Connector:
    """An untaught connector: states of patches (tiles, patches, tower's width) and a mask of patches
    (tiles, patches) to (tiles, 64, language model's width).

    transformers begins with 64 equal latents, which attend alike and learn alike for as long as nothing
    behind them tells them apart; here each begins at random.
    """
    connector = Idefics2Connector(config)
    resampler = connector.perceiver_resampler
    nn.init.normal_(resampler.latents, std=config.perceiver_config.initializer_range)
    return connector


def join(
    language_model: Any, tower: VisionTower, connector: Idefics2Connector, image_token_id: int
) -> Idefics2ForConditionalGeneration:
    """The parts as one model; they are shared with it, not copied. In evaluation mode.

    Its ``forward`` takes, beside the language model's arguments, ``pixel_values`` of shape (1, tiles, 3,
    height, width) between -1 and 1 and ``pixel_attention_mask`` of shape (1, tiles, height, width); each
    tile stands in ``input_ids`` as 64 times ``image_token_id``.

    Args:
        language_model: a ``LlamaForCausalLM``, layers of an adapter and all.
    """
    depth = len(connector.perceiver_resampler.layers)
    # Building the whole resets it, in the config that the language model shares with the whole.
    attention = language_model.config._attn_implementation
    config = vision_language_config(language_model.config, tower.config, image_token_id, depth)
    with torch.device("meta"):  # room for weights that are put in below
        model = Idefics2ForConditionalGeneration(config)
    language_model.config._attn_implementation = attention
    model.model.text_model = language_model.model
    model.model.vision_model = tower
    model.model.connector = connector
    model.lm_head = language_model.lm_head
    model.generation_config = language_model.generation_config
    return model.eval()


def picture_of(tiles: TileBatch, device: torch.device) -> dict[str, torch.Tensor]:
    """The views of a page as :func:`join`'s model takes them."""
    mask = torch.from_numpy(tiles.patch_mask).repeat_interleave(PATCH, 1).repeat_interleave(PATCH, 2)
    pixels = pixels_of(torch.from_numpy(tiles.pixels))
    return {"pixel_values": pixels[None].to(device), "pixel_attention_mask": mask[None].to(device)}


def save_vision(
    config: Idefics2Config,
    tower: VisionTower,
    connector: Idefics2Connector,
    folder: Path,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write tower and connector with their shape and checksums."""
    folder.mkdir(parents=True, exist_ok=True)
    config.to_json_file(folder / CONFIG, use_diff=False)
    parts = {"vision_model": tower, "connector": connector}
    weights = {
        f"{part}.{name}": _as(weight.detach(), dtype)
        for part, module in parts.items()
        for name, weight in module.state_dict().items()
    }
    save_file(weights, folder / WEIGHTS)
    write_checksums(folder)


def load_vision(folder: Path) -> tuple[Idefics2Config, VisionTower, Idefics2Connector]:
    """The shape of the whole model, its tower and its connector, in float32.

    Raises:
        ModelError: when they are not there, or are no longer as they were written.
    """
    remedy = "Put the folder there again from the repository or the run, or delete it to do without pictures."
    if damaged := damaged_files(folder):
        raise ModelError(f"The vision weights in {folder} are damaged: {', '.join(damaged)}.", remedy)
    try:
        config = Idefics2Config.from_json_file(folder / CONFIG)
        weights = load_file(folder / WEIGHTS)
        tower, connector = VisionTower(config.vision_config), Idefics2Connector(config)
        tower.load_state_dict(_part(weights, "vision_model."))
        connector.load_state_dict(_part(weights, "connector."))
    except _DAMAGED as error:
        raise ModelError(f"{folder} holds no vision weights that can be used.", remedy) from error
    return config, tower, connector


def add_vision(language_model: Any, folder: Path, image_token_id: int) -> Idefics2ForConditionalGeneration:
    """The language model with the tower and connector of a folder, on its device and in its number format.

    Raises:
        ModelError: when the folder cannot be used, or was made for a language model of another width.
    """
    config, tower, connector = load_vision(folder)
    if config.text_config.hidden_size != language_model.config.hidden_size:
        raise ModelError(
            f"The vision weights in {folder} were made for another language model.",
            "Delete the folder, or put there the one that belongs to this version of docvlm.",
        )
    place = {"device": language_model.device, "dtype": language_model.dtype}
    return join(language_model, tower.to(**place), connector.to(**place), image_token_id)


def _as(weight: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return (weight.to(dtype) if weight.is_floating_point() else weight).contiguous()


def _part(weights: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): weight for name, weight in weights.items() if name.startswith(prefix)}
