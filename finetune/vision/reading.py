"""Reading without the language model: the glyphs that a reader sees on a tile or a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import torch

from docvlm.models.vision_tower import PATCH
from docvlm.types import Reading, ReadingSource, RgbImage
from finetune.vision.glyph_targets import NOTHING, UNKNOWN, character_of
from finetune.vision.lines import Glyph, lines_of
from finetune.vision.readers import GlyphReader


@torch.inference_mode()
def read_tile(reader: GlyphReader, image: RgbImage) -> list[Glyph]:
    """The glyphs of a tile (sides in multiples of 16 pixels), in no order; places from its top left."""
    columns = image.shape[1] // PATCH
    said = reader(torch.from_numpy(image)[None])
    classes = said.classes[0].argmax(dim=-1).numpy()
    places, starts = said.places[0].float().numpy(), said.starts[0].float().numpy()
    glyphs: list[Glyph] = []
    for patch, slot in np.argwhere((classes != NOTHING) & (classes != UNKNOWN)):
        row, column = divmod(int(patch), columns)
        x, y = places[patch, slot, :2].clip(0, 1)
        height = places[patch, slot, 2].clip(0.2, 4)
        glyphs.append(
            Glyph(
                character_of(int(classes[patch, slot])),
                (column + float(x)) * PATCH,
                (row + float(y)) * PATCH,
                float(height) * PATCH,
                bool(starts[patch, slot] > 0),
            )
        )
    return glyphs


def read_page(reader: GlyphReader, image: RgbImage, side: int, scale: float = 1.0) -> Reading:
    """A page read tile by tile at ``scale`` times its size; boxes in pixels of ``image``.

    A glyph belongs to the tile that its middle lies in; tiles overlap by a patch on each side, so that no
    glyph is seen cut in two only.
    """
    height, width = image.shape[:2]
    size = max(PATCH, round(width * scale)), max(PATCH, round(height * scale))
    scaled = image if scale == 1.0 else np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    found: list[Glyph] = []
    for left, top, tile in _tiles(scaled, side):
        for glyph in read_tile(reader, tile):
            inside = PATCH <= glyph.x < side - PATCH and PATCH <= glyph.y < side - PATCH
            x, y = glyph.x + left, glyph.y + top
            if inside and x < scaled.shape[1] and y < scaled.shape[0]:
                found.append(replace(glyph, x=x / scale, y=y / scale, height=glyph.height / scale))
    return Reading(1, ReadingSource.OCR, width, height, lines_of(found))


def _tiles(image: RgbImage, side: int) -> Iterator[tuple[int, int, RgbImage]]:
    """Tiles that step by their inner part, with the place of their top left on the page."""
    height, width = image.shape[:2]
    step = side - 2 * PATCH
    padded = np.full((height + 2 * side, width + 2 * side, 3), image[0, 0], np.uint8)
    padded[PATCH : PATCH + height, PATCH : PATCH + width] = image
    for top in range(0, height, step):
        for left in range(0, width, step):
            yield (
                left - PATCH,
                top - PATCH,
                np.ascontiguousarray(padded[top : top + side, left : left + side]),
            )
