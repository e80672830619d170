"""Glyphs with their places become words and lines, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from docvlm.reading.order import Segment, arrange
from docvlm.types import Box, Line, Word
from finetune.vision.glyph_targets import Glyphs

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


def lines_of(glyphs: Sequence[Glyph]) -> tuple[Line, ...]:
    """Lines of words in reading order."""
    return arrange([segment for row in _rows(glyphs) for segment in _segments(row)])


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
