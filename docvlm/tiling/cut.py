"""From a plan to pixels: the page is resized once, the tiles are slices of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from docvlm.tiling.plan import PATCH_SIZE, TileKind, TilePlan
from docvlm.types import RgbImage

PADDING = 255
"""Pixels beyond a view are white, like paper, where they share a patch with the page."""


@dataclass(frozen=True, slots=True, eq=False)
class TileBatch:
    """The views of one page, padded to one size.

    ``pixels`` has the shape (tiles, height, width, 3), uint8, both sides whole patches;
    ``patch_mask`` the shape (tiles, patches high, patches wide), True where a patch shows at least
    one pixel of the page.
    """

    plan: TilePlan
    pixels: npt.NDArray[np.uint8]
    patch_mask: npt.NDArray[np.bool_]


def native_views(image: RgbImage, plan: TilePlan) -> tuple[RgbImage, ...]:
    """The pixels of each view of a native plan, without the padding of ``cut_tiles``."""
    batch = cut_tiles(image, plan)
    return tuple(
        pixels[: tile.height, : tile.width] for pixels, tile in zip(batch.pixels, plan.tiles, strict=True)
    )


def cut_tiles(image: RgbImage, plan: TilePlan) -> TileBatch:
    """The pixels of a native plan (``plan_tiles``) for the page it was made for.

    Raises:
        ValueError: when the image is not of the plan's size, or the plan is a checkpoint's own.
    """
    if plan.strategy != "native":
        raise ValueError(f"a plan of strategy {plan.strategy} is cut by its own contract")
    if image.shape != (plan.page_height, plan.page_width, 3):
        raise ValueError(f"image of shape {image.shape} for a page of {plan.page_width}×{plan.page_height}")
    resized = _resized_page(image, plan)
    views = _views(resized, plan)
    patches_high = [-(-tile.height // PATCH_SIZE) for tile in plan.tiles]
    patches_wide = [-(-tile.width // PATCH_SIZE) for tile in plan.tiles]
    shape = (len(views), max(patches_high), max(patches_wide))
    pixels = np.full((shape[0], shape[1] * PATCH_SIZE, shape[2] * PATCH_SIZE, 3), PADDING, dtype=np.uint8)
    patch_mask = np.zeros(shape, dtype=np.bool_)
    for index, view in enumerate(views):
        pixels[index, : view.shape[0], : view.shape[1]] = view
        patch_mask[index, : patches_high[index], : patches_wide[index]] = True
    return TileBatch(plan, pixels, patch_mask)


def _resized_page(image: RgbImage, plan: TilePlan) -> RgbImage:
    """The page at the scale of the tiles; INTER_AREA averages, so thin strokes do not break up."""
    width = sum(tile.width for tile in plan.detail if tile.row <= 1)
    height = sum(tile.height for tile in plan.detail if tile.column <= 1)
    return _resized(image, width, height)


def _views(resized: RgbImage, plan: TilePlan) -> list[RgbImage]:
    views = []
    left = top = 0
    for tile in plan.tiles:
        if tile.kind is TileKind.PAGE:
            views.append(_resized(resized, tile.width, tile.height))
            continue
        views.append(resized[top : top + tile.height, left : left + tile.width])
        left += tile.width
        if left == resized.shape[1]:
            left, top = 0, top + tile.height
    return views


def _resized(image: RgbImage, width: int, height: int) -> RgbImage:
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
