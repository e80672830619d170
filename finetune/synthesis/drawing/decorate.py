"""Rules, shades, boxes and ornaments around the words of a page."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from random import Random

from docvlm.types import Box
from finetune.synthesis.drawing import ornaments
from finetune.synthesis.drawing.design import BLACK, Design
from finetune.synthesis.drawing.fonts import Face
from finetune.synthesis.drawing.sheet import Area, Colour, Ellipse, Shape, Stamp, Stroke
from finetune.synthesis.drawing.typeset import PlacedCell, PlacedRow, Typeset
from finetune.synthesis.page import CHECKED, UNCHECKED, Role

_GRAY: Colour = (120, 120, 124)
_LIGHT: Colour = (190, 190, 194)
_PARTIES = ("buyer_name", "buyer_address", "delivery_address", "seller_name", "seller_address")
STAMPS = (
    "PAID",
    "RECEIVED",
    "COPY",
    "APPROVED",
    "ORIGINAL",
    "ENTERED",
    "CHECKED",
    "PAID IN FULL",
    "OFFICE COPY",
)
_STAMP_COLOURS: tuple[Colour, ...] = ((176, 30, 40), (40, 60, 150), (30, 110, 70), (110, 40, 120))


def under(page: Typeset, design: Design, kind: str, rng: Random) -> list[Shape]:
    """Everything that lies under the words, bottom first."""
    shapes: list[Shape] = []
    if design.band:
        shapes.append(Area(Box(0, 0, page.width, rng.uniform(0.012, 0.03) * page.width), design.accent))
    if kind == "id_card":
        shapes += _card_ground(page, design, rng)
    if design.frame:
        shapes += _frame(page, design)
    shapes += _table(page, design, kind)
    shapes += _total(page, design)
    shapes += _label_rows(page, design)
    shapes += _parties(page, design)
    if kind in ("form", "application", "screenshot"):
        shapes += _entries(page, design)
    if kind == "screenshot":
        shapes += _window(page, design)
    shapes += _ticks(page, design)
    if design.rule_below_head:
        shapes += _rule_below_head(page, design)
    return shapes


def _frame(page: Typeset, design: Design) -> list[Shape]:
    pad = design.size * 0.8
    bottom = page.bottom + pad + (design.size * 2.4 if design.signature else 0)
    box = Box(page.left - pad, page.rows[0].box.y0 - pad, page.right + pad, min(bottom, page.height - 3))
    return [Area(box, None, design.ink if design.size % 2 else _GRAY, width=1 + design.size % 2)]


def _table(page: Typeset, design: Design, kind: str) -> Iterator[Shape]:
    heads = [row for row in page.rows if row.role is Role.HEADER]
    items = [row for row in page.rows if row.is_item]
    if not heads:
        return
    head = heads[0]
    wide = _wide(head.box, page, design)
    if design.header in ("shaded", "inverted", "boxed"):
        fill = design.accent if design.header == "inverted" else design.tint
        outline = design.ink if design.header == "boxed" else None
        yield Area(wide, fill if design.header != "boxed" else None, outline)
    if design.header in ("rule", "rules"):
        yield _rule(wide.x0, wide.x1, wide.y1, design.ink)
    if design.header == "rules":
        yield _rule(wide.x0, wide.x1, wide.y0, design.ink)
    if not items or kind == "receipt":
        return
    if design.grid == "zebra":
        for place, row in enumerate(items):
            if place % 2:
                yield Area(_wide(row.box, page, design), design.tint)
    if design.grid in ("rows", "dotted"):
        for row in items:
            yield _rule(
                wide.x0,
                wide.x1,
                row.box.y1,
                _LIGHT if design.grid == "rows" else _GRAY,
                dash=2 * (design.grid == "dotted"),
            )
    if design.grid == "full":
        yield from _full_grid(page, head, items, design)
    elif design.header != "plain":
        yield _rule(wide.x0, wide.x1, items[-1].box.y1, design.ink)


def _full_grid(page: Typeset, head: PlacedRow, items: Sequence[PlacedRow], design: Design) -> Iterator[Shape]:
    """Lines around every cell; a column's line goes where no cell of it or its neighbour is crossed."""
    rows = [head, *(row for row in page.rows if head.box.y1 <= row.box.y0 <= items[-1].box.y0)]
    outer = Box.around(_wide(row.box, page, design) for row in rows)
    yield Area(outer, None, design.ink)
    for row in rows[1:]:
        yield _rule(outer.x0, outer.x1, row.box.y0, design.ink)
    spans = sorted((cell.box.x0, cell.box.x1) for row in (head, *items) for cell in row.cells if cell.texts)
    reach = spans[0][1]
    for start, end in spans[1:]:
        if start > reach + design.size * 0.3:
            yield Stroke((((start + reach) / 2, outer.y0), ((start + reach) / 2, outer.y1)), design.ink)
        reach = max(reach, end)


def _total(page: Typeset, design: Design) -> Iterator[Shape]:
    for row in page.rows:
        if not row.states("total") or len(row.cells) < 2:
            continue
        inner = Box.around(cell.box for cell in row.cells)
        pad = design.size * 0.4
        box = Box(inner.x0 - pad, row.box.y0 + 1, inner.x1 + pad, row.box.y1 - 1)
        if design.total == "shaded":
            yield Area(box, design.tint)
        elif design.total == "boxed":
            yield Area(box, None, design.ink)
        elif design.total in ("rule", "double"):
            yield _rule(box.x0, box.x1, box.y0, design.ink)
        if design.total == "double":
            yield _rule(box.x0, box.x1, box.y1 - 3, design.ink)
            yield _rule(box.x0, box.x1, box.y1, design.ink)


def _label_rows(page: Typeset, design: Design) -> Iterator[Shape]:
    """Boxes around labels that stand side by side above their values."""
    if design.blocks == "none":
        return
    for row, values in zip(page.rows, page.rows[1:], strict=False):
        if row.role is not Role.LABEL or len(row.cells) < 2:
            continue
        pad = design.size * 0.4
        edges = [cell.box.x0 - pad for cell in row.cells] + [_last_edge(row, values, page) + pad]
        top, bottom = row.box.y0, values.box.y1
        for x0, x1 in itertools.pairwise(edges):
            if design.blocks == "headed":
                yield Area(Box(x0, top, x1, row.box.y1), design.tint)
            if design.blocks in ("boxed", "headed"):
                yield Area(Box(x0, top, x1, bottom), None, _GRAY)
        if design.blocks == "lined":
            yield _rule(edges[0], edges[-1], bottom, _LIGHT)


def _last_edge(row: PlacedRow, values: PlacedRow, page: Typeset) -> float:
    needed = max(cell.box.x1 for cell in (*row.cells, *values.cells))
    return max(needed, page.right) if needed > page.left + (page.right - page.left) * 0.75 else needed


def _parties(page: Typeset, design: Design) -> Iterator[Shape]:
    """Boxes around a name and an address under their label."""
    if design.blocks == "none":
        return
    middle = (page.left + page.right) / 2
    for place, row in enumerate(page.rows):
        if row.role is not Role.LABEL or len(row.cells) != 1:
            continue
        block = [row]
        for other in page.rows[place + 1 :]:
            same = len(other.cells) == 1 and abs(other.cells[0].box.x0 - row.cells[0].box.x0) < 2
            if not same or not other.states(*_PARTIES) or other.role is not Role.TEXT:
                break
            block.append(other)
        if len(block) < 3:
            continue
        inner = Box.around(cell.box for other in block for cell in other.cells)
        pad = design.size * 0.5
        right = max(inner.x1 + pad, middle - pad if inner.x0 < middle - 4 * pad else page.right + pad)
        box = Box(inner.x0 - pad, inner.y0 - pad * 0.3, right, inner.y1 + pad * 0.5)
        if design.blocks == "headed":
            yield Area(Box(box.x0, box.y0, box.x1, row.box.y1), design.tint)
        if design.blocks in ("boxed", "headed"):
            yield Area(box, None, _GRAY)
        if design.blocks == "lined":
            yield _rule(box.x0, box.x1, row.box.y1, design.accent)


def _entries(page: Typeset, design: Design) -> Iterator[Shape]:
    """What a form gives people to write on."""
    for row in page.rows:
        cells = row.cells
        starts = [place for place, cell in enumerate(cells) if (cell.cell.fact or "").endswith(".label")]
        if not starts:
            continue
        if design.entries == "rows":
            yield _rule(page.left, page.right, row.box.y1, _GRAY)
        for start, following in zip(starts, [*starts[1:], None], strict=True):
            edge = page.right if following is None else cells[following].box.x0 - design.size
            values = cells[start + 1 : following]
            yield from _entry(row, cells[start], values, edge, design)


def _entry(
    row: PlacedRow, label: PlacedCell, values: Sequence[PlacedCell], edge: float, design: Design
) -> Iterator[Shape]:
    edge = max([edge, *(value.box.x1 for value in values)])
    start = values[0].box.x0 if values else label.box.x1 + design.size * 0.4
    pad = design.size * 0.3
    if design.entries in ("underline", "dotted") and values and edge - start > design.size:
        y = row.baseline + round(design.size * 0.28)
        yield _rule(start, edge, y, design.ink, dash=3 * (design.entries == "dotted"))
    elif design.entries in ("boxes", "shaded"):
        box = Box(label.box.x0 - pad, row.box.y0 + 1, edge + pad, row.box.y1 - 1)
        shaded = design.entries == "shaded"
        yield Area(box, design.tint if shaded else None, None if shaded else _GRAY)


def _ticks(page: Typeset, design: Design) -> Iterator[Shape]:
    """Boxes to tick, some of them ticked."""
    for row in page.rows:
        for cell in row.cells:
            if cell.cell.text not in (CHECKED, UNCHECKED):
                continue
            side = round(design.size * 0.78)
            x, y = cell.box.x0, row.baseline + 2 - side
            yield Area(Box(x, y, x + side, y + side), None, design.ink, width=1 + side // 14)
            if cell.cell.text == CHECKED:
                colour = design.pen if design.hand else BLACK
                yield Stroke(((x + 3, y + 3), (x + side - 3, y + side - 3)), colour, 2)
                yield Stroke(((x + side - 3, y + 3), (x + 3, y + side - 3)), colour, 2)


def _window(page: Typeset, design: Design) -> Iterator[Shape]:
    """The bar of a window's title, what closes it, and its buttons."""
    bar = Box(0, 0, page.width, page.rows[0].box.y1 + design.size * 0.3)
    yield Area(bar, design.tint)
    for place in range(3):
        x = page.width - design.size * (1.2 + 1.1 * place)
        middle = bar.height / 2
        yield Ellipse(Box(x, middle - 5, x + 10, middle + 5), None if place else design.accent, _GRAY)
    for row in page.rows:
        for cell in row.cells if row.role is Role.BUTTON else ():
            pad = design.size * 0.7
            box = Box(cell.box.x0 - pad, row.box.y0 + 2, cell.box.x1 + pad, row.box.y1 - 2)
            yield Area(box, design.accent, radius=design.size // 4)


def _rule_below_head(page: Typeset, design: Design) -> Iterator[Shape]:
    """A line in the first gap between rows."""
    rows = sorted(page.rows, key=lambda row: row.box.y0)
    bottom = 0.0
    for row, after in itertools.pairwise(rows):
        bottom = max(bottom, row.box.y1)
        if after.box.y0 - bottom > design.size * 0.5 and row.number > 0:
            colour = design.accent if design.title_coloured else design.ink
            y = (after.box.y0 + bottom) / 2
            yield Stroke(((page.left, y), (page.right, y)), colour, 2)
            return


def _card_ground(page: Typeset, design: Design, rng: Random) -> Iterator[Shape]:
    """The printed ground of a card: a tint with fine lines."""
    red, green, blue = design.accent
    tint = tuple(round(255 - (255 - part) * 0.14) for part in (red, green, blue))
    line = tuple(round(255 - (255 - part) * 0.22) for part in (red, green, blue))
    yield Area(Box(0, 0, page.width, page.height), (tint[0], tint[1], tint[2]))
    step, slope = rng.randint(9, 22), rng.uniform(-0.6, 0.6)
    for offset in range(-page.height, page.width + page.height, step):
        points = tuple(
            (offset + share * page.height * slope + step * (share * 7 % 1), share * page.height)
            for share in (0.0, 0.14, 0.28, 0.43, 0.57, 0.71, 0.86, 1.0)
        )
        yield Stroke(points, (line[0], line[1], line[2]))
    top = Box(0, 0, page.width, page.rows[0].box.y0 * 0.55)
    yield Area(top, design.accent)


def over(page: Typeset, design: Design, rng: Random) -> list[Shape]:
    """A signature in the free space below the text."""
    if not design.signature:
        return []
    width, height = design.size * rng.uniform(6, 10), design.size * rng.uniform(1.4, 2.2)
    x = page.left + rng.choice((0.0, 0.55, 0.62)) * (page.right - page.left)
    x = min(x, page.right - width)
    y = page.bottom + design.size * 0.4
    if y + height > page.height - 4:
        return []
    return ornaments.signature(Box(x, y, x + width, y + height), design.pen, rng)


def stamps(page: Typeset, design: Design, rng: Random) -> tuple[Stamp, ...]:
    """A stamp where the page is free."""
    if not design.stamp:
        return ()
    text = rng.choice(STAMPS)
    face = Face("pt_sans", round(design.size * rng.uniform(1.3, 2.0)), bold=True)
    reach = (0.36 * len(text) + 0.8) * face.size
    for _ in range(12):
        x = rng.uniform(page.left + reach, max(page.left + reach, page.right - reach))
        y = rng.uniform(face.size * 2.5, page.height - face.size * 2.5)
        around = Box(x - reach, y - face.size * 2, x + reach, y + face.size * 2)
        if not any(around.intersection(cell.box) for row in page.rows for cell in row.cells):
            number = page.rows[-1].number + 1
            return (Stamp(text, (x, y), rng.uniform(-14, 14), face, rng.choice(_STAMP_COLOURS), number),)
    return ()


def _wide(box: Box, page: Typeset, design: Design) -> Box:
    pad = design.size * 0.4
    return Box(page.left - pad, box.y0, page.right + pad, box.y1)


def _rule(x0: float, x1: float, y: float, colour: Colour, dash: int = 0) -> Stroke:
    return Stroke(((x0, y), (x1, y)), colour, 1, dash)
