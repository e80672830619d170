"""Idefics2 (arXiv 2405.02246): four quadrants, then the whole page; split before resizing."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image

from docvlm.errors import UsageError
from docvlm.tiling.contracts.base import Normalisation, PageTensors, Resize, padded_views, pillow_resize
from docvlm.tiling.plan import Tile, TileKind, TilePlan, check_page_size, grid_tiles, whole_page
from docvlm.types import RgbImage


@dataclass(frozen=True, slots=True)
class Idefics2Contract:
    """Four quadrants, then the whole page, each resized on its own; or the whole page alone."""

    shortest_edge: int = 378
    longest_edge: int = 980
    split: bool = True
    tokens_per_view: int = 64
    resampling: Image.Resampling = Image.Resampling.BILINEAR
    normalisation: Normalisation = field(default_factory=Normalisation)

    def plan(self, width: int, height: int) -> TilePlan:
        check_page_size(width, height)
        tiles: tuple[Tile, ...] = (whole_page(width, height, *self._resized(width, height)),)
        if self.split:
            tiles = (*self._quadrants(width, height), *tiles)
        # <fake> and the view's tokens for each view, and one closing <fake>
        tokens = len(tiles) * (self.tokens_per_view + 1) + 1
        return TilePlan("idefics2", width, height, tiles, tokens)

    def views(self, image: RgbImage, plan: TilePlan, resize: Resize = pillow_resize) -> list[RgbImage]:
        views = []
        for tile in plan.tiles:
            x0, y0, x1, y1 = tile.source
            views.append(resize(image[y0:y1, x0:x1], tile.width, tile.height, self.resampling))
        return views

    def tensors(self, image: RgbImage, plan: TilePlan, resize: Resize = pillow_resize) -> PageTensors:
        return padded_views(self.views(image, plan, resize), self.normalisation)

    def prompt(self, plan: TilePlan) -> str:
        view = "<fake_token_around_image>" + "<image>" * self.tokens_per_view
        return view * len(plan.tiles) + "<fake_token_around_image>"

    def _quadrants(self, width: int, height: int) -> tuple[Tile, ...]:
        if width < 2 or height < 2:
            raise UsageError(
                f"A page of {width} × {height} pixels cannot be cut into quadrants.", "Give a larger page."
            )
        quadrants = grid_tiles(width, height, [0, width // 2, width], [0, height // 2, height])
        return tuple(
            Tile(TileKind.TILE, tile.row, tile.column, tile.source, *self._resized(tile.width, tile.height))
            for tile in quadrants
        )

    def _resized(self, width: int, height: int) -> tuple[int, int]:
        aspect_ratio = width / height
        if width >= height and width > self.longest_edge:
            width = self.longest_edge
            height = int(width / aspect_ratio)
        elif height > width and height > self.longest_edge:
            height = self.longest_edge
            width = int(height * aspect_ratio)
        return max(width, self.shortest_edge), max(height, self.shortest_edge)
