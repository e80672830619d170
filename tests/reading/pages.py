"""Pages drawn for the tests, with the place of every word known."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from docvlm.reading.order import Segment
from docvlm.types import Box, LayerWord, Page, PageStatus, RgbImage, Word

LETTER = (
    "Dear Sir or Madam,",
    "the quick brown fox jumps over the lazy dog",
    "and the delivery of seventeen wooden boxes",
    "is expected on Thursday 12 March 2024",
    "at the harbour gate number 45 in Lisbon",
    "Please send the signed papers to our office",
    "Yours sincerely, Maria Fernandes",
)


def draw_page(
    rows: tuple[tuple[int, int, str], ...], size: tuple[int, int] = (900, 700), font_size: int = 28
) -> tuple[RgbImage, tuple[LayerWord, ...]]:
    """Black text on white. ``rows`` hold x, y (top) and text; returns the picture and its layer words."""
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=font_size)
    words: list[LayerWord] = []
    for number, (x, y, text) in enumerate(rows):
        pen.text((x, y), text, fill="black", font=font)
        start = float(x)
        for word in text.split(" "):
            box = pen.textbbox((start, y), word, font=font)
            words.append(LayerWord(word, Box(*box), number, 0, font_size=font_size * 0.36))
            start += pen.textlength(word + " ", font=font)
    return np.array(image), tuple(words)


def letter() -> tuple[RgbImage, tuple[LayerWord, ...]]:
    return draw_page(tuple((60, 60 + 70 * row, text) for row, text in enumerate(LETTER)))


def page_of(image: RgbImage, layer: tuple[LayerWord, ...] | None = None) -> Page:
    height, width = image.shape[:2]
    return Page(1, PageStatus.OK, width, height, image, text_layer=layer, points_per_pixel=0.36)


def segment(text: str, x: float, y: float, height: float = 20.0, character_width: float = 10.0) -> Segment:
    """Words in a fixed pitch, one character width apart."""
    words = []
    for word in text.split(" "):
        width = len(word) * character_width
        words.append(Word(word, Box(x, y, x + width, y + height)))
        x += width + character_width
    return Segment(tuple(words))
