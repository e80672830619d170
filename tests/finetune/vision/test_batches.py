"""Batches of drawn tiles: the same number gives the same tiles, and sizes take turns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

import numpy as np

from finetune.vision.batches import BatchSizes, batches_from, make_batch
from finetune.vision.glyph_targets import NOTHING

SIZES = BatchSizes(seed=1, tiles=3, sides=(128, 96))


def test_batches_of_a_stream_differ_and_come_again() -> None:
    first, second = make_batch(SIZES, 0), make_batch(replace(SIZES, seed=2), 0)
    assert not np.array_equal(first.images, second.images)
    np.testing.assert_array_equal(make_batch(SIZES, 0).images, first.images)


def test_sizes_take_turns_and_every_tile_holds_text() -> None:
    for number, side in enumerate((128, 96, 128)):
        batch = make_batch(SIZES, number)
        height, width = SIZES.shape(number)
        assert max(height, width) == side
        assert batch.images.shape == (3, height, width, 3)
        assert batch.classes.shape[1] == height * width // 16**2
        assert (batch.classes != NOTHING).any()


def test_tiles_are_of_all_proportions_in_whole_patches() -> None:
    shapes = {BatchSizes(seed=1, tiles=1, sides=(256,)).shape(number) for number in range(40)}
    assert {(256, 256), (192, 256), (256, 192), (128, 256), (256, 128)} == shapes


def test_print_comes_first_and_now_and_then_afterwards() -> None:
    sizes = BatchSizes(seed=1, tiles=3, sides=(128,), print_only=3)
    print_batches = [number for number in range(9) if sizes.is_print(number)]
    assert print_batches == [0, 1, 2, 4, 8]


def test_batches_come_in_order_from_where_a_run_was() -> None:
    with ThreadPoolExecutor(2) as drawing:
        drawn = list(islice(batches_from(1, SIZES, drawing, ahead=2), 2))
    for number, batch in enumerate(drawn, start=1):
        np.testing.assert_array_equal(batch.images, make_batch(SIZES, number).images)
