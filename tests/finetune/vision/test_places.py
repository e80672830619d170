"""Waves of a place: row by row, no two patches alike, and alike on tiles of all sizes."""

from __future__ import annotations

import torch

from finetune.vision.places import WAVES, place_waves


def test_no_two_patches_of_the_largest_tile_are_alike() -> None:
    waves = place_waves(32, 32)
    assert waves.shape == (32 * 32, WAVES)
    assert torch.pdist(waves).min() > 0.1


def test_patches_are_told_row_by_row() -> None:
    waves = place_waves(2, 3).reshape(2, 3, WAVES)
    down = waves[:, :, : WAVES // 2], waves[:, :, WAVES // 2 :]
    torch.testing.assert_close(down[0][:, 0], down[0][:, 2])  # the first half says how far down
    torch.testing.assert_close(down[1][0], down[1][1])  # the second half how far to the right


def test_a_place_is_a_share_of_the_tile() -> None:
    # The middle patch of three by three and of one by one.
    torch.testing.assert_close(place_waves(3, 3)[4], place_waves(1, 1)[0])
