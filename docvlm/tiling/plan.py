"""Which views of a page the model sees, worked out in integers before any pixel is touched.

docvlm-mini's own strategy, "native": the page keeps its aspect ratio, is never upscaled, and is cut
into a grid of tiles of at most 512 px; a view of the whole page goes with them. Keeping the native
aspect ratio and splitting into sub-images follow "What matters when building vision-language
models?" (arXiv 2405.02246, sections 3.4 and 4.1) and NaViT (arXiv 2307.06304).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from docvlm.errors import UsageError

TILE_SIZE = 512
"""The longest side of a native tile in pixels."""

PATCH_SIZE = 16
"""The side of one patch of the native vision tower in pixels."""

TOKENS_PER_TILE = 64
"""Visual tokens of one native view: the latents of the perceiver resampler."""

MAX_TILES = 64
"""The largest budget that can be asked for."""

_NAMED_BUDGETS = {"fast": 2, "balanced": 6, "accurate": 12}

BUDGET_NAMES = tuple(_NAMED_BUDGETS)
"""The budgets that have a name, from the cheapest on."""

# A grid with fewer tiles is taken where it costs no more than this share of the scale: a page of
# 520 px becomes one tile of 512 px instead of four.
_SCALE_WORTH_KEEPING = Fraction(31, 32)

PixelBox = tuple[int, int, int, int]
"""``(x0, y0, x1, y1)`` in whole pixels, origin top left, x1 and y1 exclusive."""


class TileKind(StrEnum):
    """A part of the page, or the page as a whole."""

    TILE = "tile"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Tile:
    """One view of the page.

    ``row`` and ``column`` count from 1 in the grid of tiles and are 0 for the whole-page view.
    ``source`` is the part of the page seen, in pixels of the page; ``width`` and ``height`` are the
    view's own size in pixels, after resizing.
    """

    kind: TileKind
    row: int
    column: int
    source: PixelBox
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class TilePlan:
    """Every view of one page in the order in which the model gets them.

    ``tokens`` is what the page takes up in the prompt: its visual tokens and, for checkpoints that
    put markers around views, those markers.
    """

    strategy: str
    page_width: int
    page_height: int
    tiles: tuple[Tile, ...]
    tokens: int

    @property
    def grid(self) -> tuple[Tile, ...]:
        """The tiles in reading order; empty where the whole-page view stands alone."""
        return tuple(tile for tile in self.tiles if tile.kind is TileKind.TILE)

    @property
    def detail(self) -> tuple[Tile, ...]:
        """The views that show every pixel of the page exactly once, at the finest scale."""
        return self.grid or self.tiles

    @property
    def rows(self) -> int:
        return max(tile.row for tile in self.tiles)

    @property
    def columns(self) -> int:
        return max(tile.column for tile in self.tiles)

    @property
    def scale(self) -> float:
        """Pixels of the finest views per pixel of the page, along x."""
        first_row = [tile.width for tile in self.detail if tile.row <= 1]
        return sum(first_row) / self.page_width


@dataclass(frozen=True, slots=True)
class Budget:
    """How many tiles a page may be cut into; the whole-page view comes on top."""

    name: str
    tiles: int

    @staticmethod
    def parse(text: str | int) -> Budget:
        """``fast``, ``balanced``, ``accurate`` or a number of tiles.

        Raises:
            UsageError: for any other word, and for numbers outside 1 to ``MAX_TILES``.
        """
        name = str(text).strip().lower()
        if name in _NAMED_BUDGETS:
            return Budget(name, _NAMED_BUDGETS[name])
        if name.isascii() and name.isdecimal() and 1 <= int(name) <= MAX_TILES:
            return Budget(f"{int(name)} tiles", int(name))
        raise UsageError(
            f"'{text}' is not a tile budget.",
            f"Use {', '.join(_NAMED_BUDGETS)} or a number of tiles from 1 to {MAX_TILES}.",
        )


@dataclass(frozen=True, slots=True)
class CostProbe:
    """What one view and one prompt token cost on this machine, in seconds, as measured by an engine."""

    seconds_per_tile: float
    seconds_per_token: float
    fixed_seconds: float = 0.0


def plan_tiles(width: int, height: int, budget: Budget) -> TilePlan:
    """The native plan of a page of ``width`` × ``height`` pixels.

    The scale is the largest one up to 1 whose grid holds no more tiles than the budget; it is the
    same for both axes. Tiles of one grid are cut evenly in whole patches, so that no sliver takes
    up the tokens of a tile; the last row and column keep what is left. A page that fits into one
    tile gets the whole-page view alone.

    Raises:
        UsageError: when a side is below one pixel.
    """
    check_page_size(width, height)
    resized_width, resized_height = _largest_size(width, height, budget.tiles)
    columns = _even_edges(resized_width)
    rows = _even_edges(resized_height)
    page_view = whole_page(width, height, *_size_within(width, height, TILE_SIZE, TILE_SIZE))
    tiles: tuple[Tile, ...] = (page_view,)
    if len(columns) > 2 or len(rows) > 2:
        tiles = (*grid_tiles(width, height, columns, rows), page_view)
    return TilePlan(
        strategy="native",
        page_width=width,
        page_height=height,
        tiles=tiles,
        tokens=len(tiles) * TOKENS_PER_TILE,
    )


def expected_seconds(plan: TilePlan, probe: CostProbe, text_tokens: int = 0) -> float:
    """Seconds until the first token of an answer, before anything has run.

    ``text_tokens`` are those of the reader text and the question.
    """
    tokens = plan.tokens + text_tokens
    return probe.fixed_seconds + len(plan.tiles) * probe.seconds_per_tile + tokens * probe.seconds_per_token


def check_page_size(width: int, height: int) -> None:
    """Raises UsageError unless both sides are at least one pixel."""
    if width < 1 or height < 1:
        raise UsageError(f"A page of {width} × {height} pixels holds nothing.", "Give a page with pixels.")


def whole_page(page_width: int, page_height: int, width: int, height: int) -> Tile:
    """The whole-page view at ``width`` × ``height`` pixels."""
    return Tile(TileKind.PAGE, 0, 0, (0, 0, page_width, page_height), width, height)


def grid_tiles(page_width: int, page_height: int, columns: list[int], rows: list[int]) -> tuple[Tile, ...]:
    """The cells of a grid laid over the resized page, in reading order.

    ``columns`` and ``rows`` are the cell edges in pixels of the resized page, from 0 to its size. The
    source of a cell is rounded to whole page pixels, the same way for both neighbours of an edge, so
    the sources tile the page without gap or overlap.
    """
    source_columns = [_rounded(edge * page_width, columns[-1]) for edge in columns]
    source_rows = [_rounded(edge * page_height, rows[-1]) for edge in rows]
    return tuple(
        Tile(
            TileKind.TILE,
            row + 1,
            column + 1,
            (source_columns[column], source_rows[row], source_columns[column + 1], source_rows[row + 1]),
            columns[column + 1] - columns[column],
            rows[row + 1] - rows[row],
        )
        for row in range(len(rows) - 1)
        for column in range(len(columns) - 1)
    )


def _largest_size(width: int, height: int, tiles: int) -> tuple[int, int]:
    """The size to which the page is resized: the largest that fits, give or take wasted tiles."""
    candidates = []
    for rows in range(1, tiles + 1):
        for columns in range(1, tiles // rows + 1):
            scale = min(Fraction(1), Fraction(columns * TILE_SIZE, width), Fraction(rows * TILE_SIZE, height))
            candidates.append((rows * columns, -scale, rows, columns))
    best_scale = max(-candidate[1] for candidate in candidates)
    worth_it = [candidate for candidate in candidates if -candidate[1] >= best_scale * _SCALE_WORTH_KEEPING]
    _, _, rows, columns = min(worth_it)
    return _size_within(width, height, columns * TILE_SIZE, rows * TILE_SIZE)


def _size_within(width: int, height: int, max_width: int, max_height: int) -> tuple[int, int]:
    """``width`` × ``height``, scaled down with one factor to fit ``max_width`` × ``max_height``."""
    if width <= max_width and height <= max_height:
        return width, height
    if width * max_height >= height * max_width:
        return max_width, max(1, _rounded(height * max_width, width))
    return max(1, _rounded(width * max_height, height)), max_height


def _even_edges(length: int) -> list[int]:
    """Edges of equal cells of at most ``TILE_SIZE`` in whole patches, from 0 to ``length``."""
    cells = -(-length // TILE_SIZE)
    patches = -(-length // (cells * PATCH_SIZE))
    return [*range(0, length, patches * PATCH_SIZE), length]


def _rounded(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` to the nearest integer, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)
