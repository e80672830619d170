"""A PDF of page images with the words that were read on them, invisible, ready to be searched and copied."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from docvlm.atomic import atomic_file
from docvlm.export.invisible_font import DESCENT, GLYPH_WIDTH, InvisibleFont
from docvlm.types import Box, Page, Reading, RgbImage

if TYPE_CHECKING:
    import pymupdf

_IMAGE_POINTS_PER_PIXEL = 72 / 150
_MAX_PAGE_POINTS = 14_400.0  # larger pages are refused by Acrobat (PDF 32000-1, annex C)
_EMPTY_PAGE = (595, 842)  # A4, for a page whose size is not known
_MIN_EXTENT = 0.1  # points; a word box without width or height keeps its text
_JPEG_QUALITY = 85
_SAMPLED_ROWS = 64
_CLEAN_RATIO = 0.15
_FONT_NAME = "Invisible"
_COSINE_AND_SINE = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}
_NUMBER = re.compile(r"\d+(?:[.,/:]\d+)*")


def searchable_pdf(pages: Iterable[tuple[Page, Reading | None]], out: Path) -> None:
    """Write the pages, in the order given, to a PDF.

    A page is as large as in the PDF it came from, an image 1/150 inch a pixel. A page without pixels
    (failed) is left blank so that the pages after it keep their numbers.

    Raises:
        UsageError: when the file cannot be written.
    """
    import pymupdf  # here, because it is slow to load

    with atomic_file(out) as temporary, pymupdf.open() as document:
        font = InvisibleFont(document)
        for page, reading in pages:
            _add_page(document, font, page, reading)
        if not document.page_count:  # a PDF has at least one page
            document.new_page(-1, *_EMPTY_PAGE)
        font.finish()
        document.save(str(temporary), deflate=True, garbage=1)


def _add_page(document: pymupdf.Document, font: InvisibleFont, page: Page, reading: Reading | None) -> None:
    scale = _points_per_pixel(page)
    width, height = (page.width * scale, page.height * scale) if scale else _EMPTY_PAGE
    pdf_page = document.new_page(-1, width, height)
    if page.image is not None:
        pdf_page.insert_image(pdf_page.rect, stream=_encoded(page.image))
    if reading is not None and reading.lines:
        # Boxes are in pixels of the page as it was read, which may have been of another resolution.
        across, down = width / reading.width, height / reading.height
        content = "\n".join(["q BT 3 Tr", *_text_operators(reading, across, down, height, font), "ET Q"])
        _append_content(document, pdf_page, font, content)


def _points_per_pixel(page: Page) -> float:
    longest = max(page.width, page.height)
    if min(page.width, page.height) <= 0:
        return 0.0
    return min(page.points_per_pixel or _IMAGE_POINTS_PER_PIXEL, _MAX_PAGE_POINTS / longest)


def _encoded(image: RgbImage) -> bytes:
    """The image exactly (PNG) where that stays small, as for screenshots and clean pages, else as JPEG."""
    import pymupdf

    height, width = image.shape[:2]
    pixmap = pymupdf.Pixmap(pymupdf.csRGB, width, height, np.ascontiguousarray(image).tobytes(), False)
    sample = image[::_SAMPLED_ROWS].tobytes()  # noise, as in scans and photos, does not compress
    if len(zlib.compress(sample, 1)) < _CLEAN_RATIO * len(sample):
        return bytes(pixmap.tobytes("png"))
    return bytes(pixmap.tobytes("jpeg", jpg_quality=_JPEG_QUALITY))


def _text_operators(
    reading: Reading, across: float, down: float, page_height: float, font: InvisibleFont
) -> Iterator[str]:
    """Operators that show each word in its box, and a space from each word to the next in its line."""
    for line in reading.lines:
        spans = [_Span(word.box.scaled(across, down), reading.rotation) for word in line.words]
        for index, (word, span) in enumerate(zip(line.words, spans, strict=True)):
            if word.text:
                yield span.show(_as_painted(word.text), page_height, font)
            if index + 1 < len(spans):
                yield span.gap_to(spans[index + 1]).show(" ", page_height, font)


class _Span:
    """A piece of a line of text: a box in points, and the way it is read.

    ``rotation`` is that of the reading: turned clockwise by it, the text would be upright. So the
    text runs ``rotation`` degrees counter-clockwise from the x axis.
    """

    def __init__(self, box: Box, rotation: int) -> None:
        self.box = box
        self.rotation = rotation % 360

    @property
    def length(self) -> float:
        return max(_MIN_EXTENT, self.box.width if self.rotation in (0, 180) else self.box.height)

    @property
    def size(self) -> float:
        """The font size at which the glyphs' box is as high as this box."""
        return max(_MIN_EXTENT, self.box.height if self.rotation in (0, 180) else self.box.width)

    def show(self, text: str, page_height: float, font: InvisibleFont) -> str:
        stretch = 100 * self.length / (len(text) * GLYPH_WIDTH * self.size)
        x, y = self._origin()
        cosine, sine = _COSINE_AND_SINE[self.rotation]
        matrix = f"{cosine} {sine} {-sine} {cosine} {x:.3f} {page_height - y:.3f}"
        return f"/{_FONT_NAME} {self.size:.3f} Tf {stretch:.3f} Tz {matrix} Tm <{font.encode(text)}> Tj"

    def gap_to(self, following: _Span) -> _Span:
        """The room between this piece and the next, on either side, of the height of this one."""
        box, after = self.box, following.box
        if self.rotation in (0, 180):
            room = Box(min(box.x1, after.x1), box.y0, max(box.x0, after.x0), box.y1)
        else:
            room = Box(box.x0, min(box.y1, after.y1), box.x1, max(box.y0, after.y0))
        return _Span(room, self.rotation)

    def _origin(self) -> tuple[float, float]:
        """Where the baseline begins, y pointing down."""
        box, descent = self.box, DESCENT * self.size
        match self.rotation:
            case 0:
                return box.x0, box.y1 - descent
            case 90:
                return box.x1 - descent, box.y1
            case 180:
                return box.x1, box.y0 + descent
            case _:
                return box.x0 + descent, box.y0


def _as_painted(text: str) -> str:
    """The characters of a word from left to right, as PDF viewers expect Hebrew and Arabic to stand."""
    if not any(unicodedata.bidirectional(character) in ("R", "AL") for character in text):
        return text
    return _NUMBER.sub(lambda number: number[0][::-1], text[::-1])


def _append_content(
    document: pymupdf.Document, pdf_page: pymupdf.Page, font: InvisibleFont, content: str
) -> None:
    stream = document.get_new_xref()
    document.update_object(stream, "<<>>")
    document.update_stream(stream, content.encode("ascii"), new=True)
    streams = " ".join(f"{xref} 0 R" for xref in [*pdf_page.get_contents(), stream])
    document.xref_set_key(pdf_page.xref, "Contents", f"[{streams}]")
    kind, resources = document.xref_get_key(pdf_page.xref, "Resources")
    if kind == "xref":  # an object of its own, such as "7 0 R"
        document.xref_set_key(int(resources.split()[0]), f"Font/{_FONT_NAME}", f"{font.xref} 0 R")
    else:
        document.xref_set_key(pdf_page.xref, f"Resources/Font/{_FONT_NAME}", f"{font.xref} 0 R")
