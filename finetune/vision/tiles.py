"""Drawn pages cut into tiles, with the place of every glyph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from docvlm.models.vision_tower import PATCH
from docvlm.types import RgbImage
from finetune.synthesis.drawing.pages import DrawnPage, draw_page
from finetune.vision.glyph_targets import Glyphs

GLYPH_HEIGHTS = (9.0, 20.0)
"""Pixels: how high letters are made, as pages are at the tile sizes of the budgets."""

_FEWEST_GLYPHS = 0.045
"""In a patch, on average over a tile; an emptier tile teaches little for its time."""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A cut-out of a page, RGB bytes, sides in multiples of the patch, and its glyphs."""

    image: RgbImage
    glyphs: Glyphs


def tiles_of(seed: int | str, side: int, count: int) -> Iterator[Tile]:
    """At most ``count`` tiles of ``side`` × ``side`` pixels out of the page of a seed, where text is."""
    rng = Random(f"tiles:{seed}")  # noqa: S311  (made-up documents, no secrets)
    page = draw_page(seed)
    image, glyphs = _scaled(page, rng)
    height, width = image.shape[:2]
    for _ in range(count):
        # The fuller of two places, so that little time goes into white paper.
        places = [
            (
                rng.randint(-side // 8, max(0, width - side + side // 8)),
                rng.randint(-side // 8, max(0, height - side + side // 8)),
            )
            for _ in range(2)
        ]
        insides = [_inside(glyphs, left, top, side) for left, top in places]
        fuller = max((0, 1), key=lambda which: len(insides[which].characters))
        if len(insides[fuller].characters) >= _FEWEST_GLYPHS * (side // PATCH) ** 2:
            yield Tile(_cut_out(image, *places[fuller], side), insides[fuller])


def page_glyphs(page: DrawnPage) -> Glyphs:
    """The glyphs of a page in the order of its reading."""
    words = page.document.reading.words
    characters = [character for word in words for character in word.text]
    starts = [place == 0 for word in words for place in range(len(word.text))]
    boxes = np.concatenate(page.glyphs) if page.glyphs else np.zeros((0, 4))
    return Glyphs(characters, boxes.astype(np.float32), np.array(starts, bool))


def _scaled(page: DrawnPage, rng: Random) -> tuple[RgbImage, Glyphs]:
    """The page at a size at which its letters have a height drawn from ``GLYPH_HEIGHTS``."""
    glyphs = page_glyphs(page)
    usual = float(np.median(glyphs.boxes[:, 3] - glyphs.boxes[:, 1]))
    factor = rng.uniform(*GLYPH_HEIGHTS) / max(usual, 1.0)
    height, width = page.image.shape[:2]
    # A page that is smaller than a tile afterwards would be mostly margin.
    size = max(4 * PATCH, round(width * factor)), max(4 * PATCH, round(height * factor))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    image: RgbImage = np.asarray(cv2.resize(page.image, size, interpolation=how), dtype=np.uint8)
    ratio = np.array([size[0] / width, size[1] / height] * 2, np.float32)
    return image, Glyphs(glyphs.characters, glyphs.boxes * ratio, glyphs.starts)


def _inside(glyphs: Glyphs, left: int, top: int, side: int) -> Glyphs:
    moved = glyphs.boxes - np.array([left, top, left, top], np.float32)
    kept = places_inside(moved, side)
    characters = [glyphs.characters[int(number)] for number in kept]
    return Glyphs(characters, moved[kept], glyphs.starts[kept])


def places_inside(boxes: NDArray[np.floating], side: int) -> NDArray[np.intp]:
    """Which boxes have their middles in a tile."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.flatnonzero(((middles >= 0) & (middles < side)).all(axis=1))


def _cut_out(image: RgbImage, left: int, top: int, side: int) -> RgbImage:
    """The tile; beyond the page's edge it is filled with the colour of the page's corner."""
    height, width = image.shape[:2]
    tile = np.empty((side, side, 3), np.uint8)
    tile[:] = image[0, 0]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    if x1 > x0 and y1 > y0:
        tile[y0 - top : y1 - top, x0 - left : x1 - left] = image[y0:y1, x0:x1]
    return tile
