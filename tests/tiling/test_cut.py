from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docvlm.tiling.contracts import Idefics2Contract
from docvlm.tiling.cut import PADDING, cut_tiles
from docvlm.tiling.plan import PATCH_SIZE, Budget, plan_tiles
from docvlm.types import RgbImage


def noise(width: int, height: int) -> RgbImage:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_tiles_of_an_unscaled_page_are_its_own_pixels() -> None:
    page = noise(1000, 600)
    batch = cut_tiles(page, plan_tiles(1000, 600, Budget.parse("balanced")))
    for tile, pixels in zip(batch.plan.grid, batch.pixels, strict=False):
        x0, y0, x1, y1 = tile.source
        np.testing.assert_array_equal(pixels[: tile.height, : tile.width], page[y0:y1, x0:x1])


def test_tiles_of_a_scaled_page_put_together_are_the_page_resized_once() -> None:
    page = noise(1654, 2339)
    plan = plan_tiles(1654, 2339, Budget.parse("balanced"))
    batch = cut_tiles(page, plan)
    rows = []
    for row in range(1, plan.rows + 1):
        cells = [
            batch.pixels[index, : tile.height, : tile.width]
            for index, tile in enumerate(plan.grid)
            if tile.row == row
        ]
        rows.append(np.concatenate(cells, axis=1))
    whole = np.concatenate(rows)
    np.testing.assert_array_equal(whole, cv2.resize(page, whole.shape[1::-1], interpolation=cv2.INTER_AREA))


def test_the_page_view_looks_like_the_page() -> None:
    page = np.full((2000, 1000, 3), 255, dtype=np.uint8)
    page[1000:] = (200, 30, 30)
    batch = cut_tiles(page, plan_tiles(1000, 2000, Budget.parse("balanced")))
    view = batch.pixels[-1]
    assert tuple(view[100, 100]) == (255, 255, 255)
    assert tuple(view[400, 100]) == (200, 30, 30)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 1500), st.integers(1, 1500), st.integers(1, 8))
def test_the_mask_covers_exactly_the_patches_with_pixels(width: int, height: int, tiles: int) -> None:
    plan = plan_tiles(width, height, Budget.parse(tiles))
    batch = cut_tiles(np.zeros((height, width, 3), dtype=np.uint8), plan)
    count, high, wide, _ = batch.pixels.shape
    assert (count, high // PATCH_SIZE, wide // PATCH_SIZE) == batch.patch_mask.shape
    blocks = batch.pixels.reshape(count, high // PATCH_SIZE, PATCH_SIZE, wide // PATCH_SIZE, PATCH_SIZE, 3)
    np.testing.assert_array_equal((blocks != PADDING).any(axis=(2, 4, 5)), batch.patch_mask)


def test_another_image_or_another_strategy_is_refused() -> None:
    plan = plan_tiles(600, 600, Budget.parse("fast"))
    with pytest.raises(ValueError, match="600×600"):
        cut_tiles(noise(600, 601), plan)
    with pytest.raises(ValueError, match="idefics2"):
        cut_tiles(noise(600, 600), Idefics2Contract().plan(600, 600))
