"""Reading without the language model: the glyphs of a tile or a page become words and lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch

from docvlm.models.vision_tower import PATCH
from docvlm.reading.order import Segment, arrange
from docvlm.types import Box, Line, Reading, ReadingSource, RgbImage, Word
from finetune.vision.glyph_targets import NOTHING, UNKNOWN, Glyphs, character_of
from finetune.vision.readers import GlyphReader

_SAME_ROW = 0.7
"""Of a glyph's height: how far middles on one row may be apart."""

_WORD_GAP, _LINE_GAP, _ROW_GAP = 1.8, 2.8, 6.0
"""Of a glyph's height, between middles: further apart are two words, two pieces of text, two rows."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character read on a picture; ``x``, ``y`` its middle and ``height``, in pixels from the top left.

    ``starts``: whether a word begins with it.
    """

    character: str
    x: float
    y: float
    height: float
    starts: bool


def printed(glyphs: Glyphs) -> list[Glyph]:
    """What is known of drawn glyphs as a reader without fault would give it."""
    return [
        Glyph(character, float(x0 + x1) / 2, float(y0 + y1) / 2, float(y1 - y0), bool(starts))
        for character, (x0, y0, x1, y1), starts in zip(
            glyphs.characters, glyphs.boxes, glyphs.starts, strict=True
        )
    ]


def printed_text(glyphs: Glyphs) -> str:
    """What drawn glyphs say, line by line, as a reader without fault would give it."""
    return text_of(lines_of(printed(glyphs)))


def text_of(lines: Sequence[Line]) -> str:
    return "\n".join(line.text for line in lines)


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
    for glyph in sorted(glyphs, key=lambda glyph: glyph.x):
        near = [row for row in rows if _goes_on(row[-1], glyph)]
        if near:
            distances = [abs(row[-1].y - glyph.y) for row in near]
            near[distances.index(min(distances))].append(glyph)
        else:
            rows.append([glyph])
    return rows


def _goes_on(last: Glyph, glyph: Glyph) -> bool:
    """Whether a row that ends with ``last`` may go on with ``glyph``."""
    level = abs(last.y - glyph.y) < _SAME_ROW * max(glyph.height, last.height)
    return level and glyph.x - last.x < _ROW_GAP * glyph.height


def _segments(row: Sequence[Glyph]) -> list[Segment]:
    """The words of a row, parted where one begins or a gap is wide, in pieces without a very wide gap."""
    pieces: list[list[list[Glyph]]] = []
    before: Glyph | None = None
    for glyph in row:
        gap = (glyph.x - before.x) / max(glyph.height, before.height) if before else np.inf
        if gap > _LINE_GAP:
            pieces.append([[glyph]])
        elif glyph.starts or gap > _WORD_GAP:
            pieces[-1].append([glyph])
        else:
            pieces[-1][-1].append(glyph)
        before = glyph
    return [Segment(tuple(_word(word) for word in words)) for words in pieces]


def _word(glyphs: Sequence[Glyph]) -> Word:
    boxes = [
        Box(
            glyph.x - 0.25 * glyph.height,
            glyph.y - 0.5 * glyph.height,
            glyph.x + 0.25 * glyph.height,
            glyph.y + 0.5 * glyph.height,
        )
        for glyph in glyphs
    ]
    return Word("".join(glyph.character for glyph in glyphs), Box.around(boxes))
