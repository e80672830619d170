"""Tiles full of print: what a tower learns its letters from before it is shown pages.

A tile of a page holds few glyphs, under shadows and folds; a sample of print holds three times as many, in
plain lines. Its words are made up, so that every character of the alphabet comes often.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np

from docvlm.types import RgbImage
from finetune.synthesis.drawing.effects import blur, contrast, jpeg, noise
from finetune.synthesis.drawing.fonts import Face, families, supported_signs, width_of
from finetune.synthesis.drawing.paint import paint
from finetune.synthesis.drawing.sheet import Sheet, Text
from finetune.vision.glyph_targets import ALPHABET, Glyphs
from finetune.vision.tiles import Tile, places_inside

_EM_SIZES = (13, 28)
"""Pixels: what gives letters about as high as those of tiles of pages."""

_FREQUENT, _DIGITS = "eeeeaaaiiinnnrrrsssttttooollluudddcccmmpphgbfvywkjxqz", "0123456789"
_LONGEST_WORD = 11
_KINDS = {"small": 8, "capitalised": 3, "capitals": 3, "number": 4, "any": 3}
_LINE_SPACING = (1.1, 1.7)
_MARGIN = 40
"""Pixels around a tile that are printed, too, and cut off: glyphs are cut by its edges."""

_WIDE_GAP_SHARE, _EMPTY_LINE_SHARE = 0.12, 0.08


def print_sample(seed: int | str, side: int) -> Tile:
    """The sample of a seed, ``side`` × ``side`` pixels."""
    rng = Random(f"print:{seed}")  # noqa: S311  (made-up print, no secrets)
    texts = tuple(_lines(side + 2 * _MARGIN, rng))
    picture = paint(Sheet(side + 2 * _MARGIN, side + 2 * _MARGIN, _paper(rng), texts))
    boxes = (picture.glyphs - _MARGIN).astype(np.float32)
    characters = [character for text in texts for character in text.text]
    starts = [place == 0 for text in texts for place in range(len(text.text))]
    inside = places_inside(boxes, side)
    glyphs = Glyphs(
        [characters[number] for number in inside],
        boxes[inside],
        np.array(starts, bool)[inside],
    )
    image = np.ascontiguousarray(picture.image[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN])
    return Tile(_taken(image, rng), glyphs)


def _lines(side: int, rng: Random) -> Iterator[Text]:
    """Words line by line, beyond the edges; a face and a size for a few lines each."""
    baseline, row = rng.randint(_MARGIN, 2 * _MARGIN), 0
    colour = _ink(rng)
    while baseline < side:
        face = _face(rng)
        for _ in range(rng.randint(1, 6)):
            if rng.random() > _EMPTY_LINE_SHARE:
                yield from _words(face, side, baseline, row, colour, rng)
            baseline += round(face.size * rng.uniform(*_LINE_SPACING))
            row += 1


def _words(
    face: Face, side: int, baseline: int, row: int, colour: tuple[int, int, int], rng: Random
) -> Iterator[Text]:
    pen = float(rng.randint(0, _MARGIN))
    space = width_of(face, " ")
    while pen < side:
        word = _word(rng, supported_signs(face.family))
        yield Text(word, round(pen), baseline, face, colour, row)
        wide = rng.uniform(2, 8) if rng.random() < _WIDE_GAP_SHARE else rng.uniform(0.9, 1.4)
        pen += width_of(face, word) + space * wide


def _word(rng: Random, signs: frozenset[str]) -> str:
    kind = rng.choices(list(_KINDS), list(_KINDS.values()))[0]
    length = rng.randint(1, _LONGEST_WORD)
    if kind == "number":
        digits = "".join(rng.choices(_DIGITS, k=length))
        return rng.choice((digits, f"{digits}.{rng.randrange(100):02}", f"{digits},{rng.randrange(100):02}"))
    if kind == "any":
        return "".join(rng.choices([sign for sign in ALPHABET if sign in signs], k=min(length, 6)))
    word = "".join(rng.choices(_FREQUENT, k=length))
    word = {"small": word, "capitalised": word.capitalize(), "capitals": word.upper()}[kind]
    return word + rng.choice(".,:;-") if rng.random() < 0.15 else word


def _face(rng: Random) -> Face:
    family = rng.choice(list(families()))
    return Face(family, rng.randint(*_EM_SIZES), bold=rng.random() < 0.25, italic=rng.random() < 0.1)


def _paper(rng: Random) -> tuple[int, int, int]:
    level = rng.randint(215, 255)
    return level, min(255, level + rng.randint(-8, 8)), min(255, level + rng.randint(-12, 8))


def _ink(rng: Random) -> tuple[int, int, int]:
    if rng.random() < 0.7:
        return (rng.randint(0, 90),) * 3
    return rng.randint(0, 130), rng.randint(0, 110), rng.randint(0, 140)


def _taken(image: RgbImage, rng: Random) -> RgbImage:
    """As a camera or a scanner would give it: softer, noisier, compressed, now and then light on dark."""
    if rng.random() < 0.1:
        image = contrast(image, 255, 0)
    if rng.random() < 0.5:
        image = blur(image, rng, rng.uniform(0.3, 1.1))
    if rng.random() < 0.3:
        image = contrast(image, rng.randint(0, 60), rng.randint(190, 255))
    if rng.random() < 0.5:
        image = noise(image, rng, rng.uniform(1, 10))
    if rng.random() < 0.4:
        image = jpeg(image, rng, rng.randint(30, 90))
    return image
