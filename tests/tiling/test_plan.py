from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docvlm.errors import UsageError
from docvlm.tiling.plan import (
    MAX_TILES,
    PATCH_SIZE,
    TILE_SIZE,
    TOKENS_PER_TILE,
    Budget,
    CostProbe,
    TileKind,
    TilePlan,
    expected_seconds,
    plan_tiles,
)

sides = st.integers(1, 4000)
budgets = st.integers(1, MAX_TILES).map(Budget.parse)


def coverage(plan: TilePlan) -> np.ndarray:
    counts = np.zeros((plan.page_height, plan.page_width), dtype=np.uint8)
    for tile in plan.detail:
        x0, y0, x1, y1 = tile.source
        counts[y0:y1, x0:x1] += 1
    return counts


@settings(max_examples=60, deadline=None)
@given(sides, sides, budgets)
def test_every_page_pixel_is_seen_exactly_once(width: int, height: int, budget: Budget) -> None:
    assert (coverage(plan_tiles(width, height, budget)) == 1).all()


@given(sides, sides, budgets)
def test_the_plan_keeps_its_promises(width: int, height: int, budget: Budget) -> None:
    plan = plan_tiles(width, height, budget)
    assert len(plan.grid) <= budget.tiles
    assert plan.tokens == len(plan.tiles) * TOKENS_PER_TILE
    assert plan.scale <= 1
    assert plan.tiles[-1].kind is TileKind.PAGE
    for tile in plan.tiles:
        assert 1 <= tile.width <= TILE_SIZE
        assert 1 <= tile.height <= TILE_SIZE


@given(sides, sides, budgets)
def test_one_scale_for_both_axes(width: int, height: int, budget: Budget) -> None:
    plan = plan_tiles(width, height, budget)
    across = sum(tile.width for tile in plan.detail if tile.row <= 1)
    down = sum(tile.height for tile in plan.detail if tile.column <= 1)
    # one side is exact, the other rounded to the nearest pixel: half a pixel, cross-multiplied
    assert 2 * abs(across * height - down * width) <= max(width, height) or min(across, down) == 1


@given(sides, sides, budgets)
def test_only_the_last_row_and_column_are_ragged(width: int, height: int, budget: Budget) -> None:
    plan = plan_tiles(width, height, budget)
    for tile in plan.grid:
        if tile.column < plan.columns:
            assert tile.width % PATCH_SIZE == 0
        if tile.row < plan.rows:
            assert tile.height % PATCH_SIZE == 0


@given(sides, sides)
def test_a_larger_budget_never_shows_less(width: int, height: int) -> None:
    scales = [plan_tiles(width, height, Budget.parse(tiles)).scale for tiles in (1, 2, 4, 8, 16)]
    # a grid that wastes tiles is given up for up to 1/32 of the scale
    for smaller, larger in pairwise(scales):
        assert larger >= smaller * 31 / 32


def test_a_small_page_is_one_view_at_full_size() -> None:
    plan = plan_tiles(300, 200, Budget.parse("balanced"))
    assert [(tile.kind, tile.width, tile.height) for tile in plan.tiles] == [(TileKind.PAGE, 300, 200)]


def test_a_page_slightly_over_one_tile_does_not_cost_four() -> None:
    assert plan_tiles(520, 520, Budget.parse("accurate")).tokens == TOKENS_PER_TILE


def test_a_page_that_fits_is_not_scaled_and_cut_evenly() -> None:
    plan = plan_tiles(1000, 600, Budget.parse("balanced"))
    assert plan.scale == 1
    assert [(tile.width, tile.height) for tile in plan.grid] == [
        (512, 304),
        (488, 304),
        (512, 296),
        (488, 296),
    ]
    assert [tile.source for tile in plan.grid][-1] == (512, 304, 1000, 600)


def test_a4_at_200_dpi() -> None:
    shapes = {}
    for name in ("fast", "balanced", "accurate", "20"):
        plan = plan_tiles(1654, 2339, Budget.parse(name))
        shapes[name] = (plan.rows, plan.columns, round(plan.scale, 2))
    assert shapes == {
        "fast": (2, 1, 0.31),
        "balanced": (3, 2, 0.62),
        "accurate": (4, 3, 0.88),
        "20": (5, 4, 1.0),
    }


@pytest.mark.parametrize(
    ("text", "tiles"), [("balanced", 6), (" Fast ", 2), ("6", 6), (9, 9), ("accurate", 12)]
)
def test_budgets(text: str | int, tiles: int) -> None:
    assert Budget.parse(text).tiles == tiles


@pytest.mark.parametrize("text", ["", "best", "0", "-3", "1.5", str(MAX_TILES + 1), "²"])
def test_other_budgets_are_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(UsageError, match="balanced"):
        Budget.parse(text)


def test_a_page_without_pixels_is_refused() -> None:
    with pytest.raises(UsageError):
        plan_tiles(0, 100, Budget.parse("fast"))


def test_expected_seconds_count_views_tokens_and_text() -> None:
    plan = plan_tiles(1000, 600, Budget.parse("balanced"))
    probe = CostProbe(seconds_per_tile=0.1, seconds_per_token=0.001, fixed_seconds=0.05)
    assert expected_seconds(plan, probe, text_tokens=100) == pytest.approx(0.05 + 5 * 0.1 + 420 * 0.001)
