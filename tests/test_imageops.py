import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docvlm.imageops import (
    Alignment,
    estimate_alignment,
    ink_mask,
    make_upright,
    to_gray,
    turn_box,
    turn_image,
)
from docvlm.types import Box
from tests.reading.pages import letter

QUARTER_TURNS = (0, 90, 180, 270)


def tilted(image, clockwise_degrees):
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -clockwise_degrees, 1.0)
    return cv2.warpAffine(image, matrix, (width, height), borderValue=(255, 255, 255))


@pytest.mark.parametrize("degrees", [-7.0, -3.0, -0.6, 0.6, 3.0, 7.0])
def test_skew_is_recovered(degrees):
    image, _ = letter()
    assert estimate_alignment(tilted(image, degrees)).skew == pytest.approx(degrees, abs=0.25)


def test_a_level_page_is_left_alone():
    image, _ = letter()
    assert estimate_alignment(image) == Alignment(900, 700)


@pytest.mark.parametrize("degrees", [-3.0, 3.0])
def test_light_print_on_dark_paper_has_skew_too(degrees):
    image, _ = letter()
    assert estimate_alignment(255 - tilted(image, degrees)).skew == pytest.approx(degrees, abs=0.25)


@pytest.mark.parametrize("degrees", [90, 270])
def test_lines_that_run_down_the_page_are_noticed(degrees):
    image, _ = letter()
    assert estimate_alignment(turn_image(image, degrees)).rotation == 90


@pytest.mark.parametrize("image", [np.full((300, 200, 3), 255, np.uint8), np.zeros((1, 1, 3), np.uint8)])
def test_a_page_without_text_has_no_skew(image):
    assert estimate_alignment(image).skew == 0.0


def test_noise_has_no_skew():
    noise = np.random.default_rng(3).integers(0, 256, (500, 400, 3), dtype=np.uint8)
    assert estimate_alignment(noise) == Alignment(400, 500)


def test_ink_mask_finds_strokes_of_both_polarities():
    image = np.full((200, 400, 3), 255, np.uint8)
    image[100:] = 0
    cv2.putText(image, "dark", (20, 70), cv2.FONT_HERSHEY_SIMPLEX, 2, (0, 0, 0), 4)
    cv2.putText(image, "light", (20, 170), cv2.FONT_HERSHEY_SIMPLEX, 2, (255, 255, 255), 4)
    ink = ink_mask(to_gray(image))
    assert ink[20:80, 20:200].any()
    assert ink[120:180, 20:200].any()
    assert not ink[:60, 300:].any()


def test_deskewing_makes_the_rows_sharp_again():
    image, _ = letter()
    crooked = tilted(image, 4.0)
    upright = make_upright(crooked, estimate_alignment(crooked))
    assert estimate_alignment(upright).skew == 0.0


def test_the_upright_picture_has_the_size_that_was_promised():
    image, _ = letter()
    for rotation in QUARTER_TURNS:
        alignment = Alignment(900, 700, rotation, 2.5)
        assert make_upright(image, alignment).shape[1::-1] == alignment.upright_size


def test_a_rotation_that_is_no_quarter_turn_is_refused():
    with pytest.raises(ValueError, match="quarter turn"):
        Alignment(10, 10, 45)


@given(
    st.integers(0, 99),
    st.integers(0, 49),
    st.integers(1, 30),
    st.integers(1, 30),
    st.sampled_from(QUARTER_TURNS),
)
def test_quarter_turns_of_boxes_are_exact_and_agree_with_the_pixels(x, y, width, height, degrees):
    page = np.zeros((80, 130, 3), np.uint8)
    page[y : y + height, x : x + width] = 255
    box = Box(x, y, x + width, y + height)
    turned = turn_box(box, degrees, 130, 80)
    rows, columns = np.nonzero(turn_image(page, degrees)[:, :, 0])
    assert turned == Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    back_size = (80, 130) if degrees in (90, 270) else (130, 80)
    assert turn_box(turned, -degrees % 360, *back_size) == box


@given(
    st.floats(200, 600),
    st.floats(200, 400),
    st.floats(5, 200),
    st.floats(5, 60),
    st.sampled_from(QUARTER_TURNS),
    st.floats(-12, 12),
)
def test_boxes_come_back_from_the_page_as_they_went(x, y, width, height, rotation, skew):
    alignment = Alignment(1000, 1000, rotation, skew)
    box = Box(x, y, x + width, y + height)
    back = alignment.to_upright(alignment.to_page(box))
    assert back.as_list() == pytest.approx(box.as_list(), abs=0.2)


def test_a_box_on_the_page_holds_the_tilted_print():
    image, _ = letter()
    crooked = tilted(image, 3.0)
    alignment = Alignment(900, 700, 0, 3.0)
    upright = make_upright(crooked, alignment)
    dark_rows, dark_columns = np.nonzero(to_gray(upright) < 100)
    box = alignment.to_page(Box(dark_columns.min(), dark_rows.min(), dark_columns.max(), dark_rows.max()))
    rows, columns = np.nonzero(to_gray(crooked) < 100)
    assert box.contains(Box(columns.min(), rows.min(), columns.max(), rows.max()), slack=2)
