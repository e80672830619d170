"""A page as markdown: headings by size, lists, tables with bars, paragraphs joined."""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from docvlm.imageops import Alignment
from docvlm.reading.layout import rows_of_lines
from docvlm.types import Box, Line, Reading

_HEADING_SIZES = ((1.7, "# "), (1.35, "## "), (1.15, "### "))
"""Size relative to the body's, and the mark of a heading of at least that size."""

_MAX_HEADING_WORDS = 14
_BULLET = re.compile(r"^[•●○▪■◦‣∙·–—*-]\s+(?=\S)")
_NUMBERED = re.compile(r"^(\d{1,3})[.)]\s+(?=\S)")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~]|&(?=#?\w+;))")
_LINE_START = re.compile(r"^(#{1,6}\s|[-+]\s|\d+[.)]\s)")
_BEGINS_LIKE_MARK = re.compile(r"^(\d*)(?=#{1,6}\s|[-+]\s|(?<=\d)[.)]\s|-[\s-]*$)")
_RULE = re.compile(r"-[\s-]*")
_END_OF_HEADING = re.compile(r"(?<=\s)(#+)$")
_MIN_TABLE_ROWS = 3


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a block: its lines (cells) with their boxes on the upright page."""

    lines: tuple[Line, ...]
    boxes: tuple[Box, ...]

    @property
    def box(self) -> Box:
        return Box.around(self.boxes)

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)


def to_markdown(reading: Reading) -> str:
    """Blocks in reading order, parted by blank lines; every word of the reading appears once.

    ``bodies_of`` takes running heads and page numbers out before.
    """
    upright = Alignment.of(reading)
    rows = [
        _Row(lines, tuple(Box.around(upright.to_upright(word.box) for word in line.words) for line in lines))
        for lines in rows_of_lines(reading)
    ]
    if not rows:
        return ""
    body_size = _body_size(rows)
    all_bold = all(_is_bold(row) for row in rows)
    parts: list[str] = []
    for _, members in itertools.groupby(rows, key=lambda row: row.lines[0].block):
        parts.extend(_block_parts(list(members), body_size, all_bold))
    return "\n\n".join(parts) + "\n"


def _body_size(rows: Sequence[_Row]) -> float:
    """The size that most characters are set in."""
    sizes = sorted((_size(row), len(row.text)) for row in rows)
    half = sum(length for _, length in sizes) / 2
    reached = 0
    for size, length in sizes:
        reached += length
        if reached >= half:
            return size
    return sizes[-1][0]


def _size(row: _Row) -> float:
    """Font size in points where the text layer tells it, else the height of the line in pixels."""
    known = [line.font_size for line in row.lines if line.font_size is not None]
    return max(known) if known else statistics.median(box.height for box in row.boxes)


def _block_parts(rows: list[_Row], body_size: float, all_bold: bool) -> list[str]:
    parts: list[str] = []
    start = 0
    while start < len(rows):
        end = _table_end(rows, start)
        if end - start >= _MIN_TABLE_ROWS:
            parts.append(_table(rows[start:end]))
            start = end
            continue
        mark = _heading_mark(rows[start], body_size)
        if not mark and not all_bold and _is_bold_heading(rows, start):
            mark = "### "
        if mark:
            parts.append(mark + _END_OF_HEADING.sub(r"\\\1", _escaped(rows[start].text)))
            start += 1
            continue
        end = start + 1
        while end < len(rows) and not _starts_something(rows, end, body_size):
            end += 1
        parts.append(_paragraph(rows[start:end]))
        start = end
    return _joined_lists(parts)


def _starts_something(rows: list[_Row], index: int, body_size: float) -> bool:
    row = rows[index]
    return (
        _list_item(row.text) is not None
        or bool(_heading_mark(row, body_size))
        or _is_bold(row) != _is_bold(rows[index - 1])
        or len(row.lines) > 1
        or len(rows[index - 1].lines) > 1
    )


def _table_end(rows: list[_Row], start: int) -> int:
    """End of the run of rows from ``start`` that have at least two cells."""
    end = start
    while end < len(rows) and len(rows[end].lines) >= 2:
        end += 1
    return end


def _heading_mark(row: _Row, body_size: float) -> str:
    words = row.text.split()
    if len(row.lines) > 1 or len(words) > _MAX_HEADING_WORDS or not any(map(str.isalpha, row.text)):
        return ""
    relative = _size(row) / body_size
    for size, mark in _HEADING_SIZES:
        if relative >= size:
            return mark
    return ""


def _is_bold(row: _Row) -> bool:
    return all(line.bold for line in row.lines)


def _is_bold_heading(rows: Sequence[_Row], index: int) -> bool:
    """Whether a bold row stands alone: one line, short, not a label, with no other bold row beside it."""
    row = rows[index]
    beside = [*rows[max(0, index - 1) : index], *rows[index + 1 : index + 2]]
    return (
        _is_bold(row)
        and len(row.lines) == 1
        and len(row.text.split()) <= _MAX_HEADING_WORDS
        and row.text[-1] not in ".:,;"
        and not any(_is_bold(other) for other in beside)
    )


def _list_item(text: str) -> tuple[str, str] | None:
    """The mark of an item of a list and what follows what is printed for it; None for other text."""
    if _RULE.fullmatch(text):
        return None
    if bullet := _BULLET.match(text):
        return "- ", text[bullet.end() :]
    if numbered := _NUMBERED.match(text):
        return f"{numbered.group(1)}. ", text[numbered.end() :]
    return None


def _paragraph(rows: Sequence[_Row]) -> str:
    text = " ".join(row.text for row in rows)
    item = _list_item(text)
    if item is None:
        return _BEGINS_LIKE_MARK.sub(r"\1\\", _escaped(text))
    mark, rest = item
    return mark + _escaped(rest)


def _joined_lists(parts: Sequence[str]) -> list[str]:
    """Neighbouring list items as one list."""
    joined: list[str] = []
    for part in parts:
        if joined and _LINE_START.match(part) and _LINE_START.match(joined[-1]) and not part.startswith("#"):
            joined[-1] += "\n" + part
        else:
            joined.append(part)
    return joined


def _table(rows: Sequence[_Row]) -> str:
    edges = _column_edges(rows)
    cells = [_cells(row, edges) for row in rows]
    printed = ["| " + " | ".join(row) + " |" for row in cells]
    printed.insert(1, "|" + " --- |" * (len(edges) + 1))
    return "\n".join(printed)


def _column_edges(rows: Sequence[_Row]) -> list[float]:
    """Where columns part, told by the rows with most cells: the middle of the white between their cells."""
    most = max(len(row.boxes) for row in rows)
    fullest = [row for row in rows if len(row.boxes) == most]
    ordered = [sorted(row.boxes, key=lambda box: box.x0) for row in fullest]
    return [
        (
            statistics.median(boxes[column].x1 for boxes in ordered)
            + statistics.median(boxes[column + 1].x0 for boxes in ordered)
        )
        / 2
        for column in range(most - 1)
    ]


def _cells(row: _Row, edges: Sequence[float]) -> list[str]:
    cells: list[list[str]] = [[] for _ in range(len(edges) + 1)]
    for line, box in zip(row.lines, row.boxes, strict=True):
        cells[sum(box.center[0] > edge for edge in edges)].append(_escaped(line.text))
    return [" ".join(cell) for cell in cells]


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
