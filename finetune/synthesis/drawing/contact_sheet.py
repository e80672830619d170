"""Many pages on one picture, to look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from docvlm.types import RgbImage

_GROUND = (88, 90, 96)
_GAP = 8


def contact_sheet(images: Sequence[RgbImage], columns: int = 6, width: int = 320) -> Image.Image:
    """The pages in rows from the top left, each as wide as a column and at most half as high again."""
    thumbs = [_thumb(image, width) for image in images]
    rows = [thumbs[start : start + columns] for start in range(0, len(thumbs), columns)]
    heights = [max(thumb.height for thumb in row) + _GAP for row in rows]
    sheet = Image.new("RGB", (columns * (width + _GAP) + _GAP, sum(heights) + _GAP), _GROUND)
    top = _GAP
    for row, height in zip(rows, heights, strict=True):
        for place, thumb in enumerate(row):
            sheet.paste(thumb, (_GAP + place * (width + _GAP), top))
        top += height
    return sheet


def thumbnail(image: RgbImage, width: int = 320) -> RgbImage:
    """A page as small as it is on the sheet, so that the whole pages need not be kept."""
    return np.array(_thumb(image, width))


def _thumb(image: RgbImage, width: int) -> Image.Image:
    thumb = Image.fromarray(image)
    thumb.thumbnail((width, round(width * 1.5)), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return thumb
