"""The pixels of pages that training visits again and again, kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from docvlm.types import Page, RgbImage
from finetune.data.documents import LabelledDocument

KEPT_BYTES = 512 * 2**20
"""About fifty A4 pages as they are drawn for reading."""


class Pages(Protocol):
    """Where pages come from (``finetune.data.Readings``); each call parses the file anew."""

    def page(self, document: LabelledDocument, number: int) -> Page: ...


class PageImages:
    """Draws each page once, as long as all of them fit into ``kept_bytes``; then those not used longest go.

    Args:
        pages: asked for pages that are not kept.
    """

    def __init__(self, pages: Pages, kept_bytes: int = KEPT_BYTES) -> None:
        self._pages = pages
        self._room = kept_bytes
        self._kept: OrderedDict[tuple[str, int], RgbImage | None] = OrderedDict()

    def of(self, document: LabelledDocument, number: int) -> RgbImage | None:
        """The pixels of a page, None where it cannot be drawn. They must not be written to.

        Raises:
            InputError: when the file is gone or cannot be opened.
        """
        key = document.sha256, number
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        image = self._pages.page(document, number).image
        self._kept[key] = image
        self._room -= _size(image)
        while self._room < 0 and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._room += _size(dropped)
        return image


def _size(image: RgbImage | None) -> int:
    return 0 if image is None else image.nbytes
