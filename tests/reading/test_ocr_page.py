"""Where the words of a picture stand, whatever little its lines are tilted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from docvlm.imageops import Alignment
from docvlm.reading.ctc import Character
from docvlm.reading.ocr import Quad, RecognisedLine
from docvlm.reading.ocr_page import OcrPage, read_image
from docvlm.types import RgbImage, Word

WIDTH, HEIGHT = 900, 700
LINES = (
    *((f"Article number {row} of the list", 40, 60 + 30 * row) for row in range(8)),
    ("Subtotal", 40, 320),
    ("79.50", 800, 320),
    ("Tax", 40, 350),
    ("6.76", 800, 350),
)
"""Text, left edge and top, as they would stand on a level page; ten pixels a character, twenty high."""


class TiltedPage:
    """A reader that finds lines on a page tilted clockwise about its middle."""

    def __init__(self, degrees: float, lines: Sequence[tuple[str, int, int]]) -> None:
        self._lines = lines
        self._turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), -degrees, 1.0)

    def detect(self, image: RgbImage) -> tuple[Quad, ...]:
        return tuple(self._quad(text, x, y) for text, x, y in self._lines)

    def recognise(self, image: RgbImage, quads: Sequence[Quad]) -> tuple[RecognisedLine, ...]:
        texts = {self._quad(text, x, y).tobytes(): text for text, x, y in self._lines}
        return tuple(_line(texts[quad.tobytes()], quad) for quad in quads)

    def _quad(self, text: str, x: int, y: int) -> Quad:
        right, bottom = x + 10 * len(text), y + 20
        corners = np.array([(x, y), (right, y), (right, bottom), (x, bottom)], np.float64)
        return np.asarray(corners @ self._turn[:, :2].T + self._turn[:, 2], np.float32)


def _line(text: str, quad: Quad) -> RecognisedLine:
    strip = np.full((20, 10 * len(text), 3), 255, np.uint8)
    characters = []
    for place, character in enumerate(text):
        if character != " ":
            strip[4:16, 10 * place + 2 : 10 * place + 8] = 0
            space = 1.0 if text[place - 1 : place] == " " else 0.0
            characters.append(Character(character, (place + 0.5) / len(text), 0.99, space))
    return RecognisedLine(quad, tuple(characters), strip)


def read(degrees: float, lines: Sequence[tuple[str, int, int]] = LINES) -> OcrPage:
    image = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    cv2.circle(image, (450, 350), 20, (0, 0, 0), -1)  # ink, which tells nothing about the tilt
    return read_image(image, TiltedPage(degrees, lines))


def word(page: OcrPage, text: str) -> Word:
    return next(word for words in page.segments for word in words if word.text == text)


@pytest.mark.parametrize("degrees", [-1.2, -0.6, 0.6, 1.2])
def test_what_stands_on_one_row_does_so_on_a_page_that_is_slightly_tilted(degrees: float) -> None:
    page = read(degrees)
    assert page.alignment.skew == pytest.approx(degrees, abs=0.05)
    for label, amount in (("Subtotal", "79.50"), ("Tax", "6.76")):
        assert word(page, label).box.center[1] == pytest.approx(word(page, amount).box.center[1], abs=1.5)
    tilted_by = 760 * math.sin(math.radians(abs(degrees)))
    given = [page.alignment.to_page(word(page, text).box) for text in ("Subtotal", "79.50")]
    assert abs(given[0].center[1] - given[1].center[1]) == pytest.approx(tilted_by, abs=1.5)


def test_a_level_page_stays_as_it_is() -> None:
    page = read(0.1)
    assert page.alignment == Alignment(WIDTH, HEIGHT)


def test_short_lines_tell_no_tilt() -> None:
    assert read(1.0, LINES[-4:]).alignment.skew == 0.0
