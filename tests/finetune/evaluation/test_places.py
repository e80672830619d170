from __future__ import annotations

import pytest

from docvlm.types import Box, Word
from finetune.evaluation.places import overlap_share, words_under


def test_overlap_of_two_boxes() -> None:
    assert overlap_share([Box(0, 0, 2, 2)], [Box(1, 1, 3, 3)]) == pytest.approx(1 / 7)
    assert overlap_share([Box(0, 0, 2, 2)], [Box(0, 0, 2, 2)]) == 1.0
    assert overlap_share([Box(0, 0, 1, 1)], [Box(2, 2, 3, 3)]) == 0.0


def test_boxes_of_one_side_count_once_where_they_overlap() -> None:
    lines = [Box(0, 0, 4, 1), Box(0, 1, 4, 2), Box(0, 0, 2, 2)]
    assert overlap_share(lines, [Box(0, 0, 4, 2)]) == 1.0


def test_boxes_without_area() -> None:
    assert overlap_share([Box(1, 1, 1, 1)], [Box(1, 1, 1, 1)]) == 0.0
    assert overlap_share([], [Box(0, 0, 1, 1)]) == 0.0


def test_words_lie_under_a_box_with_their_centres() -> None:
    words = [Word("in", Box(0, 0, 10, 10)), Word("half", Box(8, 0, 14, 10)), Word("out", Box(11, 0, 20, 10))]
    assert [word.text for word in words_under([Box(0, 0, 11, 10)], words)] == ["in", "half"]
