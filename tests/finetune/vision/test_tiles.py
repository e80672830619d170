"""Tiles of drawn pages, and that their glyphs stand where the boxes say."""

from __future__ import annotations

import numpy as np

from finetune.vision.tiles import tiles_of

TILES = [tile for seed in range(12) for tile in tiles_of(seed, 256, 2)]


def test_tiles_are_of_the_side_asked_for_and_hold_text() -> None:
    assert len(TILES) > 6
    for tile in TILES:
        assert tile.image.shape == (256, 256, 3)
        assert len(tile.glyphs.characters) == len(tile.glyphs.boxes) == len(tile.glyphs.starts) > 10


def test_a_seed_gives_the_same_tiles_again() -> None:
    for again, tile in zip(tiles_of(0, 256, 2), TILES, strict=False):
        np.testing.assert_array_equal(again.image, tile.image)
        assert again.glyphs.characters == tile.glyphs.characters


def test_there_is_ink_in_the_boxes_of_letters_and_digits() -> None:
    inked = total = 0
    for tile in TILES:
        for character, box in zip(tile.glyphs.characters, tile.glyphs.boxes, strict=True):
            x0, y0, x1, y1 = np.clip(box, 0, 256).astype(int)
            inside = tile.image[y0 : y1 + 1, x0 : x1 + 1].mean(axis=2)
            if character.isalnum() and inside.size > 20:
                total += 1
                inked += bool(inside.max() - inside.min() > 60)
    assert total > 300
    assert inked > 0.9 * total


def test_letters_are_as_high_as_on_pages_at_tile_size() -> None:
    heights = [np.median(tile.glyphs.boxes[:, 3] - tile.glyphs.boxes[:, 1]) for tile in TILES]
    assert min(heights) > 7
    assert max(heights) < 30
