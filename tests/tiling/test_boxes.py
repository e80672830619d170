from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from docvlm.tiling.boxes import page_box_to_tile, tile_box_to_page, tiles_showing
from docvlm.tiling.contracts import Idefics2Contract, Idefics3Contract
from docvlm.tiling.plan import Budget, TilePlan, plan_tiles
from docvlm.types import Box

sides = st.integers(2, 5000)
shares = st.floats(0, 1)


def plans(width: int, height: int) -> list[TilePlan]:
    native = [plan_tiles(width, height, Budget.parse(tiles)) for tiles in (1, 6, 20)]
    return [*native, Idefics2Contract().plan(width, height), Idefics3Contract().plan(width, height)]


@given(sides, sides)
def test_a_whole_view_is_its_source_exactly(width: int, height: int) -> None:
    for plan in plans(width, height):
        for tile in plan.tiles:
            if 0 in (tile.source[2] - tile.source[0], tile.source[3] - tile.source[1]):
                continue  # upscaled so far that no whole page pixel is left for this view
            assert tile_box_to_page(tile, Box(0, 0, tile.width, tile.height)) == Box(*tile.source)


@given(sides, sides, shares, shares, shares, shares)
def test_page_boxes_come_back(width: int, height: int, a: float, b: float, c: float, d: float) -> None:
    box = Box(min(a, b) * width, min(c, d) * height, max(a, b) * width, max(c, d) * height)
    assume(box.width > 0.01 and box.height > 0.01)
    for plan in plans(width, height):
        parts = []
        for tile in tiles_showing(plan, box):
            seen = page_box_to_tile(tile, box)
            assert seen is not None
            assert Box(0, 0, tile.width, tile.height).contains(seen, slack=1e-6)
            parts.append(tile_box_to_page(tile, seen))
        whole = Box.around(parts)
        assert whole.as_list(4) == pytest.approx(box.as_list(4), abs=1e-3)
        assert sum(part.area for part in parts) == pytest.approx(box.area, rel=1e-6)


def test_a_box_outside_a_view_is_not_in_it() -> None:
    plan = plan_tiles(1000, 600, Budget.parse("balanced"))
    assert page_box_to_tile(plan.grid[0], Box(600, 400, 700, 500)) is None
    assert [(tile.row, tile.column) for tile in tiles_showing(plan, Box(600, 400, 700, 500))] == [(2, 2)]
