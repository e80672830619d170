"""Sheets → pixels, and the exact boxes of their words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from docvlm.types import Box, RgbImage
from finetune.synthesis.drawing.fonts import glyphs_of, open_face
from finetune.synthesis.drawing.sheet import Area, Ellipse, Polygon, Shape, Sheet, Stamp, Stroke, Text
from finetune.synthesis.page import MarkedWord

Boxes = npt.NDArray[np.float64]
"""Boxes of shape (count, 4): x0, y0, x1, y1."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A page as pixels, and its words with the boxes of their ink, in the order they were printed.

    ``glyphs`` are the boxes of the words' characters, one after the other.
    """

    image: RgbImage
    words: tuple[MarkedWord, ...]
    glyphs: Boxes


def paint(sheet: Sheet) -> Picture:
    """Draw a sheet."""
    canvas = Image.new("RGB", (sheet.width, sheet.height), sheet.paper)
    draw = ImageDraw.Draw(canvas)
    for shape in sheet.shapes:
        _paint_shape(draw, shape)
    pixels = np.array(canvas)
    boxes = [_paint_text(pixels, text) for text in sheet.texts]
    words = [
        MarkedWord(text.text, _around(found), text.row, text.fact)
        for text, found in zip(sheet.texts, boxes, strict=True)
    ]
    if sheet.over or sheet.stamps:
        canvas = Image.fromarray(pixels)
        draw = ImageDraw.Draw(canvas)
        for shape in sheet.over:
            _paint_shape(draw, shape)
        for stamp in sheet.stamps:
            for word, found in _paint_stamp(canvas, stamp):
                words.append(MarkedWord(word, _around(found), stamp.row, None))
                boxes.append(found)
        pixels = np.array(canvas)
    return Picture(pixels, tuple(words), np.concatenate([*boxes, np.empty((0, 4))]))


def _paint_text(pixels: RgbImage, text: Text) -> Boxes:
    """Print a word and give the boxes of its characters; ink beyond the page is lost."""
    pen = float(text.x)
    colour = np.array(text.colour, dtype=np.uint16)
    boxes = np.empty((len(text.text), 4))
    for place, glyph in enumerate(map(glyphs_of(text.face).__getitem__, text.text)):
        x0, y0 = round(pen) + glyph.left, text.y + glyph.top
        height, width = glyph.mask.shape
        boxes[place] = x0, y0, x0 + width, y0 + height
        pen += glyph.advance
        under = pixels[max(0, y0) : y0 + height, max(0, x0) : x0 + width]
        ink = glyph.mask[max(0, -y0) :, max(0, -x0) :][: under.shape[0], : under.shape[1], None]
        if under.size:
            share = ink.astype(np.uint16)
            under[:] = (under * (255 - share) + colour * share + 127) // 255
    return boxes


def _around(boxes: Boxes) -> Box:
    """The box around boxes."""
    return Box(*map(float, (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))))


def _paint_shape(draw: ImageDraw.ImageDraw, shape: Shape) -> None:
    match shape:
        case Stroke():
            _paint_stroke(draw, shape)
        case Area():
            corners = tuple(map(round, (shape.box.x0, shape.box.y0, shape.box.x1, shape.box.y1)))
            if shape.radius:
                draw.rounded_rectangle(corners, shape.radius, shape.fill, shape.outline, shape.width)
            else:
                draw.rectangle(corners, shape.fill, shape.outline, shape.width)
        case Ellipse():
            corners = tuple(map(round, (shape.box.x0, shape.box.y0, shape.box.x1, shape.box.y1)))
            draw.ellipse(corners, shape.fill, shape.outline, shape.width)
        case Polygon():
            draw.polygon(shape.points, shape.fill)


def _paint_stroke(draw: ImageDraw.ImageDraw, stroke: Stroke) -> None:
    if not stroke.dash:
        draw.line(stroke.points, stroke.colour, stroke.width, joint="curve" if stroke.width > 1 else None)
        return
    (x0, y0), (x1, y1) = stroke.points[0], stroke.points[-1]
    length = math.hypot(x1 - x0, y1 - y0)
    for start in np.arange(0, length, 2 * stroke.dash):
        ends = (start / length, min(1.0, (start + stroke.dash) / length))
        draw.line([(x0 + (x1 - x0) * end, y0 + (y1 - y0) * end) for end in ends], stroke.colour, stroke.width)


def _paint_stamp(canvas: Image.Image, stamp: Stamp) -> Iterator[tuple[str, Boxes]]:
    """Print a stamp over the page, a little faint; words come with the boxes of their turned characters."""
    font = open_face(stamp.face)
    x0, y0, x1, y1 = font.getbbox(stamp.text, anchor="ls")
    pad = stamp.face.size // 2
    width, height = round(x1 - x0) + 2 * pad, round(y1 - y0) + 2 * pad
    mask = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(mask)
    draw.rounded_rectangle((1, 1, width - 2, height - 2), pad // 2, None, 210, max(2, pad // 5))
    draw.text((pad - x0, pad - y0), stamp.text, fill=220, font=font, anchor="ls")
    turned = mask.rotate(stamp.angle, Image.Resampling.BILINEAR, expand=True)
    left, top = round(stamp.center[0] - turned.width / 2), round(stamp.center[1] - turned.height / 2)
    canvas.paste(Image.new("RGB", turned.size, stamp.colour), (left, top), turned)
    start = pad - x0 - width / 2
    for word in stamp.text.split():
        boxes = np.empty((len(word), 4))
        for place, sign in enumerate(word):
            end = start + font.getlength(sign)
            corners = [
                _turn((x, y), stamp.angle) for x in (start, end) for y in (pad - height / 2, height / 2 - pad)
            ]
            xs, ys = zip(*corners, strict=True)
            boxes[place] = min(xs), min(ys), max(xs), max(ys)
            start = end
        start += font.getlength(" ")
        yield word, boxes + np.array((*stamp.center, *stamp.center))


def _turn(point: tuple[float, float], degrees: float) -> tuple[float, float]:
    """A point turned counter-clockwise on the screen about the origin."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return point[0] * cosine + point[1] * sine, -point[0] * sine + point[1] * cosine
