"""The plan drawn on the page, for the browser and for ``python -m docvlm tiles``."""

from __future__ import annotations

import cv2
import numpy as np

from docvlm.tiling.plan import Tile, TileKind, TilePlan
from docvlm.types import RgbImage

_TILE_COLOUR = (37, 99, 235)
_PAGE_COLOUR = (234, 88, 12)
_LABEL_TEXT = (255, 255, 255)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_plan(image: RgbImage, plan: TilePlan) -> RgbImage:
    """A copy of the page with every view outlined and labelled.

    A tile's label is its row and column and its size in pixels as the model sees it; that of the
    whole page, at the bottom right, its own size.

    Raises:
        ValueError: when the image is not of the plan's size.
    """
    if image.shape[:2] != (plan.page_height, plan.page_width):
        raise ValueError(f"image of shape {image.shape} for a page of {plan.page_width}×{plan.page_height}")
    drawn = np.ascontiguousarray(image).copy()
    thickness = max(1, round(max(image.shape[:2]) / 1200))
    for tile in plan.tiles:
        _draw_outline(drawn, tile, thickness)
    for tile in plan.tiles:
        _draw_label(drawn, tile, thickness)
    return drawn


def _draw_outline(drawn: RgbImage, tile: Tile, thickness: int) -> None:
    x0, y0, x1, y1 = tile.source
    colour = _PAGE_COLOUR if tile.kind is TileKind.PAGE else _TILE_COLOUR
    cv2.rectangle(drawn, (x0, y0), (x1 - 1, y1 - 1), colour, thickness)


def _draw_label(drawn: RgbImage, tile: Tile, thickness: int) -> None:
    """A filled tag in the tile's top left corner, or in the page's bottom right one."""
    x0, y0, x1, y1 = tile.source
    is_page = tile.kind is TileKind.PAGE
    name = "page" if is_page else f"{tile.row}.{tile.column}"
    text = f"{name}  {tile.width}x{tile.height}"
    font_scale = 0.4 * thickness
    (text_width, text_height), baseline = cv2.getTextSize(text, _FONT, font_scale, thickness)
    margin = 3 * thickness
    tag_width, tag_height = text_width + 2 * margin, text_height + baseline + 2 * margin
    if tag_width > x1 - x0 or tag_height > y1 - y0:
        return
    left, top = (x1 - tag_width, y1 - tag_height) if is_page else (x0, y0)
    colour = _PAGE_COLOUR if is_page else _TILE_COLOUR
    cv2.rectangle(drawn, (left, top), (left + tag_width - 1, top + tag_height - 1), colour, cv2.FILLED)
    origin = (left + margin, top + margin + text_height)
    cv2.putText(drawn, text, origin, _FONT, font_scale, _LABEL_TEXT, thickness, cv2.LINE_AA)
