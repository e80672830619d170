"""A light decoder from a tile's 64 latents back to the tower's states of all its patches.

It stands where the language model will stand, and is thrown away afterwards: what it can tell of a patch, the
latents must hold. So the resampler learns from hundreds of targets a tile, as the tower did.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from finetune.vision.places import WAVES, place_waves


def latents_on_grid(count: int, width: int) -> torch.Tensor:
    """Latents to begin with, shape (count, width): each speaks of the place of its own cell of a square grid.

    From there a latent finds its part of the tile, and a patch the latents near it; random ones would have to
    come to terms first about who holds what.
    """
    side = math.isqrt(count)
    waves = place_waves(side, side)
    scale = math.sqrt(2 / WAVES)
    return torch.matmul(waves, scale * torch.randn(WAVES, width))


class LatentDecoder(nn.Module):
    """Latents (tiles, 64, width) to states (tiles, rows × columns, tower's width), patches row by row.

    Each patch asks by its place alone, a share of the tile's sides, as Idefics2's position embeddings are, so
    that tiles of all sizes ask alike.
    """

    def __init__(self, width: int, heads: int, tower_width: int) -> None:
        super().__init__()
        self.place = nn.Sequential(
            nn.Linear(WAVES, width), nn.GELU(), nn.Linear(width, width), nn.LayerNorm(width)
        )
        self.latent_norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.share = nn.Linear(WAVES, width)
        self.mixed = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.states = nn.Linear(width, tower_width)

    def forward(self, latents: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
        waves = place_waves(rows, columns).to(latents.device)
        asked = self.place(waves).expand(len(latents), -1, -1)
        known = self.latent_norm(latents)
        found, _ = self.attention(asked, known, known, need_weights=False)
        # A latent speaks of several patches; which of it is about this one, its place tells.
        states = asked + found * self.share(waves).sigmoid()
        rebuilt: torch.Tensor = self.states(states + self.mixed(states))
        return rebuilt
