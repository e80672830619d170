"""A picture of where a label and an answer stand on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from docvlm.types import Box, RgbImage

_LABEL_COLOUR = (22, 163, 74)
_ANSWER_COLOUR = (220, 38, 38)
_WIDEST, _TALLEST = 720, 420  # pixels of a picture
_LEAST_SHARE = (0.8, 0.1)  # of the page that a picture shows, across (the cue beside a value) and down
_FARTHEST = 0.4  # of the page's height: evidence farther apart is shown in two parts
_GAP = 6  # pixels between the two


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where label and answer stand on one page, in pixels of its reading."""

    page: int
    label: tuple[Box, ...]
    answer: tuple[Box, ...]


def evidence_png(page: RgbImage, place: Evidence) -> bytes:
    """:func:`evidence_picture` as a PNG file."""
    return bytes(cv2.imencode(".png", cv2.cvtColor(evidence_picture(page, place), cv2.COLOR_RGB2BGR))[1])


def evidence_picture(page: RgbImage, place: Evidence) -> RgbImage:
    """The part of a page around label and answer, with boxes; at most ``_WIDEST`` × ``_TALLEST`` a part.

    Label and answer that stand far apart are shown one above the other.

    Args:
        page: shape (height, width, 3), in the pixels of the boxes.
    """
    drawn = np.ascontiguousarray(page).copy()
    others = [box for box in place.answer if box not in place.label]
    for boxes, colour in ((others, _ANSWER_COLOUR), (place.label, _LABEL_COLOUR)):
        for box in boxes:
            _outline(drawn, box, colour)
    together = Box.around([*place.label, *place.answer])
    if place.label and place.answer and together.height > _FARTHEST * page.shape[0]:
        parts = [_cut(drawn, Box.around(boxes)) for boxes in (place.label, place.answer)]
        return _above_each_other(parts)
    return _cut(drawn, together)


def _outline(drawn: RgbImage, box: Box, colour: tuple[int, int, int]) -> None:
    thickness = max(2, round(max(drawn.shape[:2]) / 900))
    first = round(box.x0) - thickness, round(box.y0) - thickness
    last = round(box.x1) + thickness, round(box.y1) + thickness
    cv2.rectangle(drawn, first, last, colour, thickness)


def _cut(drawn: RgbImage, box: Box) -> RgbImage:
    """The box with room around it, shrunk to fit."""
    height, width = drawn.shape[:2]
    wanted = (
        max(box.width * 1.2, width * _LEAST_SHARE[0]),
        max(box.height * 1.4, height * _LEAST_SHARE[1]),
    )
    x0, x1 = _range(box.x0, box.x1, wanted[0], width)
    y0, y1 = _range(box.y0, box.y1, wanted[1], height)
    part = drawn[y0:y1, x0:x1]
    scale = min(1.0, _WIDEST / part.shape[1], _TALLEST / part.shape[0])
    if scale == 1.0:
        return part
    size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)


def _range(low: float, high: float, wanted: float, limit: int) -> tuple[int, int]:
    """``wanted`` pixels around the middle of ``low`` and ``high``, moved to lie within 0 and ``limit``."""
    length = min(limit, max(1, round(wanted)))
    start = min(max(0, round((low + high - length) / 2)), limit - length)
    return start, start + length


def _above_each_other(parts: Sequence[RgbImage]) -> RgbImage:
    width = max(part.shape[1] for part in parts)
    rows = [
        cv2.copyMakeBorder(
            part, 0, _GAP, 0, width - part.shape[1], cv2.BORDER_CONSTANT, value=(203, 213, 225)
        )
        for part in parts
    ]
    return np.asarray(np.vstack(rows)[:-_GAP], np.uint8)
