from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from docvlm.types import Box
from docvlm.ui.browser_values import MOST_BOXES, box_from, boxes_of, page_of, region_of


@pytest.mark.parametrize(
    "value",
    [None, "0,0,1,1", [1, 2, 3], [1, 2, "3", 4], [0, 0, float("nan"), 1], [0, 0, float("inf"), 1],
     [5, 5, 5, 9], [-1, 0, 5, 5], [0, 0, True, 1], [0, 0, 1e9, 5]],
)  # fmt: skip
def test_what_is_no_box_is_none(value: Any) -> None:
    assert box_from(value) is None


def test_boxes_of_an_event_are_checked_and_bounded() -> None:
    event = gr.EventData(None, {"boxes": [[0, 0, 1, 1], "evil", *[[0, 0, 2, 2]] * 1000]})
    boxes = boxes_of(event)
    assert boxes[:2] == (Box(0, 0, 1, 1), Box(0, 0, 2, 2))
    assert len(boxes) < MOST_BOXES
    assert boxes_of(gr.EventData(None, None)) == ()


@pytest.mark.parametrize(("value", "page"), [(1, 1), (3, 3), (4, None), (0, None), ("1", None), (True, None)])
def test_pages_are_those_of_the_document(value: Any, page: int | None) -> None:
    assert page_of(value, 3) == page


def test_a_region_has_a_page_and_a_box() -> None:
    event = gr.EventData(None, {"region": {"page": 2, "box": [1, 2, 3, 4]}})
    region = region_of(event, 3)
    assert region is not None and (region.page, region.box) == (2, Box(1, 2, 3, 4))
    assert region_of(event, 1) is None
    assert region_of(gr.EventData(None, {"region": "2"}), 3) is None
