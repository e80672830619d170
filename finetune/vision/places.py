"""Where a patch lies on its tile, as waves: a share of its sides, so that tiles of all sizes compare."""

from __future__ import annotations

import math

import torch

_FREQUENCIES = 5
"""The longest wave is twice as long as a tile, the shortest an eighth of it."""

WAVES = 4 * _FREQUENCIES


def place_waves(rows: int, columns: int) -> torch.Tensor:
    """Sines and cosines of the middles of patches, shape (rows × columns, ``WAVES``), patches row by row.

    Sinusoidal positions ("Attention is all you need", arXiv 1706.03762, section 3.5) in two dimensions.
    """
    y = (torch.arange(rows) + 0.5) / rows
    x = (torch.arange(columns) + 0.5) / columns
    middles = torch.stack(torch.meshgrid(y, x, indexing="ij"), dim=-1).flatten(0, 1)
    angles = middles[..., None] * math.pi * 2.0 ** torch.arange(_FREQUENCIES)
    return torch.cat((angles.sin(), angles.cos()), dim=-1).flatten(1)
