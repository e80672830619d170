"""From the states of patches to characters and their places, and how far off they are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from finetune.vision.glyph_targets import CLASSES, NOTHING, SLOTS

_PLACE_WEIGHT, _START_WEIGHT = 2.0, 0.5
_NOTHING_WEIGHT = 0.3
"""Most slots are empty; at full weight they would drown the characters at first."""


@dataclass(frozen=True, slots=True)
class SaidGlyphs:
    """What the head says of tiles: logits (tiles, patches, slots, classes), places (…, slots, 3) in patches
    as in :class:`GlyphTargets`, logits that a word begins (…, slots)."""

    classes: torch.Tensor
    places: torch.Tensor
    starts: torch.Tensor


class GlyphHead(nn.Module):
    """One linear map a slot behind a shared hidden layer."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(hidden_size, 2 * hidden_size), nn.GELU())
        self.classes = nn.Linear(2 * hidden_size, SLOTS * CLASSES)
        self.places = nn.Linear(2 * hidden_size, SLOTS * 3)
        self.starts = nn.Linear(2 * hidden_size, SLOTS)

    def forward(self, states: torch.Tensor) -> SaidGlyphs:
        hidden = self.hidden(states)
        return SaidGlyphs(
            self.classes(hidden).unflatten(-1, (SLOTS, CLASSES)),
            self.places(hidden).unflatten(-1, (SLOTS, 3)),
            self.starts(hidden),
        )


def glyph_loss(
    said: SaidGlyphs, classes: torch.Tensor, places: torch.Tensor, starts: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy of the characters, distance of their places, cross-entropy of the word beginnings."""
    weights = torch.ones(CLASSES, device=classes.device)
    weights[NOTHING] = _NOTHING_WEIGHT
    characters = functional.cross_entropy(said.classes.float().flatten(0, 2), classes.flatten(), weights)
    filled = classes != NOTHING
    if not filled.any():
        return characters
    off = functional.l1_loss(said.places.float()[filled], places[filled])
    begins = functional.binary_cross_entropy_with_logits(said.starts.float()[filled], starts[filled])
    return characters + _PLACE_WEIGHT * off + _START_WEIGHT * begins


def share_right(said: SaidGlyphs, classes: torch.Tensor) -> float:
    """The share of the printed characters whose slot says them."""
    filled = classes != NOTHING
    return float((said.classes.argmax(dim=-1)[filled] == classes[filled]).float().mean())
