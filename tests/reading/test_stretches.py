"""Screenshots of long pages, read in pieces."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from docvlm.reading import read_page
from docvlm.reading.stretches import stretches
from docvlm.types import RgbImage
from tests.reading.pages import draw_page, page_of


def bars(height: int) -> RgbImage:
    """Bars for lines of print, 20 pixels of 50."""
    picture = np.full((height, 300, 3), 255, np.uint8)
    for top in range(10, height - 30, 50):
        for left in range(20, 280, 12):
            picture[top : top + 20, left : left + 6] = 0
    return picture


@pytest.mark.parametrize("size", [(2600, 300), (4000, 1400), (1400, 4000), (1, 1), (1, 2000)])
def test_a_picture_of_the_shape_of_a_page_stays_whole(size: tuple[int, int]) -> None:
    assert stretches(np.full((*size, 3), 255, np.uint8), 2600) == [(0, max(size))]


@pytest.mark.parametrize("is_wide", [False, True])
def test_pieces_follow_each_other_and_part_no_line(is_wide: bool) -> None:
    picture = bars(9000)
    pieces = stretches(np.ascontiguousarray(np.swapaxes(picture, 0, 1)) if is_wide else picture, 2600)
    assert len(pieces) > 4 and pieces[0][0] == 0 and pieces[-1][1] == 9000
    for (_, end), (start, _) in itertools.pairwise(pieces):
        assert start == end and not 10 <= start % 50 <= 30
    assert all(600 < end - start < 1700 for start, end in pieces)


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_long_screenshot_is_read_from_top_to_foot(is_turned: bool) -> None:
    lines = [f"Message {number} arrived at noon" for number in range(10, 30)]
    rows = tuple((40, 100 + 390 * number, text) for number, text in enumerate(lines))
    image, words = draw_page(rows, size=(540, 8000), font_size=20)
    if is_turned:
        image = np.asarray(cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE), np.uint8)
    reading = read_page(page_of(image))
    assert reading.text.split("\n") == lines
    if not is_turned:
        for found, drawn in zip(reading.words, words, strict=True):
            assert found.box.as_list() == pytest.approx(drawn.box.as_list(), abs=8)
