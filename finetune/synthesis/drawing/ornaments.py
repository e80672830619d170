"""Logos, portraits, signatures and barcodes, made of shapes; none of them is text."""

from __future__ import annotations

import itertools
import math
from random import Random

from docvlm.types import Box
from finetune.synthesis.drawing.design import WHITE
from finetune.synthesis.drawing.sheet import Area, Colour, Ellipse, Point, Polygon, Shape, Stroke


def logo(box: Box, colour: Colour, second: Colour, rng: Random) -> list[Shape]:
    """A mark that fills a box: one of several figures, in two colours."""
    side = min(box.width, box.height)
    middle = box.center
    figure = rng.randrange(9)
    if figure == 0:
        inner = _square(middle, side * rng.uniform(0.35, 0.7))
        return [Ellipse(_square(middle, side), colour), Ellipse(inner, second)]
    if figure == 1:
        radius = round(side * rng.uniform(0, 0.3))
        return [
            Area(_square(middle, side), colour, radius=radius),
            Polygon(_star(middle, side * 0.36, rng), WHITE),
        ]
    if figure == 2:
        return [Polygon(_ring(middle, side / 2, rng.randint(3, 8), rng.random()), colour)]
    if figure == 3:
        return _bars(_square(middle, side), colour, second, rng)
    if figure == 4:
        return [Polygon(_star(middle, side / 2, rng), colour)]
    if figure == 5:
        left, right = box.moved(-side * 0.2, 0).center, box.moved(side * 0.2, 0).center
        return [Ellipse(_square(left, side * 0.75), colour), Ellipse(_square(right, side * 0.75), second)]
    if figure == 6:
        return [
            Ellipse(
                _square(middle, side * size), None, colour if place % 2 else second, max(2, round(side / 14))
            )
            for place, size in enumerate((1.0, 0.7, 0.4))
        ]
    if figure == 7:
        return _chevrons(middle, side, colour, second)
    return [Area(_square(middle, side), colour), *_waves(middle, side, WHITE)]


def portrait(box: Box, rng: Random) -> list[Shape]:
    """Head and shoulders before a plain wall, as on cards."""
    wall = rng.randint(170, 225)
    skin = rng.choice(((224, 184, 158), (190, 140, 110), (136, 96, 72), (236, 200, 178)))
    hair = rng.choice(((40, 30, 26), (92, 64, 40), (150, 140, 132), (20, 20, 22)))
    coat = rng.choice(((50, 58, 84), (70, 70, 74), (120, 50, 54), (60, 88, 70)))
    x, y = box.center
    head = Box(x - box.width * 0.21, y - box.height * 0.25, x + box.width * 0.21, y + box.height * 0.14)
    shoulders = Box(
        x - box.width * 0.42, y + box.height * 0.17, x + box.width * 0.42, box.y1 + box.height * 0.25
    )
    neck = Box(x - box.width * 0.09, y + box.height * 0.05, x + box.width * 0.09, y + box.height * 0.25)
    body = _cut_ellipse(shoulders, box.y1)
    return [
        Area(box, (wall, wall, min(255, wall + 8)), (110, 110, 110)),
        Polygon(body, coat),
        Area(neck, skin),
        Ellipse(head.moved(0, -box.height * 0.04), hair),
        Ellipse(Box(head.x0 + 2, head.y0 + head.height * 0.18, head.x1 - 2, head.y1), skin),
    ]


def signature(box: Box, colour: Colour, rng: Random) -> list[Shape]:
    """A pen's line from left to right: a tall first letter, flat loops, a tail or a stroke below."""
    points: list[Point] = []
    floor, height = box.y1 - box.height * 0.25, box.height
    turns = rng.randint(4, 11)
    tall = {0, *(rng.randrange(turns) for _ in range(rng.randint(0, 2)))}
    step = box.width / (turns + 2)
    x = box.x0
    for letter in range(turns):
        top = height * (rng.uniform(0.65, 1.0) if letter in tall else rng.uniform(0.12, 0.4))
        lean, wide = rng.uniform(-0.1, 0.5) * step, step * rng.uniform(0.6, 1.4)
        dip = height * (rng.uniform(0.2, 0.5) if rng.random() < 0.2 else rng.uniform(-0.05, 0.08))
        points += [
            (x + lean, floor - top * 0.6),
            (x + wide * 0.5 + lean, floor - top),
            (x + wide * 0.75, floor - top * 0.5),
        ]
        points += [(x + wide * 0.45, floor + dip), (x + wide * rng.uniform(0.8, 1.1), floor - height * 0.04)]
        x += wide
    points.append((min(box.x1, x + step * rng.uniform(0.5, 3)), floor - height * rng.uniform(-0.1, 0.3)))
    strokes: list[Shape] = [Stroke(tuple(_smooth(_smooth(points))), colour, rng.choice((2, 2, 3)))]
    if rng.random() < 0.4:
        low = floor + height * rng.uniform(0.1, 0.25)
        strokes.append(Stroke(((box.x0 + step, low), (x, low - height * rng.uniform(0, 0.2))), colour, 2))
    return strokes


def barcode(box: Box, rng: Random) -> list[Shape]:
    """Black bars of four widths."""
    unit = max(1, round(box.width / 110))
    bars: list[Shape] = []
    x = box.x0
    while x < box.x1 - 4 * unit:
        width = unit * rng.choice((1, 1, 2, 3))
        bars.append(Area(Box(x, box.y0, x + width - 1, box.y1), (10, 10, 10)))
        x += width + unit * rng.choice((1, 1, 2, 3))
    return bars


def square_code(box: Box, rng: Random) -> list[Shape]:
    """A field of black and white squares with three finders, as on tickets."""
    count = rng.choice((21, 25))
    unit = max(2, int(min(box.width, box.height) // count))
    cells: list[Shape] = []
    for row in range(count):
        for column in range(count):
            if rng.random() < 0.5:
                x, y = box.x0 + column * unit, box.y0 + row * unit
                cells.append(Area(Box(x, y, x + unit - 1, y + unit - 1), (10, 10, 10)))
    for row, column in ((0, 0), (0, count - 7), (count - 7, 0)):
        for inset, colour in ((-1, WHITE), (0, (10, 10, 10)), (1, WHITE), (2, (10, 10, 10))):
            x0, y0 = box.x0 + (column + inset) * unit, box.y0 + (row + inset) * unit
            side = (7 - 2 * inset) * unit - 1
            cells.append(Area(Box(max(x0, box.x0), max(y0, box.y0), x0 + side, y0 + side), colour))
    return cells


def _square(center: Point, side: float) -> Box:
    x, y = center
    return Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)


def _ring(center: Point, radius: float, corners: int, turn: float) -> tuple[Point, ...]:
    steps = (2 * math.pi * (place + turn) / corners for place in range(corners))
    return tuple((center[0] + radius * math.cos(step), center[1] + radius * math.sin(step)) for step in steps)


def _star(center: Point, radius: float, rng: Random) -> tuple[Point, ...]:
    corners = rng.choice((4, 5, 6, 8, 12))
    deep = rng.uniform(0.35, 0.75)
    points = _ring(center, radius, 2 * corners, 0.25)
    return tuple(
        (center[0] + (x - center[0]) * share, center[1] + (y - center[1]) * share)
        for (x, y), share in zip(points, (1.0, deep) * corners, strict=True)
    )


def _bars(box: Box, colour: Colour, second: Colour, rng: Random) -> list[Shape]:
    count = rng.randint(3, 5)
    wide = box.width / count
    return [
        Area(
            Box(
                box.x0 + place * wide,
                box.y1 - box.height * rng.uniform(0.35, 1),
                box.x0 + (place + 0.75) * wide,
                box.y1,
            ),
            colour if place % 2 else second,
        )
        for place in range(count)
    ]


def _chevrons(center: Point, side: float, colour: Colour, second: Colour) -> list[Shape]:
    x, y = center
    half, thick = side / 2, side * 0.28
    shapes: list[Shape] = []
    for place, paint in enumerate((colour, second)):
        top = y - half + place * side * 0.4
        points = (
            (x - half, top + thick),
            (x, top),
            (x + half, top + thick),
            (x + half, top + 2 * thick),
            (x, top + thick),
            (x - half, top + 2 * thick),
        )
        shapes.append(Polygon(points, paint))
    return shapes


def _waves(center: Point, side: float, colour: Colour) -> list[Shape]:
    x, y = center
    return [
        Stroke(
            tuple(
                (
                    x - side * 0.4 + side * 0.8 * step / 16,
                    y + level * side + math.sin(step * 0.8) * side * 0.07,
                )
                for step in range(17)
            ),
            colour,
            max(2, round(side * 0.07)),
        )
        for level in (-0.22, 0.0, 0.22)
    ]


def _cut_ellipse(box: Box, floor: float) -> tuple[Point, ...]:
    """The part of an ellipse above a line."""
    x, y = box.center
    points = (
        (
            x + box.width / 2 * math.cos(step / 20 * math.pi),
            y - box.height / 2 * math.sin(step / 20 * math.pi),
        )
        for step in range(21)
    )
    return tuple((px, min(py, floor)) for px, py in points)


def _smooth(points: list[Point]) -> list[Point]:
    """Corners cut once (Chaikin 1974)."""
    smooth = [points[0]]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        smooth.append((0.75 * x0 + 0.25 * x1, 0.75 * y0 + 0.25 * y1))
        smooth.append((0.25 * x0 + 0.75 * x1, 0.25 * y0 + 0.75 * y1))
    return [*smooth, points[-1]]
