"""A reader is kept and found again, or its absence is said; a resampler learns what its tower sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig

from docvlm.errors import ModelError
from docvlm.models.vision_language import vision_language_config
from docvlm.models.vision_tower import VisionTower, states_of, tower_config
from finetune.vision.glyph_head import GlyphHead
from finetune.vision.glyph_targets import SLOTS
from finetune.vision.readers import (
    CONNECTOR,
    DECODER,
    HEAD,
    GlyphReader,
    LatentReader,
    PatchReader,
    load_patch_reader,
    load_reader,
)

LANGUAGE = LlamaConfig(
    hidden_size=64, intermediate_size=64, num_attention_heads=4, num_key_value_heads=2, vocab_size=40
)
IMAGES = torch.randint(0, 255, (2, 64, 48, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
PATCHES = 12


def patch_reader() -> PatchReader:
    torch.manual_seed(1)
    return PatchReader(VisionTower(tower_config(64, 1, 128)), GlyphHead(64))


def latent_reader() -> LatentReader:
    patches = patch_reader()
    return LatentReader(patches, vision_language_config(LANGUAGE, patches.tower.config, depth=1))


@pytest.mark.parametrize("make", [patch_reader, latent_reader])
def test_a_reader_comes_back_as_it_was(make: Callable[[], GlyphReader], tmp_path: Path) -> None:
    reader = make().eval()
    reader.save(tmp_path)
    again = load_reader(tmp_path).eval()
    assert type(again) is type(reader)
    with torch.inference_mode():
        assert reader(IMAGES).classes.shape[:2] == (2, PATCHES)
        torch.testing.assert_close(again(IMAGES).classes, reader(IMAGES).classes)


@pytest.mark.parametrize(
    ("file", "missing"), [(HEAD, "glyph head"), (DECODER, "resampler"), (CONNECTOR, None)]
)
def test_what_is_missing_is_said(file: str, missing: str | None, tmp_path: Path) -> None:
    latent_reader().save(tmp_path)
    (tmp_path / file).unlink()
    if missing is None:  # without a connector it is a tower that reads
        assert isinstance(load_reader(tmp_path), PatchReader)
        return
    with pytest.raises(ModelError, match=f"no {missing}"):
        load_reader(tmp_path)


def test_damaged_weights_are_refused_in_a_sentence(tmp_path: Path) -> None:
    latent_reader().save(tmp_path)
    (tmp_path / CONNECTOR).write_bytes(b"rubbish")
    with pytest.raises(ModelError, match="no resampler"):
        load_reader(tmp_path)


def test_the_tower_of_a_resampler_can_be_taken_alone(tmp_path: Path) -> None:
    reader = latent_reader().eval()
    reader.save(tmp_path)
    alone = load_patch_reader(tmp_path).eval()
    with torch.inference_mode():
        torch.testing.assert_close(alone(IMAGES).classes, reader.patches(IMAGES).classes)


def test_what_latents_say_depends_on_the_place_and_on_the_picture() -> None:
    reader = latent_reader().eval()
    with torch.inference_mode():
        said = reader(IMAGES).classes
    assert not torch.allclose(said[0, 0], said[0, 1])
    assert not torch.allclose(said[0], said[1])


def test_a_resampler_is_taught_the_states_themselves() -> None:
    """Latents that bring the tower's states back are worth less loss, whatever its head reads out of them."""
    torch.manual_seed(3)
    reader = latent_reader()
    reader.patches.eval().requires_grad_(False)
    optimizer = torch.optim.AdamW([one for one in reader.parameters() if one.requires_grad], lr=1e-3)
    targets = glyph_targets_of_nothing()
    with torch.no_grad():
        states = states_of(reader.tower, IMAGES)
    before = float((reader.rebuilt(states, IMAGES) - states).square().mean().detach())
    for _ in range(40):
        reader.lesson(IMAGES, targets).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    after = float((reader.rebuilt(states, IMAGES) - states).square().mean().detach())
    assert after < 0.5 * before


def glyph_targets_of_nothing() -> tuple[torch.Tensor, ...]:
    return (
        torch.zeros(2, PATCHES, SLOTS, dtype=torch.long),
        torch.zeros(2, PATCHES, SLOTS, 3),
        torch.zeros(2, PATCHES, SLOTS),
        torch.zeros(2, 0, 2, dtype=torch.long),
    )
