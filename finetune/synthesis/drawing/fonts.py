"""The fonts that pages are drawn with (``fonts.toml``): found in installed packages, opened once a size."""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from docvlm.errors import UsageError

_BOLD_WEIGHT, _REGULAR_WEIGHT = 700, 400
_OPEN_FACES = 512
"""Each takes tens of kilobytes; a page uses five or six."""


class FontStyle(StrEnum):
    """What a family looks like."""

    SANS = "sans"
    SERIF = "serif"
    MONO = "mono"
    NARROW = "narrow"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class Family:
    """One family of ``fonts.toml``; files are relative to the folder of ``package``."""

    name: str
    style: FontStyle
    package: str
    regular: str
    bold: str
    italic: str
    licence: str


@dataclass(frozen=True, slots=True)
class Face:
    """A family at a size in pixels an em."""

    family: str
    size: int
    bold: bool = False
    italic: bool = False

    def resized(self, factor: float) -> Face:
        return Face(self.family, max(6, round(self.size * factor)), self.bold, self.italic)


@cache
def families() -> Mapping[str, Family]:
    """Every family by its name."""
    tables = tomllib.loads((Path(__file__).parent / "fonts.toml").read_text(encoding="utf-8"))
    return {
        name: Family(name=name, style=FontStyle(table["style"]), **{k: table[k] for k in _FILE_KEYS})
        for name, table in tables.items()
    }


_FILE_KEYS = ("package", "regular", "bold", "italic", "licence")


def families_for(style: FontStyle, text: str) -> list[str]:
    """The names of the families of a style that have every character of a text."""
    needed = set(text) - {" ", "\n"}
    return [
        family.name
        for family in families().values()
        if family.style is style and needed <= supported_signs(family.name)
    ]


@lru_cache(_OPEN_FACES)
def open_face(face: Face) -> ImageFont.FreeTypeFont:
    """The font of a face, laid out without ligatures.

    Raises:
        UsageError: when the package that holds it is not installed.
    """
    family = families()[face.family]
    name = family.italic if face.italic else family.bold if face.bold else family.regular
    # Pillow's basic layout is there on every machine; raqm is not.
    font = ImageFont.truetype(font_file(family, name), face.size, layout_engine=ImageFont.Layout.BASIC)
    if name.endswith("[wght].ttf"):
        font.set_variation_by_axes([_BOLD_WEIGHT if face.bold else _REGULAR_WEIGHT])
    return font


def width_of(face: Face, text: str) -> float:
    """How far a text advances, in pixels; there is no kerning."""
    glyphs = glyphs_of(face)
    return sum(glyphs[sign].advance for sign in text)


@dataclass(frozen=True, slots=True, eq=False)
class Glyph:
    """A character drawn once.

    Attributes:
        mask: ink of shape (height, width), 0 to 255; empty for what has none.
        left, top: where the mask starts, from the pen's place on the baseline.
        advance: how far the pen goes, in pixels.
    """

    mask: npt.NDArray[np.uint8]
    left: int
    top: int
    advance: float


class Glyphs(dict[str, Glyph]):
    """The glyphs of a face by character, each drawn when it is first needed.

    Words are put together from these: some fonts' hinting takes half a millisecond a word.
    """

    def __init__(self, face: Face) -> None:
        super().__init__()
        self._font = open_face(face)

    def __missing__(self, sign: str) -> Glyph:
        left, top, right, bottom = (round(edge) for edge in self._font.getbbox(sign, anchor="ls"))
        mask = Image.new("L", (max(0, right - left), max(0, bottom - top)))
        if sign != " ":
            ImageDraw.Draw(mask).text((-left, -top), sign, fill=255, font=self._font, anchor="ls")
        glyph = self[sign] = Glyph(np.array(mask), left, top, self._font.getlength(sign))
        return glyph


@lru_cache(_OPEN_FACES)
def glyphs_of(face: Face) -> Glyphs:
    """The glyphs of a face."""
    return Glyphs(face)


def font_file(family: Family, name: str) -> Path:
    """Where one of a family's files lies.

    Raises:
        UsageError: when it is not there.
    """
    package = importlib.util.find_spec(family.package)
    path = Path(package.origin).parent / name if package is not None and package.origin else None
    if path is None or not path.is_file():
        raise UsageError(
            f"The font '{family.name}' of the package '{family.package}' is not installed.",
            "Run 'pip install -r finetune/requirements.txt'.",
        )
    return path


@cache
def supported_signs(name: str) -> frozenset[str]:
    """The characters that a family has."""
    family = families()[name]
    with TTFont(font_file(family, family.regular), lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))
