"""The page as text that keeps its layout: rows as rows, wide gaps as a few spaces.

This is what the language model reads, so white space is spent where it tells something and no more.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence

from docvlm.imageops import Alignment
from docvlm.reading.order import reads_right_to_left
from docvlm.types import Box, Line, Reading, Word

MAX_SPACES = 6
"""Longest run of spaces in :func:`layout_text`."""

_ONE_SPACE = 2.0  # character widths: white up to this is one space
_BLANK_LINE = 0.9  # row heights: more white than this is a blank line


def layout_rows(reading: Reading) -> tuple[tuple[Word, ...], ...]:
    """The words of each row of :func:`layout_text`, in reading order, boxes on the page as given."""
    return tuple(tuple(word for line in row for word in line.words) for row in rows_of_lines(reading))


def layout_text(reading: Reading) -> str:
    """The page's words in reading order, one row of the page a line, columns one after the other.

    White of more than two characters becomes two to six spaces, in proportion; a clear vertical gap becomes
    a blank line; rows are indented by at most six spaces. No word is changed, lost or repeated.
    """
    upright = Alignment.of(reading)
    rows = layout_rows(reading)
    if not rows:
        return ""
    boxes = {id(word): upright.to_upright(word.box) for row in rows for word in row}
    character_width = statistics.median(
        boxes[id(word)].width / len(word.text) for row in rows for word in row if word.text
    )
    character_width = max(character_width, 1.0)
    row_boxes = [Box.around(boxes[id(word)] for word in row) for row in rows]
    row_height = statistics.median(box.height for box in row_boxes)
    margin = min(box.x0 for box in row_boxes)

    printed: list[str] = []
    for index, row in enumerate(rows):
        if index and _is_apart(row_boxes[index - 1], row_boxes[index], row_height):
            printed.append("")
        is_indented = not reads_right_to_left(word.text for word in row)
        indent = _spaces(row_boxes[index].x0 - margin, character_width) if is_indented else 0
        printed.append(" " * indent + _print_row([(word, boxes[id(word)]) for word in row], character_width))
    return "\n".join(printed)


def rows_of_lines(reading: Reading) -> tuple[tuple[Line, ...], ...]:
    """Lines of one block that stand on one row of the upright page, kept in reading order."""
    upright = Alignment.of(reading)
    rows: list[list[Line]] = []
    before: Box | None = None
    for line in reading.lines:
        if not line.words:
            continue
        box = Box.around(upright.to_upright(word.box) for word in line.words)
        if before is not None and rows[-1][-1].block == line.block and _same_row(before, box):
            rows[-1].append(line)
        else:
            rows.append([line])
        before = box
    return tuple(tuple(row) for row in rows)


def _same_row(left: Box, right: Box) -> bool:
    overlap = min(left.y1, right.y1) - max(left.y0, right.y0)
    beside = max(left.x0, right.x0) - min(left.x1, right.x1)
    return overlap >= 0.5 * min(left.height, right.height) and beside > -0.5 * min(left.width, right.width)


def _is_apart(above: Box, below: Box, row_height: float) -> bool:
    """Whether a row begins well below the one before, or back at the top of another column."""
    return below.y0 - above.y1 > _BLANK_LINE * row_height or below.y1 < above.y0


def _print_row(row: Sequence[tuple[Word, Box]], character_width: float) -> str:
    parts = [row[0][0].text]
    for (_, before), (word, box) in itertools.pairwise(row):
        white = max(before.x0, box.x0) - min(before.x1, box.x1)
        parts.append(" " * max(1, _spaces(white, character_width)))
        parts.append(word.text)
    return "".join(parts)


def _spaces(white: float, character_width: float) -> int:
    widths = white / character_width
    return 0 if widths < _ONE_SPACE else min(MAX_SPACES, round(widths))
