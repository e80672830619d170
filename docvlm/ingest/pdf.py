"""PDF pages through MuPDF, and through poppler where MuPDF fails. Worker process only."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from docvlm.errors import LimitError, PasswordError
from docvlm.ingest import lost_spaces, poppler, text_layer
from docvlm.ingest.damage import REPAIRED
from docvlm.ingest.messages import OpenRequest, PageReply
from docvlm.ingest.resolution import RenderPlan, plan_rendering, smallest_common_font_size
from docvlm.types import Box

# PyMuPDF would load its layout model (0.5 s, 450 MB of address space), which is not used here.
sys.modules.setdefault("pymupdf.layout", None)  # type: ignore[arg-type]
sys.modules.setdefault("pymupdf4llm", None)  # type: ignore[arg-type]
import pymupdf  # noqa: E402
from pymupdf import mupdf  # noqa: E402

pymupdf.TOOLS.mupdf_display_errors(False)
pymupdf.TOOLS.mupdf_display_warnings(False)

# Ligatures come as letters, unknown glyphs as U+FFFD (not as made-up characters).
_TEXT_FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE
_TEXT_BLOCK, _IMAGE_BLOCK = 0, 1
_OPAQUE_RECTANGLE = re.compile(r"<vector filled, .*alpha: 255, is-rect: true")
_LOWEST_COVER = 4.0  # points: a rectangle less high is a line
_MOST_RECTANGLES = 2000  # more of them are a drawing
_CHECK_PIXELS = 4_000_000
_PREVIEW_REDUCTION = 2  # small print is then 8 px high, still more than a smudge
_SCAN_AREA = 0.7
"""An image that covers this share of a page makes it a scan."""


class PdfSource:
    """An open PDF."""

    def __init__(self, request: OpenRequest, payload: bytearray) -> None:
        self._request = request
        self._data = bytes(payload)
        if request.path is not None:
            self._document = pymupdf.open(request.path, filetype="pdf")
        else:
            self._document = pymupdf.open(stream=self._data, filetype="pdf")
        if self._document.needs_pass:
            self._authenticate()

    def _authenticate(self) -> None:
        name, password = self._request.name, self._request.password
        if not password:
            raise PasswordError(
                f"{name} is encrypted and needs a password.", "Give the password and try again."
            )
        if not self._document.authenticate(password):
            raise PasswordError(
                f"The password given for {name} is wrong.", "Check the password and try again."
            )

    @property
    def page_count(self) -> int:
        return int(self._document.page_count)

    def read_page(self, number: int, image: bool, preview: bool = False) -> tuple[PageReply, bytes]:
        """Words, size, and with ``image`` the pixels of one page, or a preview of a page with words.

        Raises:
            LimitError: when the page is too large even at the lowest resolution.
        """
        page = self._document.load_page(number - 1)
        if self._document.is_repaired and _is_lost(page):
            reason = f"Page {number} is missing: the file was cut off or damaged."
            return PageReply(number, reason=reason, lost=True), b""
        drawing = page.get_displaylist()
        page_box = Box(*drawing.rect)
        text_page = _text_page(drawing)
        lines = text_layer.read_lines(text_page.extractDICT())
        images = _images_on(drawing)
        over = _boxes_over_text(drawing)
        plan = self._plan(number, page_box, text_layer.printed_sizes(lines), _scan_dpi(images, page_box))
        words = text_layer.read_words(
            _word_rows(text_page, over.replaced),
            _text_page(drawing, pymupdf.TEXT_CLIP).extractWORDS(),
            lines,
            page_box,
            plan.dpi / 72,
            over.boxes,
            lambda area: _pixels_painted_by_text(drawing, area),
        )
        reply = PageReply(
            number, plan.width, plan.height, plan.points_per_pixel, words, self._notes(number, plan)
        )
        if preview and words:
            size = max(1, plan.width // _PREVIEW_REDUCTION), max(1, plan.height // _PREVIEW_REDUCTION)
            matrix = _page_to_pixels(page_box, size)
            pixels = _draw(drawing, (0, 0, *size), matrix, colorspace=pymupdf.csGRAY)
            return replace(reply, preview_size=size), pixels
        if image:
            size = plan.width, plan.height
            return reply, _draw(drawing, (0, 0, *size), _page_to_pixels(page_box, size))
        return reply, b""

    def _plan(
        self, number: int, page_box: Box, sizes: list[tuple[float, int]], scan_dpi: float | None
    ) -> RenderPlan:
        limit = self._request.limits.page_pixels
        plan = plan_rendering(
            page_box.width,
            page_box.height,
            limit,
            dpi=self._request.dpi,
            smallest_font_points=smallest_common_font_size(sizes),
            scan_dpi=scan_dpi,
        )
        if plan is None:
            raise LimitError(
                f"Page {number} measures {page_box.width / 72:,.0f} × {page_box.height / 72:,.0f} inches, "
                f"too large to be drawn within {limit:,} pixels.",
                "Raise the limit page_pixels, or scale the page down.",
            )
        return plan

    def _notes(self, number: int, plan: RenderPlan) -> tuple[str, ...]:
        notes: tuple[str, ...] = (REPAIRED,) if self._document.is_repaired else ()
        if plan.limited_from is not None:
            notes += (
                f"Page {number} is large and was drawn at {plan.dpi} instead of {plan.limited_from} dpi; "
                "small print may be hard to read.",
            )
        return notes

    def draw_with_poppler(self, number: int) -> tuple[PageReply, bytes]:
        """Draw a page that MuPDF could not; without a text layer, so that it will be read by OCR."""
        with self._readable_path() as path:
            return poppler.draw_page(path, number, self._request.limits, self._request.dpi)

    def close(self) -> None:
        """Close the PDF and free what MuPDF keeps of it."""
        self._document.close()
        pymupdf.TOOLS.store_shrink(100)

    @contextmanager
    def _readable_path(self) -> Iterator[str]:
        """A path under which poppler can read the PDF without a password."""
        if self._request.path is not None and not self._request.password:
            yield self._request.path
            return
        data = self._data
        if self._request.password:
            data = self._document.tobytes(encryption=pymupdf.PDF_ENCRYPT_NONE)
        if hasattr(os, "memfd_create"):  # in memory: a decrypted document never reaches the disk
            descriptor = os.memfd_create("document.pdf")
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                yield f"/proc/{os.getpid()}/fd/{descriptor}"
        else:
            with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
                file.write(data)
                file.flush()
                yield file.name


class _Image:
    """An image painted on a page: where, and at what resolution."""

    __slots__ = ("box", "dpi")

    def __init__(self, box: Box, dpi: float) -> None:
        self.box = box
        self.dpi = dpi


class _ImageCollector(mupdf.FzDevice2):
    """A MuPDF device that notes images and draws nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[_Image] = []
        self.use_virtual_fill_image()
        self.use_virtual_fill_image_mask()

    def fill_image(self, _context: Any, image: Any, matrix: Any, *_rest: Any) -> None:
        self._note(image, matrix)

    def fill_image_mask(self, _context: Any, image: Any, matrix: Any, *_rest: Any) -> None:
        self._note(image, matrix)

    def _note(self, image: Any, matrix: Any) -> None:
        # The matrix maps the unit square to the place of the image; its columns are the sides.
        width = (matrix.a**2 + matrix.b**2) ** 0.5
        height = (matrix.c**2 + matrix.d**2) ** 0.5
        xs = (matrix.e, matrix.e + matrix.a, matrix.e + matrix.c, matrix.e + matrix.a + matrix.c)
        ys = (matrix.f, matrix.f + matrix.b, matrix.f + matrix.d, matrix.f + matrix.b + matrix.d)
        if width > 0 and height > 0:
            dpi = max(image.w / width, image.h / height) * 72
            self.images.append(_Image(Box(min(xs), min(ys), max(xs), max(ys)), dpi))


def _is_lost(page: Any) -> bool:
    """Whether no more than the number or the size of a page is left; viewers show it blank."""
    page_object = mupdf.pdf_page_from_fz_page(page.this).obj()
    if not mupdf.pdf_is_dict(page_object):
        return True
    contents = mupdf.pdf_dict_gets(page_object, "Contents")
    if not mupdf.pdf_is_array(contents):  # a reference that leads nowhere, or none on a page without print
        return bool(mupdf.pdf_is_indirect(contents)) and not mupdf.pdf_is_stream(contents)
    parts = [mupdf.pdf_array_get(contents, index) for index in range(mupdf.pdf_array_len(contents))]
    return bool(parts) and not any(mupdf.pdf_is_stream(part) for part in parts)


def _images_on(drawing: Any) -> list[_Image]:
    collector = _ImageCollector()
    _run(drawing, collector, mupdf.FzMatrix())
    return collector.images


def _text_page(drawing: Any, more_flags: int = 0) -> Any:
    """All text, that outside the page included unless it is clipped.

    PyMuPDF leaves out what lies outside the text page's own box, and counts lines differently
    afterwards for words and for spans; a boundless box keeps the two in step.
    """
    text_page = drawing.get_textpage(_TEXT_FLAGS | more_flags)
    box, boundless = text_page.m_internal.mediabox, mupdf.FzRect(mupdf.FzRect.Fixed_INFINITE)
    box.x0, box.y0, box.x1, box.y1 = boundless.x0, boundless.y0, boundless.x1, boundless.y1
    return pymupdf.TextPage(text_page)


def _word_rows(text_page: Any, replaced: set[tuple[Any, ...]]) -> Sequence[lost_spaces.WordRow]:
    word_rows: Sequence[lost_spaces.WordRow] = text_page.extractWORDS()
    if replaced:
        word_rows = [row for row in word_rows if row[:5] not in replaced]
    if not lost_spaces.may_be_joined(word_rows):
        return word_rows
    return lost_spaces.part_words(word_rows, text_page.extractRAWDICT())


@dataclass(frozen=True, slots=True)
class _OverText:
    """What is painted after text in the same place, and the words that were printed anew on top of it."""

    boxes: list[Box]
    replaced: set[tuple[Any, ...]]


def _boxes_over_text(drawing: Any) -> _OverText:
    """The images and opaque rectangles that are painted after text in the same place."""
    flags = _TEXT_FLAGS | pymupdf.TEXT_PRESERVE_IMAGES | pymupdf.TEXT_COLLECT_VECTORS
    text_page = pymupdf.TextPage(drawing.get_textpage(flags))
    earlier: list[Box] = []
    images: list[Box] = []
    rectangles: list[tuple[int, Box]] = []
    for x0, y0, x1, y1, says, _, kind in text_page.extractBLOCKS():  # in the order of painting
        box = Box(x0, y0, x1, y1)
        if kind == _TEXT_BLOCK:
            earlier.append(box)
        elif kind == _IMAGE_BLOCK:
            if any(box.intersection(text) for text in earlier):
                images.append(box)
        elif min(box.width, box.height) >= _LOWEST_COVER and _OPAQUE_RECTANGLE.search(says):
            if any(box.intersection(text) for text in earlier):
                rectangles.append((len(earlier), box))
            if len(rectangles) > _MOST_RECTANGLES:
                return _OverText(images, set())
    replaced = text_layer.replaced_rows(text_page.extractWORDS(), rectangles) if rectangles else set()
    return _OverText([*images, *(box for _, box in rectangles)], replaced)


def _scan_dpi(images: list[_Image], page_box: Box) -> float | None:
    """The finest resolution among the images when together they cover the page (scans come in strips)."""
    covered = [(image, image.box.intersection(page_box)) for image in images]
    area = sum(part.area for _, part in covered if part is not None)
    if not page_box.area or area < _SCAN_AREA * page_box.area:
        return None
    large = [image.dpi for image, part in covered if part is not None and part.area >= area / 50]
    return max(large, default=None)


def _pixels_painted_by_text(drawing: Any, area: tuple[int, int, int, int]) -> npt.NDArray[np.bool_]:
    """Draw an area of the page at one pixel a point with and without its text, and compare."""
    x0, y0, x1, y1 = area
    shape = (y1 - y0, x1 - x0)
    if shape[0] * shape[1] > _CHECK_PIXELS:  # too large to check: believe the text
        return np.ones(shape, dtype=np.bool_)
    with_text, without_text = (
        np.frombuffer(_draw(drawing, area, mupdf.FzMatrix(), text=text), dtype=np.uint8).reshape(*shape, 3)
        for text in (True, False)
    )
    return text_layer.changed_pixels(with_text, without_text)


def _draw(
    drawing: Any,
    area: tuple[int, int, int, int],
    matrix: Any,
    *,
    text: bool = True,
    colorspace: Any = pymupdf.csRGB,
) -> bytes:
    """Pixels of an area (x0, y0, x1, y1) after ``matrix``: height × width × 3 bytes, on white paper.

    In ``csGRAY`` it is one byte a pixel.
    """
    pixmap = pymupdf.Pixmap(colorspace, pymupdf.IRect(*area), 0)
    pixmap.clear_with(255)
    device = mupdf.fz_new_draw_device(mupdf.FzMatrix(), pixmap.this)
    if not text:  # a device without these functions passes text over
        device.m_internal.fill_text = None
        device.m_internal.stroke_text = None
    _run(drawing, device, matrix)
    return bytes(pixmap.samples)


def _run(drawing: Any, device: Any, matrix: Any) -> None:
    everywhere = mupdf.FzRect(mupdf.FzRect.Fixed_INFINITE)
    mupdf.fz_run_display_list(drawing.this, device, matrix, everywhere, mupdf.FzCookie())
    mupdf.fz_close_device(device)


def _page_to_pixels(page_box: Box, size: tuple[int, int]) -> Any:
    """The matrix under which the page fills ``size`` (width, height) pixels exactly."""
    scale = mupdf.fz_scale(size[0] / page_box.width, size[1] / page_box.height)
    return mupdf.fz_concat(mupdf.fz_translate(-page_box.x0, -page_box.y0), scale)
