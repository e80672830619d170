"""The vision tower of docvlm-mini: transformers' Idefics2 tower with a convolutional stem.

A plain patch projection sees 16 × 16 pixels through one linear map, from which a small tower hardly learns
to read; four strided convolutions in its place learn it (Xiao et al. 2021, "Early convolutions help
transformers see better", arXiv 2106.14881). Everything behind the stem is the library's own.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import Idefics2VisionConfig
from transformers.models.idefics2.modeling_idefics2 import Idefics2VisionTransformer

from docvlm.errors import ModelError

PATCH = 16
"""Pixels along the side of a patch; the stem halves four times."""

WEIGHTS, CONFIG = "tower.safetensors", "config.json"


class ConvolutionalStem(nn.Sequential):
    """Pixels to patches: (tiles, 3, height, width) to (tiles, hidden size, height / 16, width / 16)."""

    def __init__(self, hidden_size: int) -> None:
        widths = (3, hidden_size // 8, hidden_size // 4, hidden_size // 2, hidden_size)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            layers += [
                nn.Conv2d(before, after, kernel_size=3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.GELU(),
            ]
        super().__init__(*layers, nn.Conv2d(hidden_size, hidden_size, kernel_size=1))


class VisionTower(Idefics2VisionTransformer):
    """Tiles in their own proportions to one state a patch.

    Takes ``pixel_values`` of shape (tiles, 3, height, width), between -1 and 1, and a mask of shape
    (tiles, height / 16, width / 16); gives states of shape (tiles, patches, hidden size), patches row by row
    from the top left.
    """

    def __init__(self, config: Idefics2VisionConfig) -> None:
        super().__init__(config)
        self.embeddings.patch_embedding = ConvolutionalStem(config.hidden_size)


def tower_config(hidden_size: int = 256, layers: int = 4, largest_tile: int = 512) -> Idefics2VisionConfig:
    """The shape of a tower; the defaults have about four million weights."""
    return Idefics2VisionConfig(
        hidden_size=hidden_size,
        intermediate_size=4 * hidden_size,
        num_hidden_layers=layers,
        num_attention_heads=hidden_size // 64,
        image_size=largest_tile,
        patch_size=PATCH,
    )


def pixels_of(images: torch.Tensor) -> torch.Tensor:
    """Bytes of shape (tiles, height, width, 3) as the tower takes them."""
    return images.permute(0, 3, 1, 2).float() / 127.5 - 1.0


def states_of(tower: VisionTower, images: torch.Tensor) -> torch.Tensor:
    """The tower's states of tiles, bytes of shape (tiles, height, width, 3)."""
    tiles, height, width, _ = images.shape
    whole = torch.ones(tiles, height // PATCH, width // PATCH, dtype=torch.bool, device=images.device)
    states: torch.Tensor = tower(pixels_of(images), whole).last_hidden_state
    return states


def save_tower(tower: VisionTower, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tower.config.to_json_file(folder / CONFIG)
    save_file({name: weight.contiguous() for name, weight in tower.state_dict().items()}, folder / WEIGHTS)


def load_tower(folder: Path) -> VisionTower:
    """The tower kept in a folder.

    Raises:
        ModelError: when there is none, or its weights do not fit its configuration.
    """
    try:
        tower = VisionTower(Idefics2VisionConfig.from_json_file(folder / CONFIG))
        tower.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"{folder} holds no vision tower that can be used.",
            "Train one with python -m finetune.vision.train, or take the folder from the repository again.",
        ) from error
    return tower
