"""Patches look at the latents of their own part of a tile from the start, and latents at that part."""

from __future__ import annotations

import pytest
import torch
from transformers import LlamaConfig

from docvlm.models.vision_language import vision_language_config
from docvlm.models.vision_tower import VisionTower, states_of, tower_config
from finetune.vision.alignment import look_at_places
from finetune.vision.glyph_head import GlyphHead
from finetune.vision.places import place_waves
from finetune.vision.readers import LatentReader, PatchReader

CELLS = 8


def distances(reader: LatentReader, images: torch.Tensor) -> float:
    """How far from a patch the latents lie that it looks at, on average, as a share of the tile's side."""
    side = images.shape[1] // 16
    with torch.inference_mode():
        states = reader.tower(
            images.permute(0, 3, 1, 2) / 127.5 - 1, torch.ones(2, side, side, dtype=torch.bool)
        )
        latents = reader.connector(states.last_hidden_state, torch.ones(2, side * side, dtype=torch.bool))
        asked = reader.decoder.place(place_waves(side, side)).expand(2, -1, -1)
        known = reader.decoder.latent_norm(latents)
        _, weights = reader.decoder.attention(asked, known, known)
    return float((weights * torch.cdist(_middles(side), _middles(CELLS))).sum(dim=-1).mean())


def _middles(side: int) -> torch.Tensor:
    line = (torch.arange(side) + 0.5) / side
    return torch.cartesian_prod(line, line)


def aligned_reader(images: torch.Tensor) -> tuple[LatentReader, float]:
    """A new reader whose attention goes by place, and how far away it looked before."""
    torch.manual_seed(1)
    language = LlamaConfig(
        hidden_size=128, intermediate_size=128, num_attention_heads=4, num_key_value_heads=2, vocab_size=40
    )
    patches = PatchReader(VisionTower(tower_config(64, 1, 256)), GlyphHead(64))
    reader = LatentReader(patches, vision_language_config(language, patches.tower.config, depth=1)).eval()
    before = distances(reader, images)
    look_at_places(reader, images)
    return reader, before


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randint(0, 255, (2, 128, 128, 3), dtype=torch.uint8, generator=torch.manual_seed(2))


def test_a_patch_looks_at_what_lies_near_it(images: torch.Tensor) -> None:
    reader, before = aligned_reader(images)
    assert before > 0.45
    assert distances(reader, images) < 0.25
    assert not reader.training


def test_the_heads_of_a_latent_look_at_different_parts_of_its_cell(images: torch.Tensor) -> None:
    reader, _ = aligned_reader(images)
    side, resampler = images.shape[1] // 16, reader.connector.perceiver_resampler
    layer = resampler.layers[0]
    with torch.inference_mode():
        context = layer.input_context_norm(
            reader.connector.modality_projection(states_of(reader.tower, images))
        )
        latents = layer.input_latents_norm(resampler.latents)
        asked = layer.self_attn.q_proj(latents).unflatten(-1, (2, 2, -1))  # as two groups of two heads
        known = layer.self_attn.k_proj(context[0]).unflatten(-1, (2, -1))
        scores = torch.einsum("lghd,pgd->ghlp", asked, known) * layer.self_attn.scaling
        looked = (scores.softmax(dim=-1) @ _middles(side)).mean(dim=2)
    (upper_left, upper_right), (lower_left, lower_right) = looked
    for above, below in ((upper_left, lower_left), (upper_right, lower_right)):
        assert below[0] - above[0] > 0.005
    for left, right in ((upper_left, upper_right), (lower_left, lower_right)):
        assert right[1] - left[1] > 0.005  # without shifts all look at the same
