"""How many dots an inch a PDF page is drawn at. Integers only; no pixels are touched here."""

from __future__ import annotations

import math
from dataclasses import dataclass

DEFAULT_DPI = 200
"""For pages that tell neither a font size nor a scan resolution."""
LOWEST_TEXT_DPI = 150
HIGHEST_DPI = 300
LEGIBLE_EM_PIXELS = 16
"""Height of the em square, in pixels, below which small print is no longer read reliably."""
SMALL_PAGE_PIXELS = 640
"""Pages whose longer side would come out shorter than this are drawn finer."""
LONGEST_SIDE_PIXELS = 16_384


@dataclass(frozen=True, slots=True)
class RenderPlan:
    """The size of the drawn page in pixels and its resolution.

    ``limited_from`` is the resolution that was wanted, where the limits allowed only less.
    """

    dpi: int
    width: int
    height: int
    limited_from: int | None = None

    @property
    def points_per_pixel(self) -> float:
        return 72 / self.dpi


def plan_rendering(
    width_points: float,
    height_points: float,
    pixel_limit: int,
    *,
    dpi: int | None = None,
    smallest_font_points: float | None = None,
    scan_dpi: float | None = None,
) -> RenderPlan | None:
    """Choose the resolution of a page.

    Args:
        width_points, height_points: size of the displayed page in PDF points (1/72 inch).
        pixel_limit: the most pixels (width × height) the drawn page may have.
        dpi: what the user asked for; only the limits can lower it.
        smallest_font_points: the smallest common font size among the visible words.
        scan_dpi: resolution of the image that fills the page, where the page is a scan.

    Returns:
        The plan, or None where the page exceeds the limits even at 1 dpi.
    """
    wanted = dpi or _wanted_dpi(width_points, height_points, smallest_font_points, scan_dpi)
    allowed = _highest_allowed_dpi(width_points, height_points, pixel_limit)
    if allowed < 1:
        return None
    chosen = min(wanted, allowed)
    width, height = _pixel_size(width_points, height_points, chosen)
    return RenderPlan(chosen, width, height, wanted if chosen < wanted else None)


def smallest_common_font_size(sizes_and_characters: list[tuple[float, int]]) -> float | None:
    """The font size that no more than 5 % of the characters stay below; None without characters.

    Args:
        sizes_and_characters: font size in points and number of characters, one pair a word.
    """
    ordered = sorted(pair for pair in sizes_and_characters if pair[0] > 0)
    total = sum(characters for _, characters in ordered)
    seen = 0
    for size, characters in ordered:
        seen += characters
        if seen * 20 > total:
            return size
    return None


def _wanted_dpi(
    width_points: float, height_points: float, smallest_font_points: float | None, scan_dpi: float | None
) -> int:
    if smallest_font_points is None and scan_dpi is not None:
        # A scan holds no detail beyond its own resolution, however small the page is.
        return max(1, min(round(scan_dpi), HIGHEST_DPI))
    legible = DEFAULT_DPI
    if smallest_font_points is not None:
        small_print = math.ceil(LEGIBLE_EM_PIXELS * 72 / smallest_font_points)
        legible = max(LOWEST_TEXT_DPI, small_print, round(scan_dpi or 0))
    not_tiny = math.ceil(SMALL_PAGE_PIXELS * 72 / max(width_points, height_points))
    return min(max(legible, not_tiny), HIGHEST_DPI)


def _pixel_size(width_points: float, height_points: float, dpi: int) -> tuple[int, int]:
    return max(1, round(width_points * dpi / 72)), max(1, round(height_points * dpi / 72))


def _highest_allowed_dpi(width_points: float, height_points: float, pixel_limit: int) -> int:
    """The largest whole dpi that keeps within both limits; 0 where there is none."""
    by_area = math.sqrt(pixel_limit / (width_points * height_points)) * 72
    by_side = LONGEST_SIDE_PIXELS * 72 / max(width_points, height_points)
    dpi = math.floor(min(by_area, by_side, 1_000_000)) + 1
    while dpi >= 1:  # rounding to whole pixels can exceed the exact bound by one dot an inch or two
        width, height = _pixel_size(width_points, height_points, dpi)
        if width * height <= pixel_limit and max(width, height) <= LONGEST_SIDE_PIXELS:
            return dpi
        dpi -= 1
    return 0
