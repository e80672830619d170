"""Dense glyph supervision: what is printed in each patch of a tile.

Because pages are drawn here, the box of every glyph is known. A patch is told the characters whose middles
lie in it, in reading order, and for each where it lies, how high it is and whether a word begins with it.
That is hundreds of targets a tile where a transcript is one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docvlm.models.vision_tower import PATCH

SLOTS = 4
"""Characters that a patch can hold; of more, the last are left out."""

ALPHABET = (
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    ".,:;!?'\"()[]{}<>/\\|-–_+=*#@&%$€£¥§°©®™·•~^"
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœßąćęłńśźżĄĆĘŁŃŚŹŻ¿¡ºª«»„“”‘’×☐☒"
)
NOTHING, UNKNOWN = 0, 1
"""Classes of a slot without a character, and of a character that the alphabet lacks."""

CLASSES = len(ALPHABET) + 2
_NUMBERS = {character: number for number, character in enumerate(ALPHABET, start=2)}


@dataclass(frozen=True, slots=True, eq=False)
class Glyphs:
    """Characters on a tile, in reading order.

    Attributes:
        characters: one each.
        boxes: pixels of the tile from its top left, shape (characters, 4): left, top, right, bottom.
        starts: whether a word begins with the character, shape (characters,).
    """

    characters: Sequence[str]
    boxes: NDArray[np.float32]
    starts: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class GlyphTargets:
    """Targets of one tile, patches row by row from the top left.

    Attributes:
        classes: shape (patches, slots), int64.
        places: shape (patches, slots, 3): the middle's x and y within the patch between 0 and 1, and the
            glyph's height in patches.
        starts: shape (patches, slots), 1.0 where a word begins.
    """

    classes: NDArray[np.int64]
    places: NDArray[np.float32]
    starts: NDArray[np.float32]


def class_of(character: str) -> int:
    """The class of a character; accents that the alphabet lacks fall off."""
    if character in _NUMBERS:
        return _NUMBERS[character]
    return _NUMBERS.get(unicodedata.normalize("NFD", character)[0], UNKNOWN)


def character_of(number: int) -> str:
    """The character of a class; empty for nothing, the replacement character for an unknown one."""
    if number == NOTHING:
        return ""
    return "\N{REPLACEMENT CHARACTER}" if number == UNKNOWN else ALPHABET[number - 2]


def glyph_targets(glyphs: Glyphs, height: int, width: int) -> GlyphTargets:
    """What each patch of a tile of ``height`` × ``width`` pixels (multiples of the patch) holds."""
    rows, columns = height // PATCH, width // PATCH
    classes = np.zeros((rows * columns, SLOTS), np.int64)
    places = np.zeros((rows * columns, SLOTS, 3), np.float32)
    starts = np.zeros((rows * columns, SLOTS), np.float32)
    filled = np.zeros(rows * columns, np.int64)
    middles = (glyphs.boxes[:, :2] + glyphs.boxes[:, 2:]) / 2
    heights = glyphs.boxes[:, 3] - glyphs.boxes[:, 1]
    for number, character in enumerate(glyphs.characters):
        x, y = middles[number] / PATCH
        if not (0 <= x < columns and 0 <= y < rows):
            continue
        patch = int(y) * columns + int(x)
        slot = filled[patch]
        if slot == SLOTS:
            continue
        classes[patch, slot] = class_of(character)
        places[patch, slot] = (x - int(x), y - int(y), heights[number] / PATCH)
        starts[patch, slot] = glyphs.starts[number]
        filled[patch] += 1
    return GlyphTargets(classes, places, starts)
