"""A page as it is to be drawn: texts and shapes on their places, in pixels from the top left."""

from __future__ import annotations

from dataclasses import dataclass

from docvlm.types import Box
from finetune.synthesis.drawing.fonts import Face

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Text:
    """One word; ``x`` is where it starts, ``y`` its baseline. ``row`` and ``fact`` as in ``MarkedWord``."""

    text: str
    x: int
    y: int
    face: Face
    colour: Colour
    row: int
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points; ``dash`` is the length of its dashes, 0 for none."""

    points: tuple[Point, ...]
    colour: Colour
    width: int = 1
    dash: int = 0


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle, filled, outlined or both; its corners are rounded by ``radius``."""

    box: Box
    fill: Colour | None = None
    outline: Colour | None = None
    radius: int = 0
    width: int = 1


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An ellipse within a box."""

    box: Box
    fill: Colour | None = None
    outline: Colour | None = None
    width: int = 1


@dataclass(frozen=True, slots=True)
class Polygon:
    """A filled polygon."""

    points: tuple[Point, ...]
    fill: Colour


Shape = Stroke | Area | Ellipse | Polygon


@dataclass(frozen=True, slots=True)
class Stamp:
    """A text in a frame, turned by ``angle`` degrees about ``center`` and printed over the page."""

    text: str
    center: Point
    angle: float
    face: Face
    colour: Colour
    row: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything on a page; shapes lie under the texts, ``over`` and ``stamps`` above them."""

    width: int
    height: int
    paper: Colour
    texts: tuple[Text, ...]
    shapes: tuple[Shape, ...] = ()
    over: tuple[Shape, ...] = ()
    stamps: tuple[Stamp, ...] = ()
