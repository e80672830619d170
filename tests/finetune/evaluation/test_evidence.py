from __future__ import annotations

import cv2
import numpy as np
import pytest

from docvlm.types import Box
from finetune.evaluation.evidence import Evidence, evidence_picture, evidence_png

PAGE = np.full((1400, 900, 3), 255, np.uint8)
GREEN, RED = (22, 163, 74), (220, 38, 38)


def pixels_of(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((picture == colour).all(axis=-1).sum())


def test_the_picture_shows_the_words_with_room_around_them() -> None:
    box = Box(400, 700, 500, 720)
    picture = evidence_picture(PAGE, Evidence(1, (box,), ()))
    assert picture.shape == (140, 720, 3)  # a tenth of the page's height, most of its width
    assert pixels_of(picture, GREEN) and not pixels_of(picture, RED)
    assert not pixels_of(PAGE, GREEN)


def test_the_label_is_green_and_the_answer_red() -> None:
    picture = evidence_picture(PAGE, Evidence(1, (Box(100, 100, 200, 120),), (Box(300, 140, 380, 160),)))
    assert pixels_of(picture, GREEN) and pixels_of(picture, RED)


def test_words_far_apart_are_shown_one_above_the_other() -> None:
    picture = evidence_picture(PAGE, Evidence(1, (Box(10, 10, 90, 30),), (Box(800, 1370, 890, 1390),)))
    assert picture.shape == (140 + 6 + 140, 720, 3)
    assert pixels_of(picture[:140], GREEN) and pixels_of(picture[146:], RED)


@pytest.mark.parametrize(
    "box", [Box(0, 0, 1000, 1400), Box(-20, -20, 5, 5), Box(990, 1395, 1200, 1500), Box(0, 600, 1000, 1000)]
)
def test_no_picture_is_larger_than_fits_whatever_the_box(box: Box) -> None:
    picture = evidence_picture(PAGE, Evidence(1, (box,), ()))
    assert 0 < picture.shape[0] <= 420 and 0 < picture.shape[1] <= 720


def test_a_page_of_one_pixel_has_a_picture() -> None:
    tiny = np.zeros((1, 1, 3), np.uint8)
    assert evidence_picture(tiny, Evidence(1, (), (Box(0, 0, 1, 1),))).shape == (1, 1, 3)


def test_the_file_is_a_png_with_the_colours_of_the_page() -> None:
    page = PAGE.copy()
    page[..., 2] = 0  # yellow
    data = evidence_png(page, Evidence(1, (Box(5, 5, 9, 9),), ()))
    read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert data.startswith(b"\x89PNG") and tuple(read[-1, -1]) == (0, 255, 255)
