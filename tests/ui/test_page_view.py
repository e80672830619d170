from __future__ import annotations

import base64

import cv2
import numpy as np

from docvlm.tiling import Budget, plan_tiles
from docvlm.types import Box, RgbImage, Word
from docvlm.ui.page_view import LONGEST_SIDE, PagePicture, page_value, picture_of


def _image(width: int, height: int) -> RgbImage:
    return np.full((height, width, 3), 255, dtype=np.uint8)


def _picture(words: tuple[Word, ...] | None = None) -> PagePicture:
    tiles = plan_tiles(1200, 1600, Budget.parse("balanced")).tiles
    return PagePicture(1, 1200, 1600, "data:image/jpeg;base64,AA==", tiles, words)


def test_words_are_sent_with_their_boxes_once_read() -> None:
    assert page_value(7, "a.pdf", 1, _picture())["words"] is None
    words = (Word("Total", Box(10, 10, 60, 30), 0.9), Word("9.00", Box(80, 10, 120, 30)))
    value = page_value(7, "a.pdf", 1, _picture(words))
    assert value["words"] == [["Total", 10, 10, 60, 30, 0.9], ["9.00", 80, 10, 120, 30, 1.0]]


def test_tiles_are_those_of_the_plan_and_the_whole_page_has_no_row() -> None:
    picture = _picture()
    sent = page_value(7, "a.pdf", 1, picture)["tiles"]
    assert [tuple(tile[2:]) for tile in sent] == [tile.source for tile in picture.tiles]
    assert sent[-1] == [0, 0, 0, 0, 1200, 1600]
    assert {tuple(tile[:2]) for tile in sent[:-1]} == {(tile.row, tile.column) for tile in picture.tiles[:-1]}


def test_pages_of_two_documents_have_different_keys() -> None:
    keys = {page_value(number, "a.pdf", 1, _picture())["key"] for number in (7, 8)}
    assert len(keys) == 2


def test_large_pages_are_sent_smaller_but_measured_in_page_pixels() -> None:
    picture = picture_of(1, _image(3000, 4000))
    data = base64.b64decode(picture.image_uri.partition(",")[2])
    sent = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert sent is not None
    assert sent.shape[:2] == (LONGEST_SIDE, LONGEST_SIDE * 3 // 4)
    assert (picture.width, picture.height) == (3000, 4000)
