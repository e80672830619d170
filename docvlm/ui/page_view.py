"""The page picture with what is drawn on it, as HTML: an SVG over the image, in pixels of the page.

Everything that comes from a document is escaped. Each overlay is always there; CSS shows it or not,
so that switching one on asks nothing of the server.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import cv2

from docvlm.tiling import Tile, TileKind, TilePlan
from docvlm.types import Box, RgbImage, Word

LONGEST_SIDE = 2000
"""Pages are sent with at most so many pixels along a side; boxes stay in pixels of the page."""

_JPEG_QUALITY = 82
_EVIDENCE_MARGIN = 3.0


@dataclass(frozen=True, slots=True)
class PagePicture:
    """One page, ready to be shown. ``words`` are None until the page has been read.

    ``problem`` says why there is no picture; then ``image_uri`` is empty.
    """

    number: int
    width: int
    height: int
    image_uri: str
    tiles: tuple[Tile, ...] = ()
    words: tuple[Word, ...] | None = None
    problem: str = ""


def picture_of(number: int, image: RgbImage, plan: TilePlan) -> PagePicture:
    """A page's pixels as a data address, with its tile plan."""
    height, width = image.shape[:2]
    return PagePicture(number, width, height, _data_uri(image), plan.tiles)


def empty_html() -> str:
    """What stands in the middle before a document is open."""
    return _centred(
        "Open a document to begin",
        "Drop a PDF or an image on the left, paste a screenshot anywhere, or choose a sample. "
        "Nothing leaves this computer.",
    )


def page_html(name: str, page_count: int, picture: PagePicture, evidence: Sequence[Box]) -> str:
    """The toolbar and the page.

    Args:
        name: what the document is called.
        evidence: boxes to light up, in pixels of the page.
    """
    return _toolbar(name, page_count, picture) + _frame(picture, evidence)


def overlay_svg(picture: PagePicture, evidence: Sequence[Box]) -> str:
    """Words, tiles and evidence boxes as one SVG whose units are the page's pixels."""
    words = "".join(_rect("word", word.box) for word in picture.words or ())
    tiles = "".join(_tile(tile, picture.width) for tile in picture.tiles)
    lit = "".join(_rect("evidence-box", _widened(box, picture)) for box in evidence)
    return (
        f'<svg class="overlay" viewBox="0 0 {picture.width} {picture.height}" preserveAspectRatio="none" '
        f'aria-hidden="true"><g class="words">{words}</g><g class="tiles">{tiles}</g>'
        f'<g class="evidence">{lit}</g></svg>'
    )


def _toolbar(name: str, page_count: int, picture: PagePicture) -> str:
    number = picture.number
    pager = (
        f'<div class="pager">{_step("Previous page", number - 1, number > 1, "M10 3 5 8l5 5")}'
        f'<label>Page <input type="number" min="1" max="{page_count}" value="{number}" '
        f'data-choice-prefix="page:" aria-label="Page number"></label><span>of {page_count}</span>'
        f"{_step('Next page', number + 1, number < page_count, 'm6 3 5 5-5 5')}</div>"
    )
    read = "1" if picture.words is not None else "0"
    switches = (
        '<div class="switches">'
        f'<label><input type="checkbox" class="show-tiles"> Tiles <b>{_tile_count(picture.tiles)}</b></label>'
        f'<label data-read="{read}"><input type="checkbox" class="show-words"> Words '
        f"<b>{len(picture.words or ())}</b></label>"
        '<span class="zoom"><button type="button" data-zoom="-1" aria-label="Smaller">−</button>'
        '<button type="button" data-zoom="1" aria-label="Larger">+</button></span></div>'
    )
    title = f'<div class="page-title" title="{escape(name)}">{escape(name)}</div>'
    return f'<div class="page-bar">{title}{pager}{switches}</div>'


def _step(label: str, number: int, possible: bool, path: str) -> str:
    state = "" if possible else " disabled"
    return (
        f'<button type="button" data-choice="page:{number}" aria-label="{label}"{state}>'
        f'<svg viewBox="0 0 16 16" class="icon"><path d="{path}"/></svg></button>'
    )


def _frame(picture: PagePicture, evidence: Sequence[Box]) -> str:
    if picture.problem:
        return _centred("No picture of this page", escape(picture.problem))
    return (
        '<div class="page-scroll">'
        f'<div class="page-sheet" style="aspect-ratio:{picture.width}/{picture.height}">'
        f'<img src="{picture.image_uri}" alt="Page {picture.number}" draggable="false">'
        f"{overlay_svg(picture, evidence)}</div></div>"
    )


def _centred(lead: str, text: str) -> str:
    return f'<div class="page-empty"><p class="lead">{lead}</p><p>{text}</p></div>'


def _tile(tile: Tile, page_width: int) -> str:
    x0, y0, x1, y1 = tile.source
    size = max(9.0, page_width / 55)
    if tile.kind is TileKind.PAGE:
        return _rect("tile whole-page", Box(x0, y0, x1, y1))
    label = (
        f'<text x="{x0 + size * 0.4:.1f}" y="{y0 + size * 1.2:.1f}" font-size="{size:.1f}">'
        f"{tile.row}.{tile.column}</text>"
    )
    return _rect("tile", Box(x0, y0, x1, y1)) + label


def _tile_count(tiles: Iterable[Tile]) -> str:
    grid = sum(1 for tile in tiles if tile.kind is TileKind.TILE)
    return f"{grid} + 1" if grid else "1"


def _rect(kind: str, box: Box) -> str:
    place = f'x="{box.x0:.1f}" y="{box.y0:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    return f'<rect class="{kind}" {place}/>'


def _widened(box: Box, picture: PagePicture) -> Box:
    """Some air around the words, without leaving the page."""
    margin = _EVIDENCE_MARGIN * max(1.0, picture.width / 1000)
    return Box(
        max(0.0, box.x0 - margin),
        max(0.0, box.y0 - margin),
        min(float(picture.width), box.x1 + margin),
        min(float(picture.height), box.y1 + margin),
    )


def _data_uri(image: RgbImage) -> str:
    height, width = image.shape[:2]
    factor = min(1.0, LONGEST_SIDE / max(height, width))
    if factor < 1.0:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality)[1]
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
