"""From a page to the views a model sees: a plan in integers first, then pixels."""

from docvlm.tiling.boxes import page_box_to_tile, tile_box_to_page, tiles_showing
from docvlm.tiling.cut import TileBatch, cut_tiles, native_views
from docvlm.tiling.draw import draw_plan
from docvlm.tiling.plan import (
    BUDGET_NAMES,
    Budget,
    CostProbe,
    Tile,
    TileKind,
    TilePlan,
    expected_seconds,
    plan_tiles,
)

__all__ = [
    "BUDGET_NAMES",
    "Budget",
    "CostProbe",
    "Tile",
    "TileBatch",
    "TileKind",
    "TilePlan",
    "cut_tiles",
    "draw_plan",
    "expected_seconds",
    "native_views",
    "page_box_to_tile",
    "plan_tiles",
    "tile_box_to_page",
    "tiles_showing",
]
