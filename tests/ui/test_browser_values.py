from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from docvlm.types import Box
from docvlm.ui.browser_values import (
    LONGEST_VALUE,
    MOST_BOXES,
    MOST_EDITS,
    EditedValue,
    box_from,
    boxes_in,
    edits_of,
    page_of,
    region_of,
)


@pytest.mark.parametrize(
    "value",
    [None, "0,0,1,1", [1, 2, 3], [1, 2, "3", 4], [0, 0, float("nan"), 1], [0, 0, float("inf"), 1],
     [5, 5, 5, 9], [-1, 0, 5, 5], [0, 0, True, 1], [0, 0, 1e9, 5]],
)  # fmt: skip
def test_what_is_no_box_is_none(value: Any) -> None:
    assert box_from(value) is None


def test_boxes_are_checked_and_bounded() -> None:
    boxes = boxes_in([[0, 0, 1, 1], "evil", *[[0, 0, 2, 2]] * 1000])
    assert boxes[:2] == (Box(0, 0, 1, 1), Box(0, 0, 2, 2))
    assert len(boxes) < MOST_BOXES
    assert boxes_in(None) == boxes_in({"0": [0, 0, 1, 1]}) == ()


def test_edited_values_are_checked_and_bounded() -> None:
    pointed = {"name": "total", "text": "9,00", "page": 2, "boxes": [[0, 0, 1, 1]]}
    wrong = ("evil", {"name": "total"}, {"name": 7, "text": "x"}, {"name": "x" * 9999, "text": ""})
    values = [pointed, *wrong, pointed | {"page": 9}, {"name": "date", "text": "y" * 9999}]
    edits = edits_of(gr.EventData(None, {"values": values}), 3)
    assert edits[0] == EditedValue("total", "9,00", 2, (Box(0, 0, 1, 1),))
    assert edits[1] == EditedValue("total", "9,00")  # no such page, so it was not pointed out
    assert (edits[2].name, len(edits[2].text)) == ("date", LONGEST_VALUE)
    assert len(edits) == 3
    many = gr.EventData(None, {"values": [{"name": "total", "text": ""}] * (MOST_EDITS + 5)})
    assert len(edits_of(many, 3)) == MOST_EDITS
    assert edits_of(gr.EventData(None, {"values": "total"}), 3) == edits_of(gr.EventData(None, None), 3) == ()


@pytest.mark.parametrize(("value", "page"), [(1, 1), (3, 3), (4, None), (0, None), ("1", None), (True, None)])
def test_pages_are_those_of_the_document(value: Any, page: int | None) -> None:
    assert page_of(value, 3) == page


def test_a_region_has_a_page_and_a_box() -> None:
    event = gr.EventData(None, {"region": {"page": 2, "box": [1, 2, 3, 4]}})
    region = region_of(event, 3)
    assert region is not None and (region.page, region.box) == (2, Box(1, 2, 3, 4))
    assert region_of(event, 1) is None
    assert region_of(gr.EventData(None, {"region": "2"}), 3) is None
