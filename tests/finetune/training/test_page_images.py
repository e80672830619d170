from __future__ import annotations

import numpy as np

from docvlm.types import Page, PageStatus
from finetune.data.documents import LabelledDocument
from finetune.training.page_images import PageImages

ONE_PAGE = 10 * 20 * 3


class _Drawn:
    """Pages of one colour, and which of them were asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def page(self, document: LabelledDocument, number: int) -> Page:
        self.asked.append((document.sha256, number))
        return Page(number, PageStatus.OK, 20, 10, np.full((10, 20, 3), number, np.uint8))


def document(name: str) -> LabelledDocument:
    return LabelledDocument(name, name, None)


def test_a_page_is_drawn_once() -> None:
    drawn = _Drawn()
    images = PageImages(drawn)
    for _ in range(3):
        for name in "ab":
            for number in (1, 2):
                image = images.of(document(name), number)
                assert image is not None and int(image[0, 0, 0]) == number
    assert drawn.asked == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]


def test_what_was_not_used_longest_goes_when_there_is_no_room() -> None:
    drawn = _Drawn()
    images = PageImages(drawn, kept_bytes=2 * ONE_PAGE)
    for name in ("a", "b", "a", "c", "a", "b"):
        images.of(document(name), 1)
    assert [name for name, _ in drawn.asked] == ["a", "b", "c", "b"]


def test_a_page_larger_than_the_room_is_drawn_all_the_same() -> None:
    images = PageImages(_Drawn(), kept_bytes=1)
    assert images.of(document("a"), 1) is not None
    assert images.of(document("b"), 1) is not None
