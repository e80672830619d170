"""Numbers and boxes that come from the browser, checked before anything is made of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import gradio as gr

from docvlm.pipeline import Region
from docvlm.types import Box

MOST_BOXES = 200
MOST_EDITS = 2000
LONGEST_NAME = 500  # questions are names too
LONGEST_PASSWORD = 500
LONGEST_VALUE = 2000
_LARGEST = 1e6  # pixels; no page is larger


def box_from(value: Any) -> Box | None:
    """A box in pixels of the page, None where ``value`` is none."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in value):
        return None
    x0, y0, x1, y1 = (float(number) for number in value)
    if not all(math.isfinite(number) and 0 <= number <= _LARGEST for number in (x0, y0, x1, y1)):
        return None
    return Box(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


@dataclass(frozen=True, slots=True)
class EditedValue:
    """What a person says of one value of a sheet.

    ``page`` and ``boxes`` are where it was pointed out, None and empty where it was typed or accepted.
    """

    name: str
    text: str
    page: int | None = None
    boxes: tuple[Box, ...] = ()


def edits_of(event: gr.EventData, page_count: int) -> tuple[EditedValue, ...]:
    """The values that came with an event; those that are none are left out."""
    values = event._data.get("values") if isinstance(event._data, dict) else None
    edits = (
        _edited(value, page_count) for value in (values if isinstance(values, list) else [])[:MOST_EDITS]
    )
    return tuple(edit for edit in edits if edit is not None)


def _edited(value: Any, page_count: int) -> EditedValue | None:
    if not isinstance(value, dict):
        return None
    name, text = value.get("name"), value.get("text")
    if not isinstance(name, str) or not isinstance(text, str) or len(name) > LONGEST_NAME:
        return None
    page, boxes = page_of(value.get("page"), page_count), boxes_in(value.get("boxes"))
    if page is None or not boxes:
        page, boxes = None, ()
    return EditedValue(name, text[:LONGEST_VALUE], page, boxes)


def boxes_in(values: Any) -> tuple[Box, ...]:
    """The boxes of a list that came with an event; those that are none are left out."""
    boxes = (box_from(value) for value in (values if isinstance(values, list) else [])[:MOST_BOXES])
    return tuple(box for box in boxes if box is not None)


def page_of(value: Any, page_count: int) -> int | None:
    """A page number of the document, None where it is none."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 1 <= value <= page_count else None


def region_of(event: gr.EventData, page_count: int) -> Region | None:
    """The part of a page that came with an event, None where there is none."""
    value = event._data.get("region") if isinstance(event._data, dict) else None
    if not isinstance(value, dict):
        return None
    page, box = page_of(value.get("page"), page_count), box_from(value.get("box"))
    return None if page is None or box is None else Region(page, box)
