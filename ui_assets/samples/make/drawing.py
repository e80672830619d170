"""What the samples share: colours, a pen that writes on a PDF page, pixels and files."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pymupdf

Pixels = npt.NDArray[np.uint8]
Colour = tuple[float, float, float]

A4 = (595, 842)
INK: Colour = (0.10, 0.12, 0.16)
MUTED: Colour = (0.42, 0.46, 0.52)
TEAL: Colour = (0.05, 0.38, 0.42)
RULE: Colour = (0.82, 0.85, 0.88)
WHITE: Colour = (1.0, 1.0, 1.0)


class Pen:
    """Writes on one PDF page; ``x`` is the left edge, the right edge or the middle of a text."""

    def __init__(self, page: pymupdf.Page) -> None:
        self.page = page
        self._fonts: dict[str, pymupdf.Font] = {}

    def width(self, text: str, size: float, font: str) -> float:
        return float(self._font(font).text_length(text, size))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 9.5,
        font: str = "figo",
        colour: Colour = INK,
        align: str = "left",
    ) -> None:
        """One line whose baseline is at ``y``."""
        shift = {"left": 0.0, "middle": 0.5, "right": 1.0}[align] * self.width(text, size, font)
        writer = pymupdf.TextWriter(self.page.rect)
        writer.append((x - shift, y), text, font=self._font(font), fontsize=size)
        writer.write_text(self.page, color=colour)

    def lines(self, x: float, y: float, texts: list[str], step: float = 13.5, **style: object) -> float:
        """Several lines below each other; returns the next baseline."""
        for text in texts:
            self.text(x, y, text, **style)  # type: ignore[arg-type]
            y += step
        return y

    def paragraph(self, x: float, y: float, width: float, text: str, size: float, font: str) -> float:
        """Words wrapped at ``width``; returns the baseline after the last line."""
        line = ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if self.width(longer, size, font) > width:
                self.text(x, y, line, size, font)
                y, longer = y + size * 1.42, word
            line = longer
        self.text(x, y, line, size, font)
        return y + size * 1.42

    def rule(self, x0: float, y: float, x1: float, colour: Colour = RULE, width: float = 0.7) -> None:
        self.page.draw_line((x0, y), (x1, y), color=colour, width=width)

    def panel(
        self,
        box: tuple[float, float, float, float],
        fill: Colour | None,
        edge: Colour | None = None,
        radius: float = 0.0,
    ) -> None:
        x0, y0, x1, y1 = box
        share = radius / min(x1 - x0, y1 - y0) if radius else None
        self.page.draw_rect(pymupdf.Rect(box), color=edge, fill=fill, width=0.8 if edge else 0, radius=share)

    def _font(self, name: str) -> pymupdf.Font:
        if name not in self._fonts:
            self._fonts[name] = pymupdf.Font(name)
        return self._fonts[name]


def money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def render(page: pymupdf.Page, dpi: int) -> Pixels:
    """The page in pixels of shape (height, width, 3), RGB."""
    pixmap = page.get_pixmap(dpi=dpi)
    return np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)


def encode_jpeg(image: Pixels, quality: int) -> bytes:
    """A JPEG file of an RGB or grey image."""
    if image.ndim == 3:
        image = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


def save_pdf(document: pymupdf.Document, path: Path, title: str) -> None:
    """Write a PDF without dates or random identifiers, so that each run gives the same bytes."""
    document.set_metadata({"title": title, "producer": "docvlm samples"})
    document.subset_fonts()
    document.save(path, garbage=4, deflate=True, clean=True, no_new_id=True)
