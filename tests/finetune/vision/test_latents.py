"""Latents begin each with a place of its own, and what is told of a patch depends on where it lies."""

from __future__ import annotations

import torch

from finetune.vision.latents import LatentDecoder, latents_on_grid
from finetune.vision.places import place_waves


def test_latents_begin_each_with_the_place_of_its_cell() -> None:
    torch.manual_seed(1)
    latents = latents_on_grid(64, 96)
    assert latents.shape == (64, 96)
    assert 0.5 < latents.std() < 2
    # What a linear map can read out of them is the grid itself, in order.
    read = torch.linalg.lstsq(latents, place_waves(8, 8)).solution
    torch.testing.assert_close(latents @ read, place_waves(8, 8), rtol=0, atol=1e-3)


def test_patches_ask_by_their_place() -> None:
    torch.manual_seed(1)
    decoder = LatentDecoder(32, 4, tower_width=24).eval()
    with torch.inference_mode():
        states = decoder(torch.randn(2, 64, 32), 3, 5)
    assert states.shape == (2, 15, 24)
    assert not torch.allclose(states[0, 0], states[0, 14])
    assert not torch.allclose(states[0], states[1])
