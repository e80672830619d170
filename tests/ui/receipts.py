"""Receipts that never existed, scanned into PDFs, with what they say."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pymupdf

from docvlm.types import RgbImage
from docvlm.ui.owners import COOKIE
from finetune.synthesis.drawing import draw_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

DOTS_PER_INCH = 150
JPEG_QUALITY = 80


@dataclass(frozen=True, slots=True)
class ScannedReceipt:
    """A PDF without a text layer. ``values`` are what it says, by the name of the field."""

    path: Path
    values: Mapping[str, str]


def scan_receipts(
    folder: Path, count: int, fields: Mapping[str, str], seed: str = "receipts", complete: bool = True
) -> list[ScannedReceipt]:
    """Draw ``count`` English receipts, the same for the same seed.

    Args:
        fields: the generator's name of a fact, by the name of the field that asks for it.
        complete: leave out receipts that do not state all of them; else the value of such a field is empty.
    """
    folder.mkdir(parents=True, exist_ok=True)
    receipts: list[ScannedReceipt] = []
    for number in itertools.count():
        if len(receipts) == count:
            return receipts
        page = draw_page(f"{seed}:{number}", ["receipt"], "en", effects=False)
        facts = page.document.facts
        if complete and not all(fact in facts for fact in fields.values()):
            continue
        path = folder / f"{seed}-{len(receipts) + 1:02d}.pdf"
        _write_scan(path, page.image)
        receipts.append(ScannedReceipt(path, {name: facts.get(fact, "") for name, fact in fields.items()}))
    raise AssertionError("unreachable: the numbers do not end")


def be_the_same_owner(page: Page, address: str) -> None:
    """From the next load on: who is held back also depends on whose a document is, a number drawn by lot."""
    page.context.add_cookies([{"name": COOKIE, "value": "0" * 32, "url": address}])


def _write_scan(path: Path, image: RgbImage) -> None:
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality)[1].tobytes()
    height, width = (side * 72 / DOTS_PER_INCH for side in image.shape[:2])
    with pymupdf.open() as document:
        page = document.new_page(width=width, height=height)
        page.insert_image(page.rect, stream=data)
        document.save(path, no_new_id=True)  # the same bytes each time: the hash decides who is held back
