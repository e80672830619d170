"""Attention of an untaught resampler that looks at places from the first step.

A latent has to find its part of a tile, and a patch the latents near it. Learnt from nothing that takes most
of a small run. But places stand in the tower's states and in the latents, where a linear map reads them; so
queries and keys begin as that map, and what they find alike lies side by side. All of it is free to change.
"""

from __future__ import annotations

import math
from itertools import islice, product

import torch
from torch import nn

from docvlm.models.vision_tower import PATCH, states_of
from finetune.vision.places import WAVES, place_waves
from finetune.vision.readers import LatentReader

_SHARPNESS = 12.0
"""Of the attention: what it looks at lies a tenth of a tile away on average then, in place of a half."""

_RIDGE = 1e-2
_QUERY, _KEY = 0, 1


@torch.no_grad()
def look_at_places(reader: LatentReader, images: torch.Tensor) -> None:
    """Let a new resampler and its decoder attend by place.

    Args:
        images: some tiles, bytes of shape (tiles, height, width, 3); they show how places are told.
    """
    was_training = reader.training
    reader.eval()
    rows, columns = images.shape[1] // PATCH, images.shape[2] // PATCH
    patches = place_waves(rows, columns).expand(len(images), -1, -1)
    states = states_of(reader.tower, images)
    context = reader.connector.modality_projection(states)
    resampler = reader.connector.perceiver_resampler
    cells = round(len(resampler.latents) ** 0.5)
    grid = place_waves(cells, cells)
    for layer in resampler.layers:
        asked = _map_to_waves(layer.input_latents_norm(resampler.latents), grid)
        known = _map_to_waves(layer.input_context_norm(context), patches)
        attention = layer.self_attn
        turns = [_turn(attention.head_dim) for _ in range(attention.config.num_key_value_heads)]
        group = attention.num_key_value_groups
        attention.k_proj.weight.copy_(torch.cat([turn @ known for turn in turns]))
        heads = [turn for turn in turns for _ in range(group)]
        shifts = _shifts(len(heads), 1 / cells)
        attention.q_proj.weight.copy_(
            torch.cat([_SHARPNESS * turn @ shift @ asked for turn, shift in zip(heads, shifts, strict=True)])
        )
    whole = torch.ones(states.shape[:2], dtype=torch.bool)
    latents = reader.decoder.latent_norm(reader.connector(states, whole))
    _align_decoder(reader, latents, grid, rows, columns)
    reader.train(was_training)


def _align_decoder(
    reader: LatentReader, latents: torch.Tensor, grid: torch.Tensor, rows: int, columns: int
) -> None:
    attention = reader.decoder.attention
    waves = place_waves(rows, columns)
    asked = _map_to_waves(reader.decoder.place(waves), waves)
    known = _map_to_waves(latents, grid.expand(len(latents), -1, -1))
    turns = [_turn(attention.head_dim) for _ in range(attention.num_heads)]
    projections: nn.Parameter = attention.in_proj_weight
    parts = projections.chunk(3)
    parts[_QUERY].copy_(torch.cat([_SHARPNESS * turn @ asked for turn in turns]))
    parts[_KEY].copy_(torch.cat([turn @ known for turn in turns]))


def _map_to_waves(told: torch.Tensor, waves: torch.Tensor) -> torch.Tensor:
    """The linear map (``WAVES``, width) that reads waves out of states (…, width), by ridge regression."""
    states, wanted = told.reshape(-1, told.shape[-1]), waves.reshape(-1, WAVES)
    ridge = _RIDGE * len(states) * torch.eye(states.shape[1])
    found: torch.Tensor = torch.linalg.solve(states.T @ states + ridge, states.T @ wanted)
    return found.T


def _shifts(heads: int, cell: float) -> list[torch.Tensor]:
    """For each head the map of waves (``WAVES``, ``WAVES``) to those of a place beside it, within the cell.

    So the heads of a latent look at different patches of its cell; together they hold them apart.
    """
    side = math.ceil(math.sqrt(heads))
    steps = [((step + 0.5) / side - 0.5) * cell for step in range(side)]
    return [_shift(y, x) for y, x in islice(product(steps, steps), heads)]


def _shift(y: float, x: float) -> torch.Tensor:
    """Waves of a place to those of the place ``y`` and ``x`` further on: each pair of them turns."""
    angles = torch.tensor([y, x])[:, None] * math.pi * 2.0 ** torch.arange(WAVES // 4)
    sines, cosines = angles.sin(), angles.cos()
    blocks = [
        torch.cat((torch.cat((c.diag(), s.diag()), 1), torch.cat((-s.diag(), c.diag()), 1)))
        for s, c in zip(sines, cosines, strict=True)
    ]
    turned: torch.Tensor = torch.block_diag(*blocks)
    return turned


def _turn(head_size: int) -> torch.Tensor:
    """Waves laid into the space of a head, shape (head size, ``WAVES``); distances stay if there is room."""
    size = max(head_size, WAVES)
    square: torch.Tensor = torch.linalg.qr(torch.randn(size, size)).Q
    return square[:head_size, :WAVES]
