"""Reading a tile or a page by the tower alone: glyphs with places become words and lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import torch

from docvlm.reading.order import Segment, arrange
from docvlm.types import Box, Line, Reading, ReadingSource, RgbImage, Word
from finetune.vision.glyph_head import GlyphHead
from finetune.vision.glyph_targets import NOTHING, UNKNOWN, character_of
from finetune.vision.tower import PATCH, VisionTower, pixels_of

_SAME_ROW = 0.7
"""Of a glyph's height: how far middles on one row may be apart."""

_WORD_GAP, _LINE_GAP = 1.8, 2.8
"""Of a glyph's height, between middles: further apart are two words, two pieces of text."""

Glyph = tuple[str, float, float, float, bool]
"""A character, the x and y of its middle, its height (pixels), whether a word begins with it."""


@torch.inference_mode()
def read_tile(tower: VisionTower, head: GlyphHead, image: RgbImage) -> list[Glyph]:
    """The glyphs of a tile (sides in multiples of 16 pixels), in no order; places from its top left."""
    rows, columns = image.shape[0] // PATCH, image.shape[1] // PATCH
    states = tower(
        pixels_of(torch.from_numpy(image)[None]), torch.ones(1, rows, columns, dtype=torch.bool)
    ).last_hidden_state
    said = head(states)
    classes = said.classes[0].argmax(dim=-1).numpy()
    places, starts = said.places[0].float().numpy(), said.starts[0].float().numpy()
    glyphs: list[Glyph] = []
    for patch, slot in np.argwhere((classes != NOTHING) & (classes != UNKNOWN)):
        row, column = divmod(int(patch), columns)
        x, y = places[patch, slot, :2].clip(0, 1)
        height = places[patch, slot, 2].clip(0.2, 4)
        glyphs.append(
            (
                character_of(int(classes[patch, slot])),
                (column + float(x)) * PATCH,
                (row + float(y)) * PATCH,
                float(height) * PATCH,
                bool(starts[patch, slot] > 0),
            )
        )
    return glyphs


def read_page(tower: VisionTower, head: GlyphHead, image: RgbImage, side: int, scale: float = 1.0) -> Reading:
    """A page read tile by tile at ``scale`` times its size; boxes in pixels of ``image``.

    A glyph belongs to the tile that its middle lies in; tiles overlap by a patch on each side, so that no
    glyph is seen cut in two only.
    """
    height, width = image.shape[:2]
    size = max(PATCH, round(width * scale)), max(PATCH, round(height * scale))
    scaled = image if scale == 1.0 else np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    found: list[Glyph] = []
    for left, top, tile in _tiles(scaled, side):
        for character, x, y, tall, starts in read_tile(tower, head, tile):
            inside = PATCH <= x < side - PATCH and PATCH <= y < side - PATCH
            if inside and x + left < scaled.shape[1] and y + top < scaled.shape[0]:
                found.append((character, (x + left) / scale, (y + top) / scale, tall / scale, starts))
    return Reading(1, ReadingSource.OCR, width, height, lines_of(found))


def lines_of(glyphs: Sequence[Glyph]) -> tuple[Line, ...]:
    """Lines of words in reading order."""
    return arrange([segment for row in _rows(glyphs) for segment in _segments(row)])


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


def _rows(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Glyphs whose middles share a height with their left neighbour, each row from left to right."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: glyph[1]):
        _, x, y, tall, _ = glyph
        near = [
            row
            for row in rows
            if abs(row[-1][2] - y) < _SAME_ROW * max(tall, row[-1][3]) and x - row[-1][1] < 6 * tall
        ]
        if near:
            min(near, key=lambda row: abs(row[-1][2] - y)).append(glyph)
        else:
            rows.append([glyph])
    return rows


def _segments(row: Sequence[Glyph]) -> list[Segment]:
    """The words of a row, parted where one begins or a gap is wide, in pieces without a very wide gap."""
    pieces: list[list[list[Glyph]]] = []
    before: Glyph | None = None
    for glyph in row:
        gap = (glyph[1] - before[1]) / max(glyph[3], before[3]) if before else np.inf
        if gap > _LINE_GAP:
            pieces.append([[glyph]])
        elif glyph[4] or gap > _WORD_GAP:
            pieces[-1].append([glyph])
        else:
            pieces[-1][-1].append(glyph)
        before = glyph
    return [Segment(tuple(_word(word) for word in words)) for words in pieces]


def _word(glyphs: Sequence[Glyph]) -> Word:
    boxes = [
        Box(x - 0.25 * tall, y - 0.5 * tall, x + 0.25 * tall, y + 0.5 * tall) for _, x, y, tall, _ in glyphs
    ]
    return Word("".join(glyph[0] for glyph in glyphs), Box.around(boxes))
