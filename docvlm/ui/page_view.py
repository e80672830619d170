"""A page as the view in the middle gets it: its picture, its words and its tiles, in pixels of the page.

What is drawn of them, and when, is decided in the browser (``ui_assets/page_view.js``), so that switching
an overlay on asks nothing of the server. Nothing here is HTML: text of documents stays text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2

from docvlm.tiling import Tile, TileKind
from docvlm.types import RgbImage, Word
from docvlm.ui.data_address import data_address

LONGEST_SIDE = 2000
"""Pages are sent with at most so many pixels along a side; boxes stay in pixels of the page."""

DOUBTFUL = 0.8
"""Words that the reader was less sure of are marked as hard to read."""

THUMBNAIL_SIDE = 96

_JPEG_QUALITY = 82


@dataclass(frozen=True, slots=True)
class PagePicture:
    """One page, ready to be shown. ``words`` are None until the page has been read, and there are no
    ``tiles`` before the model that cuts pages in its own way has been loaded.

    ``problem`` says why there is no picture; then ``image_uri`` is empty.
    """

    number: int
    width: int
    height: int
    image_uri: str
    tiles: tuple[Tile, ...] = ()
    words: tuple[Word, ...] | None = None
    problem: str = ""

    @property
    def lacks_tiles(self) -> bool:
        return not self.tiles and not self.problem


def picture_of(number: int, image: RgbImage) -> PagePicture:
    """A page's pixels as a data address."""
    height, width = image.shape[:2]
    return PagePicture(number, width, height, data_uri(image, LONGEST_SIDE))


def page_value(document_id: int, name: str, page_count: int, picture: PagePicture) -> dict[str, Any]:
    """The value of the page view; its form is described in ``page_view.js``.

    Args:
        name: what the document is called.
    """
    words = None
    if picture.words is not None:
        words = [[word.text, *word.box.as_list(), round(word.confidence, 3)] for word in picture.words]
    return {
        "key": f"{document_id}/{picture.number}",
        "name": name,
        "count": page_count,
        "number": picture.number,
        "width": picture.width,
        "height": picture.height,
        "image": picture.image_uri,
        "words": words,
        "tiles": [tile_value(tile) for tile in picture.tiles],
        "doubtful": DOUBTFUL,
        "problem": picture.problem,
    }


def tile_value(tile: Tile) -> list[int]:
    """``[row, column, x0, y0, x1, y1]``; row and column are 0 for the view of the whole page."""
    place = (0, 0) if tile.kind is TileKind.PAGE else (tile.row, tile.column)
    return [*place, *tile.source]


def data_uri(image: RgbImage, longest_side: int) -> str:
    """The image as JPEG in a ``data:`` address, scaled down to ``longest_side`` pixels where it is larger."""
    height, width = image.shape[:2]
    factor = min(1.0, longest_side / max(height, width))
    if factor < 1.0:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality)[1]
    return data_address(data.tobytes(), "image/jpeg")


def exact_uri(image: RgbImage) -> str:
    """The image as PNG in a ``data:`` address, pixel for pixel."""
    data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
    return data_address(data.tobytes(), "image/png")
