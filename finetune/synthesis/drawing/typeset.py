"""Rows of cells → words on their places, in the fonts of a design."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from docvlm.types import Box
from finetune.synthesis.drawing.design import WHITE, Design
from finetune.synthesis.drawing.fonts import Face, width_of
from finetune.synthesis.drawing.sheet import Colour, Text
from finetune.synthesis.page import CHECKED, UNCHECKED, Cell, Draft, PrintedRow, Role

_LIST_FACT = re.compile(r"(items|transactions|cells)\.\d+\.")
_NAMES = ("seller_name", "bank_name", "sender_name")
_SAMPLE = "The total of 1,234.50 was paid on 12/03/2024 to A. Miller Ltd."
_FIT_STEP, _FIT_TRIES = 1.05, 14


@dataclass(frozen=True, slots=True)
class PlacedCell:
    """A cell on its place: its words, and the box of its line."""

    cell: Cell
    texts: tuple[Text, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row on its place; ``box`` spans the whole width of what is printed."""

    number: int
    role: Role
    cells: tuple[PlacedCell, ...]
    box: Box
    baseline: int

    @property
    def is_item(self) -> bool:
        return any(_LIST_FACT.match(placed.cell.fact or "") for placed in self.cells)

    def states(self, *facts: str) -> bool:
        return any(placed.cell.fact in facts for placed in self.cells)


@dataclass(frozen=True, slots=True)
class Typeset:
    """All rows of a page in pixels; ``left``, ``right``: where what is printed starts and ends."""

    rows: tuple[PlacedRow, ...]
    left: float
    right: float
    width: int
    height: int
    unit: float

    @property
    def bottom(self) -> float:
        return max(row.box.y1 for row in self.rows)

    def texts(self) -> Iterator[Text]:
        return (text for row in self.rows for placed in row.cells for text in placed.texts)


@dataclass(frozen=True, slots=True)
class Space:
    """Pixels kept free around what is printed: for a logo, a portrait, a barcode."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


def typeset(draft: Draft, design: Design, rng: Random, space: Space) -> Typeset:
    """Place every word of a draft."""
    body = Face(design.body, design.size)
    head = min((row.y for row in draft.rows if row.role is Role.LABEL), default=8.0)
    rows = [_Row(row, tuple(_face(cell, row, design, head) for cell in row.cells)) for row in draft.rows]
    unit = _fitting_unit(rows, draft.columns, body, design)
    content = draft.columns * unit
    rows = [_shrunk(row, _room(row, rows, unit, content)) for row in rows]
    side = content * design.margin + design.size
    left = side + space.left
    width = round(content + 2 * side + space.left + space.right)
    tops, bottom = _tops(rows, design, width, side + space.top)
    placed = tuple(
        _placed(number, row, tops[row.row.y], unit, left, content, body, design, rng)
        for number, row in enumerate(rows)
    )
    right = max([left + content, *(cell.box.x1 for row in placed for cell in row.cells)])
    width = max(width, round(right + side * 0.8 + space.right))
    height = max(round(bottom + side + space.bottom), round(width * design.ratio))
    return Typeset(placed, left, right, width, height, unit)


@dataclass(frozen=True, slots=True)
class _Row:
    row: PrintedRow
    faces: tuple[Face, ...]

    def joined(self, other: _Row) -> _Row:
        return _Row(replace(self.row, cells=(*self.row.cells, *other.row.cells)), (*self.faces, *other.faces))

    @property
    def size(self) -> int:
        return max((face.size for face in self.faces), default=0)


def _face(cell: Cell, row: PrintedRow, design: Design, head: float) -> Face:
    """The face of a cell; names are large in the head of the page, which ends at the row ``head``."""
    body = Face(design.body, design.size)
    if row.role is Role.TITLE:
        return replace(Face(design.display, design.size, design.title_bold).resized(design.title_scale))
    if row.role is Role.HEADING:
        return replace(body, bold=True).resized(1.1)
    if cell.fact in _NAMES and row.y < min(head, 8) and len(row.cells) == 1:
        return Face(design.display, design.size, design.name_bold).resized(design.name_scale)
    if row.role is Role.HEADER:
        return replace(body, bold=design.header not in ("plain", "rule"))
    if row.role is Role.LABEL:
        return replace(body, bold=design.label_bold).resized(design.label_scale)
    if any(other.fact == "total" for other in row.cells):
        return replace(body, bold=design.total != "plain").resized(design.total_scale)
    if design.hand and cell.fact and cell.fact.startswith("entries.") and cell.fact.endswith(".value"):
        return Face(design.hand, round(design.size * 1.15))
    if is_label(cell, row):
        return replace(body, bold=design.label_bold)
    return body


def is_label(cell: Cell, row: PrintedRow) -> bool:
    """Whether a cell introduces the cell after it."""
    if cell.text in (CHECKED, UNCHECKED):
        return False
    place = row.cells.index(cell)
    after = row.cells[place + 1 : place + 2]
    if cell.fact is not None:
        return cell.fact.endswith(".label")
    return bool(after) and after[0].fact is not None


def _fitting_unit(rows: Iterable[_Row], columns: int, body: Face, design: Design) -> float:
    """The width of a column, in pixels, at which no cell runs into the next, nor a row into one beside it."""
    unit = width_of(body, _SAMPLE) / len(_SAMPLE) * 0.94
    beside: dict[float, _Row] = {}
    for row in rows:
        before = beside.get(row.row.y)
        beside[row.row.y] = row if before is None else before.joined(row)
    tight = [row for row in beside.values() if any(cell.column is not None for cell in row.row.cells[1:])]
    for _ in range(_FIT_TRIES):
        if not any(_collides(row, unit, columns) for row in tight):
            break
        unit *= _FIT_STEP
    return unit * design.stretch


def _collides(row: _Row, unit: float, columns: int) -> bool:
    end = 0.0
    for cell, face in zip(row.row.cells, row.faces, strict=True):
        width = width_of(face, cell.text)
        start = end if cell.column is None else _anchored(cell, width, unit)
        if cell.column is not None and start < end:
            return True
        end = start + width + width_of(face, " ")
    return end > (columns + 3) * unit


def _anchored(cell: Cell, width: float, unit: float) -> float:
    column = (cell.column or 0) * unit
    return {"left": column, "right": column - width, "center": column - width / 2}[cell.align]


def _room(row: _Row, rows: Sequence[_Row], unit: float, content: float) -> float:
    """How far a row may reach: to the row beside it, or to the end of the line."""
    start = (row.row.cells[0].column or 0) if row.row.cells else 0
    beside = (
        other.row.cells[0].column or 0 for other in rows if other.row.y == row.row.y and other.row.cells
    )
    return min((column * unit - start * unit for column in beside if column > start), default=content)


def _shrunk(row: _Row, content: float) -> _Row:
    """Type is set smaller where it would not fit on the line."""
    needed = sum(width_of(face, f"{cell.text} ") for cell, face in zip(row.row.cells, row.faces, strict=True))
    if needed <= content or len(row.row.cells) > 2:
        return row
    return replace(row, faces=tuple(face.resized(max(0.6, content / needed)) for face in row.faces))


def _tops(rows: Sequence[_Row], design: Design, width: int, top: float) -> tuple[dict[float, float], float]:
    """The top of each row by its ``y`` (rows side by side have one), and where the last ends.

    A page that is not filled is spread a little; what stands below the last gap may go to its foot.
    """
    levels = sorted({row.row.y for row in rows})
    heights = {
        level: max(row.size for row in rows if row.row.y == level) * design.line
        + _padding(rows, level, design)
        for level in levels
    }
    gaps = [
        max(0.0, after - before - 1) * design.size * design.line * design.gap
        for before, after in itertools.pairwise(levels)
    ]
    used = top + sum(heights.values()) + sum(gaps) + width * 0.1
    spare = width * design.ratio - used
    if spare > 0 and any(gaps):
        most = 1.6 * design.size
        each = min(most, spare * 0.5 / sum(gap > 0 for gap in gaps))
        gaps = [gap + each if gap else 0.0 for gap in gaps]
        last = max(place for place, gap in enumerate(gaps) if gap)
        if design.bottom_block and _is_foot([row for row in rows if row.row.y > levels[last]]):
            gaps[last] += max(0.0, spare - each * sum(gap > 0 for gap in gaps) - width * 0.04)
    tops: dict[float, float] = {}
    y = top
    for level, gap in zip(levels, [*gaps, 0.0], strict=True):
        tops[level] = y
        y += heights[level] + gap
    return tops, y


def _is_foot(rows: Sequence[_Row]) -> bool:
    return any(cell.fact in ("iban", "bic", "bank_name") for row in rows for cell in row.row.cells)


def _padding(rows: Sequence[_Row], level: float, design: Design) -> float:
    """Room for the shades and rules of heads, items and totals."""
    here = [row.row for row in rows if row.row.y == level]
    if any(row.role is Role.BUTTON for row in here):
        return design.size * 0.8
    if any(row.role is Role.HEADER for row in here) and design.header != "plain":
        return design.size * 0.5
    if design.grid != "none" and any(_LIST_FACT.match(cell.fact or "") for row in here for cell in row.cells):
        return design.size * 0.3
    if any(cell.fact == "total" for row in here for cell in row.cells) and design.total not in (
        "plain",
        "bold",
    ):
        return design.size * 0.4
    if design.entries in ("boxes", "shaded") and any(
        (cell.fact or "").startswith("entries.") for row in here for cell in row.cells
    ):
        return design.size * 0.45
    return 0.0


def _placed(
    number: int,
    row: _Row,
    top: float,
    unit: float,
    left: float,
    content: float,
    body: Face,
    design: Design,
    rng: Random,
) -> PlacedRow:
    size = row.size or body.size
    height = size * design.line + _padding([row], row.row.y, design)
    baseline = round(top + height / 2 + size * 0.34)
    end = 0.0
    cells = []
    for cell, face in zip(row.row.cells, row.faces, strict=True):
        width = width_of(face, cell.text)
        start = end
        if cell.column is not None:
            start = max(0.0, _anchored(cell, width, unit), end)
        texts = tuple(_words(cell, face, left + start, baseline, _colour(cell, row, design), number, rng))
        cells.append(PlacedCell(cell, texts, Box(left + start, top, left + start + width, top + height)))
        end = start + width + width_of(face, " ") * (1.2 if cell.text else 0)
    return PlacedRow(
        number, row.row.role, tuple(cells), Box(left, top, left + content, top + height), baseline
    )


def _words(
    cell: Cell, face: Face, start: float, baseline: int, colour: Colour, row: int, rng: Random
) -> Iterator[Text]:
    if cell.text in (CHECKED, UNCHECKED):
        return
    is_hand = face.family in ("kalam", "caveat", "indie_flower")
    for word in cell.text.split():
        lift = rng.choice((-1, 0, 0, 1)) if is_hand else 0
        yield Text(word, round(start), baseline + lift, face, colour, row, cell.fact)
        start += width_of(face, f"{word} ")


def _colour(cell: Cell, row: _Row, design: Design) -> Colour:
    printed = row.row
    if printed.role is Role.TITLE and design.title_coloured:
        return design.accent
    if printed.role is Role.BUTTON or (printed.role is Role.HEADER and design.header == "inverted"):
        return WHITE
    if design.hand and (cell.fact or "").startswith("entries.") and (cell.fact or "").endswith(".value"):
        return design.pen
    if design.label_coloured and (printed.role is Role.LABEL or is_label(cell, printed)):
        red, green, blue = design.accent
        return red, green, blue
    return design.ink
