"""Where a box of a view stands on the page, and the other way round."""

from __future__ import annotations

from docvlm.tiling.plan import Tile, TilePlan
from docvlm.types import Box


def tile_box_to_page(tile: Tile, box: Box) -> Box:
    """A box in pixels of the view, as a box in pixels of the page."""
    x0, y0, x1, y1 = tile.source
    wide, high = x1 - x0, y1 - y0
    # multiplied before divided, so that edges of the view land exactly on edges of its source
    return Box(
        x0 + box.x0 * wide / tile.width,
        y0 + box.y0 * high / tile.height,
        x0 + box.x1 * wide / tile.width,
        y0 + box.y1 * high / tile.height,
    )


def page_box_to_tile(tile: Tile, box: Box) -> Box | None:
    """The part of a page box that the view shows, in pixels of the view; None where it shows none."""
    x0, y0, x1, y1 = tile.source
    shown = box.intersection(Box(x0, y0, x1, y1))
    if shown is None:
        return None
    wide, high = x1 - x0, y1 - y0
    return Box(
        (shown.x0 - x0) * tile.width / wide,
        (shown.y0 - y0) * tile.height / high,
        (shown.x1 - x0) * tile.width / wide,
        (shown.y1 - y0) * tile.height / high,
    )


def tiles_showing(plan: TilePlan, box: Box) -> tuple[Tile, ...]:
    """The finest views in which some of a page box is to be seen, in reading order."""
    return tuple(tile for tile in plan.detail if page_box_to_tile(tile, box) is not None)
