"""How one page looks: each habit drawn by itself, so that no two pages need to look alike."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from random import Random
from typing import Literal

from finetune.synthesis.drawing.fonts import FontStyle, families_for
from finetune.synthesis.drawing.sheet import Colour
from finetune.synthesis.page import Draft

BLACK: Colour = (18, 18, 20)
WHITE: Colour = (255, 255, 255)

Header = Literal["plain", "bold", "rule", "rules", "shaded", "inverted", "boxed"]
Grid = Literal["none", "rows", "dotted", "zebra", "full"]
Total = Literal["plain", "bold", "rule", "double", "shaded", "boxed"]
Entries = Literal["plain", "underline", "dotted", "boxes", "shaded", "rows"]
Place = Literal["left", "center", "right"]

_RATIOS = {
    "receipt": (0.0,),
    "id_card": (0.63, 0.66, 0.7),
    "ticket": (0.0, 0.45),
    "screenshot": (0.0, 0.0, 0.62),
    "table": (0.0, 0.0, 0.71, 1.414),
}
_PAPER_RATIOS = (1.414, 1.414, 1.414, 1.294, 0.0)
"""Height by width: A4, Letter, or (0) as long as what is printed."""

_INKS: tuple[Colour, ...] = (BLACK, BLACK, (40, 40, 46), (30, 34, 60), (55, 55, 58))
_PENS: tuple[Colour, ...] = ((28, 46, 130), (20, 60, 150), (35, 35, 45), (24, 24, 90))
_PAPERS: tuple[Colour, ...] = (WHITE, WHITE, WHITE, (253, 253, 250), (252, 250, 244), (250, 251, 253))
_FORM_PAPERS: tuple[Colour, ...] = (
    *_PAPERS,
    (246, 240, 222),
    (228, 240, 232),
    (250, 232, 236),
    (232, 240, 250),
)


@dataclass(frozen=True, slots=True)
class Design:
    """The habits of one page; sizes in pixels, factors by the size of the body text.

    Attributes:
        ratio: height by width of the paper; 0 for as long as what is printed.
        line: from baseline to baseline.
        gap: of an empty row, by ``line``.
        stretch: how much wider than needed the columns stand.
        entry_style: the family and colour of what was filled in; None where it is printed like the rest.
    """

    body: str
    display: str
    size: int
    ratio: float
    margin: float
    line: float
    gap: float
    stretch: float
    paper: Colour
    ink: Colour
    accent: Colour
    tint: Colour
    title_scale: float
    title_bold: bool
    title_coloured: bool
    name_scale: float
    name_bold: bool
    label_scale: float
    label_bold: bool
    label_coloured: bool
    header: Header
    grid: Grid
    total: Total
    total_scale: float
    entries: Entries
    hand: str | None
    pen: Colour
    blocks: Literal["none", "none", "boxed", "headed", "lined"]
    logo: Place | None
    band: bool
    frame: bool
    rule_below_head: bool
    stamp: bool
    signature: bool
    barcode: bool
    footer: bool
    portrait: Place | None
    bottom_block: bool


def make_design(draft: Draft, rng: Random) -> Design:
    """The look of a page, fit for its kind and with fonts that have all its characters."""
    kind = draft.kind
    text = "".join(cell.text for row in draft.rows for cell in row.cells)
    body = rng.choice(_families(_body_style(kind, rng), text))
    display = body if rng.random() < 0.6 else rng.choice(_families(_display_style(kind, rng), text))
    # A till has one ink; a little colour comes with preprinted rolls.
    accent = BLACK if kind == "receipt" and rng.random() < 0.9 else _accent(rng)
    is_paper = kind not in ("receipt", "id_card", "ticket", "screenshot")
    hand = families_for(FontStyle.HAND, text)

    def chance(probability: float) -> bool:
        return rng.random() < probability

    return Design(
        body=body,
        display=display,
        size=rng.randint(17, 24) if kind in ("receipt", "id_card") else rng.randint(14, 20),
        ratio=rng.choice(_RATIOS.get(kind, _PAPER_RATIOS)),
        margin=rng.uniform(0.05, 0.12) if is_paper else rng.uniform(0.03, 0.09),
        line=rng.uniform(1.25, 1.7) if is_paper else rng.uniform(1.12, 1.45),
        gap=rng.uniform(0.7, 1.6) if is_paper else rng.uniform(0.4, 1.0),
        stretch=rng.uniform(1.0, 1.15),
        paper=rng.choice(_FORM_PAPERS if kind in ("form", "application", "ticket") else _PAPERS),
        ink=rng.choice(_INKS),
        accent=accent,
        tint=_tint(accent, rng),
        title_scale=rng.choice((1.0, 1.3, 1.6, 2.0)) if is_paper else rng.choice((1.0, 1.0, 1.15, 1.3)),
        title_bold=chance(0.7),
        title_coloured=is_paper and chance(0.35),
        name_scale=rng.choice((1.0, 1.2, 1.5, 1.8)) if is_paper else rng.choice((1.0, 1.15, 1.4, 1.7)),
        name_bold=chance(0.6),
        label_scale=rng.choice((1.0, 1.0, 0.85, 0.75)),
        label_bold=chance(0.4),
        label_coloured=chance(0.35),
        header=rng.choice(("plain", "bold", "rule", "rules") if kind == "receipt" else _HEADERS),
        grid=rng.choice(("none",) if kind == "receipt" else _GRIDS),
        total=rng.choice(("plain", "bold", "bold", "rule", "double") if kind == "receipt" else _TOTALS),
        total_scale=rng.choice((1.0, 1.0, 1.15, 1.4)),
        entries=rng.choice(("plain", "underline", "underline", "dotted", "boxes", "shaded", "rows")),
        hand=rng.choice(hand) if kind in ("form", "application") and hand and chance(0.35) else None,
        pen=rng.choice(_PENS),
        blocks=rng.choice(("none", "none", "boxed", "headed", "lined")),
        logo=rng.choice(("left", "center", "right")) if chance(_LOGOS.get(kind, 0.0)) else None,
        band=kind in ("invoice", "order", "statement", "id_card", "table") and chance(0.2),
        frame=kind != "screenshot" and chance(0.3 if kind in ("form", "ticket", "application") else 0.1),
        rule_below_head=is_paper and chance(0.4),
        stamp=kind in ("invoice", "order", "form", "letter", "application") and chance(0.22),
        signature=kind in ("letter", "order", "form", "id_card", "application") and chance(0.6),
        barcode=kind in ("receipt", "ticket") and chance(0.3 if kind == "receipt" else 0.7),
        footer=is_paper and chance(0.45),
        portrait=rng.choice(("left", "right")) if kind == "id_card" and chance(0.75) else None,
        bottom_block=chance(0.6),
    )


_HEADERS: tuple[Header, ...] = ("plain", "bold", "rule", "rules", "shaded", "shaded", "inverted", "boxed")
_GRIDS: tuple[Grid, ...] = ("none", "none", "rows", "dotted", "zebra", "full")
_TOTALS: tuple[Total, ...] = ("plain", "bold", "rule", "double", "shaded", "boxed")
_LOGOS = {
    "receipt": 0.35,
    "invoice": 0.6,
    "order": 0.4,
    "statement": 0.6,
    "letter": 0.4,
    "form": 0.25,
    "id_card": 0.4,
}


def _body_style(kind: str, rng: Random) -> FontStyle:
    if kind == "receipt":
        return rng.choices((FontStyle.MONO, FontStyle.NARROW, FontStyle.SANS), (70, 18, 12))[0]
    if kind == "screenshot":
        return FontStyle.SANS
    styles = (FontStyle.SANS, FontStyle.SERIF, FontStyle.MONO, FontStyle.NARROW)
    return rng.choices(styles, (58, 24, 8, 10))[0]


def _display_style(kind: str, rng: Random) -> FontStyle:
    return rng.choice((FontStyle.SANS, FontStyle.SERIF, FontStyle.NARROW))


def _families(style: FontStyle, text: str) -> list[str]:
    """Families of a style that have every character; DejaVu has all that the generator writes."""
    return families_for(style, text) or families_for(FontStyle.SANS, text) or ["dejavu_sans"]


def _accent(rng: Random) -> Colour:
    """A dark colour of any hue, in which white letters can be read."""
    return _rgb(rng.random(), rng.uniform(0.25, 0.6), rng.uniform(0.3, 0.9))


def _tint(accent: Colour, rng: Random) -> Colour:
    """A light gray, or a light shade of the accent."""
    if rng.random() < 0.5:
        level = rng.randint(222, 242)
        return level, level, level
    share = rng.uniform(0.1, 0.2)
    red, green, blue = (round(255 - (255 - part) * share) for part in accent)
    return red, green, blue


def _rgb(hue: float, lightness: float, saturation: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb(hue, lightness * 0.75, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)
