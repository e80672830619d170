"""A draft → a sheet: the page's look, its words on their places, and everything around them."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from docvlm.types import Box
from finetune.synthesis.drawing import decorate, ornaments
from finetune.synthesis.drawing.additions import footer_line, with_additions
from finetune.synthesis.drawing.design import Design, make_design
from finetune.synthesis.drawing.fonts import Face, width_of
from finetune.synthesis.drawing.sheet import Shape, Sheet, Text
from finetune.synthesis.drawing.typeset import Space, Typeset, typeset
from finetune.synthesis.page import Draft

_GRAY = (96, 96, 100)


def compose(draft: Draft, rng: Random) -> Sheet:
    """Lay out a page in a look of its own."""
    design = make_design(draft, rng)
    draft = with_additions(draft, design, rng)
    page, logo = _with_logo(draft, design, rng)
    shapes = [*decorate.under(page, design, draft.kind, rng), *logo]
    shapes += _portrait(page, design, rng)
    shapes += _barcode(page, design, rng)
    return Sheet(
        width=page.width,
        height=page.height,
        paper=design.paper,
        texts=(*page.texts(), *_footer(page, design, draft, rng)),
        shapes=tuple(shapes),
        over=tuple(decorate.over(page, design, rng)),
        stamps=decorate.stamps(page, design, rng),
    )


def _with_logo(draft: Draft, design: Design, rng: Random) -> tuple[Typeset, list[Shape]]:
    """The page, with a logo beside its head where there is room, or above everything."""
    space = _space(design, draft)
    page = typeset(draft, design, rng, space)
    if design.logo is None:
        return page, []
    side = design.size * rng.uniform(2.4, 4.6)
    top = max(design.size * 0.9, space.top * 0.9)
    box = _logo_box(page, design, side, top)
    if any(box.intersection(cell.box) for row in page.rows for cell in row.cells if cell.texts):
        page = typeset(draft, design, rng, replace(space, top=space.top + side))
        box = _logo_box(page, design, side, top)
    return page, ornaments.logo(box, design.accent, design.tint, rng)


def _logo_box(page: Typeset, design: Design, side: float, top: float) -> Box:
    x = {
        "left": page.left,
        "center": (page.left + page.right - side) / 2,
        "right": page.right - side,
        None: page.left,
    }[design.logo]
    return Box(x, top, x + side, top + side)


def _space(design: Design, draft: Draft) -> Space:
    beside = design.size * 7.0 if design.portrait else 0.0
    return Space(
        left=beside if design.portrait == "left" else 0.0,
        right=beside if design.portrait == "right" else 0.0,
        top=design.size * (1.5 if draft.kind == "id_card" else 0.6 if design.band else 0.0),
        bottom=design.size * (4.5 if design.barcode else 2.8 if design.signature else 0.0),
    )


def _portrait(page: Typeset, design: Design, rng: Random) -> list[Shape]:
    if design.portrait is None:
        return []
    width = design.size * 5.6
    x = page.left - width - design.size if design.portrait == "left" else page.width - width - design.size
    y = page.rows[min(2, len(page.rows) - 1)].box.y0
    return ornaments.portrait(Box(x, y, x + width, y + width * 1.25), rng)


def _barcode(page: Typeset, design: Design, rng: Random) -> list[Shape]:
    if not design.barcode:
        return []
    width = (page.right - page.left) * rng.uniform(0.5, 0.8)
    x, y = (page.left + page.right - width) / 2, page.bottom + design.size
    if rng.random() < 0.25:
        side = design.size * 3.6
        return ornaments.square_code(Box(x, y, x + side, y + side), rng)
    return ornaments.barcode(Box(x, y, x + width, y + design.size * 2.6), rng)


def _footer(page: Typeset, design: Design, draft: Draft, rng: Random) -> list[Text]:
    """A small line in the middle of the page's foot, where the page has one."""
    line = footer_line(draft, rng)
    face = Face(design.body, design.size).resized(0.75)
    width = width_of(face, line)
    y = round(page.height - design.size * 0.9)
    if not design.footer or y - face.size < page.bottom + design.size or width > page.width * 0.9:
        return []
    x, number = (page.width - width) / 2, page.rows[-1].number + 2
    texts = []
    for word in line.split():
        texts.append(Text(word, round(x), y, face, _GRAY, number))
        x += width_of(face, f"{word} ")
    return texts
