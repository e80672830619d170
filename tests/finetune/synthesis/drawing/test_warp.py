"""Boxes follow the pixels through every change of geometry."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from docvlm.types import Box
from finetune.synthesis.drawing.paint import Picture
from finetune.synthesis.drawing.warp import bend, photographed, scaled, turn
from finetune.synthesis.page import MarkedWord

MARKS = tuple(Box(x, y, x + 34, y + 14) for x in (40, 150, 260) for y in (40, 200, 330))


def marked(box: Box) -> Picture:
    """A white page with one black mark."""
    image = np.full((400, 330, 3), 255, dtype=np.uint8)
    image[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)] = 0
    glyphs = np.array([[box.x0, box.y0, box.x1, box.y1]], dtype=np.float64)
    return Picture(image, (MarkedWord("m", box, 0, None),), glyphs)


def ink(picture: Picture) -> Box:
    rows, columns = np.nonzero(picture.image.mean(axis=2) < 128)
    return Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def assert_near(picture: Picture, slack: float = 1.6) -> None:
    found, stated = ink(picture), picture.words[0].box
    for name in ("x0", "y0", "x1", "y1"):
        assert getattr(found, name) == pytest.approx(getattr(stated, name), abs=slack), name
    assert picture.glyphs[0] == pytest.approx([stated.x0, stated.y0, stated.x1, stated.y1])


@pytest.mark.parametrize("box", MARKS)
def test_a_box_is_turned_with_its_page(box: Box) -> None:
    assert_near(turn(marked(box), 3.0, (255, 255, 255)))
    assert_near(turn(marked(box), -7.0, (255, 255, 255)))


@pytest.mark.parametrize("box", MARKS)
def test_a_box_is_bent_with_its_page(box: Box) -> None:
    bent, paper = bend(marked(box), Random(4), 0.03)
    assert_near(bent)
    assert paper.shape == bent.image.shape[:2]
    assert set(paper[:, 0]) == {0, 255} or set(paper[:, 165]) == {0, 255}
    assert (paper == 255).sum() == 400 * 330


@pytest.mark.parametrize("box", MARKS)
def test_a_box_is_photographed_with_its_page(box: Box) -> None:
    ground = np.full((460, 400, 3), 200, dtype=np.uint8)
    corners = [(20.0, 30.0), (370.0, 12.0), (385.0, 440.0), (35.0, 425.0)]
    assert_near(photographed(marked(box), ground, corners))


@pytest.mark.parametrize("box", MARKS)
def test_a_box_shrinks_with_its_page(box: Box) -> None:
    small = scaled(marked(box), 200)
    assert max(small.image.shape) == 200
    assert_near(small)


def test_a_page_that_is_small_enough_stays() -> None:
    picture = marked(MARKS[0])
    assert scaled(picture, 500) is picture
