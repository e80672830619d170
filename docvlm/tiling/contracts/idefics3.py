"""Idefics3 and SmolVLM (arXiv 2408.12637, 2504.05299): a grid over the resized page, then the whole page."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from PIL import Image

from docvlm.tiling.contracts.base import Normalisation, PageTensors, Resize, padded_views, pillow_resize
from docvlm.tiling.plan import Tile, TilePlan, check_page_size, grid_tiles, whole_page
from docvlm.types import RgbImage

_LARGEST_SIDE = 4096


@dataclass(frozen=True, slots=True)
class Idefics3Contract:
    """A grid of square tiles over the resized page, then the whole page squashed into one tile.

    ``blank_line_tokens`` is how many tokens the checkpoint's tokenizer makes of two line breaks.
    """

    longest_edge: int = 4 * 364
    tile_size: int = 364
    split: bool = True
    tokens_per_view: int = 169
    blank_line_tokens: int = 1
    resampling: Image.Resampling = Image.Resampling.LANCZOS
    normalisation: Normalisation = field(default_factory=Normalisation)

    def plan(self, width: int, height: int) -> TilePlan:
        check_page_size(width, height)
        page_view = whole_page(width, height, self.tile_size, self.tile_size)
        # <fake> and <global-img> before the view's tokens, <fake> after them
        tokens = self.tokens_per_view + 3
        grid: tuple[Tile, ...] = ()
        grid_width, grid_height = self._grid_size(*self._first_size(width, height))
        if self.split and max(grid_width, grid_height) > self.tile_size:
            columns = list(range(0, grid_width + 1, self.tile_size))
            rows = list(range(0, grid_height + 1, self.tile_size))
            grid = grid_tiles(width, height, columns, rows)
            # <fake> and <row_r_col_c> before each tile, a line break after each row; the last one
            # runs together with the line break before the page view
            tokens += len(grid) * (self.tokens_per_view + 2) + len(rows) - 1 + self.blank_line_tokens - 1
        return TilePlan("idefics3", width, height, (*grid, page_view), tokens)

    def views(self, image: RgbImage, plan: TilePlan, resize: Resize = pillow_resize) -> list[RgbImage]:
        first_size = self._first_size(plan.page_width, plan.page_height)
        page = resize(image, *first_size, self.resampling)
        if self.split:
            page = resize(page, *self._grid_size(*first_size), self.resampling)
        views = []
        for tile in plan.grid:
            left, top = (tile.column - 1) * self.tile_size, (tile.row - 1) * self.tile_size
            views.append(page[top : top + self.tile_size, left : left + self.tile_size])
        views.append(resize(page, self.tile_size, self.tile_size, self.resampling))
        return views

    def tensors(self, image: RgbImage, plan: TilePlan, resize: Resize = pillow_resize) -> PageTensors:
        return padded_views(self.views(image, plan, resize), self.normalisation)

    def prompt(self, plan: TilePlan) -> str:
        around, view = "<fake_token_around_image>", "<image>" * self.tokens_per_view
        text = ""
        for tile in plan.grid:
            text += f"{around}<row_{tile.row}_col_{tile.column}>{view}"
            text += "\n" if tile.column == plan.columns else ""
        text += "\n" if plan.grid else ""
        return f"{text}{around}<global-img>{view}{around}"

    def _first_size(self, width: int, height: int) -> tuple[int, int]:
        """The page scaled, up or down, to the longest edge; the other side made even."""
        aspect_ratio = width / height
        if width >= height:
            width = self.longest_edge
            height = _even(int(width / aspect_ratio))
        else:
            height = self.longest_edge
            width = _even(int(height * aspect_ratio))
        width, height = max(width, 1), max(height, 1)
        aspect_ratio = width / height
        if width >= height and width > _LARGEST_SIDE:
            width, height = _LARGEST_SIDE, int(_LARGEST_SIDE / aspect_ratio)
        elif height > width and height > _LARGEST_SIDE:
            width, height = int(_LARGEST_SIDE * aspect_ratio), _LARGEST_SIDE
        return max(width, 1), max(height, 1)

    def _grid_size(self, width: int, height: int) -> tuple[int, int]:
        """Both sides stretched to whole tiles."""
        aspect_ratio = width / height
        if width >= height:
            width = self._whole_tiles(width)
            height = self._whole_tiles(int(width / aspect_ratio))
        else:
            height = self._whole_tiles(height)
            width = self._whole_tiles(int(height * aspect_ratio))
        return width, height

    def _whole_tiles(self, length: int) -> int:
        return math.ceil(length / self.tile_size) * self.tile_size


def _even(length: int) -> int:
    return length + length % 2
