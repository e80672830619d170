"""The second opinion: a page drawn by poppler's command-line tools. Worker process only."""

from __future__ import annotations

import re
import sys
import time

import pdf2image
from pdf2image.exceptions import PDFInfoNotInstalledError, PDFPopplerTimeoutError

from docvlm.config import Limits
from docvlm.errors import InputError, LimitError
from docvlm.ingest.messages import PageReply
from docvlm.ingest.resolution import plan_rendering


def draw_page(path: str, number: int, limits: Limits, dpi: int | None) -> tuple[PageReply, bytes]:
    """Draw one page of an unencrypted PDF.

    Raises:
        InputError: when poppler is not installed or has no such page.
        LimitError: when it takes too long or the page is too large.
    """
    _limit_processor_time(limits.page_seconds)
    try:
        width, height = _page_size(path, number, limits.page_seconds)
        plan = plan_rendering(width, height, limits.page_pixels, dpi=dpi)
        if plan is None:
            raise LimitError("The page is too large for poppler to draw within the limit page_pixels.")
        drawn = pdf2image.convert_from_path(
            path,
            first_page=number,
            last_page=number,
            dpi=plan.dpi,
            use_cropbox=True,
            timeout=limits.page_seconds,
        )
    except PDFInfoNotInstalledError as error:
        raise InputError(
            "Poppler, which is tried in such a case, is not installed.",
            "Install poppler-utils to have a second renderer.",
        ) from error
    except PDFPopplerTimeoutError as error:
        raise LimitError(
            f"Poppler could not draw it within {limits.page_seconds:g} seconds either."
        ) from error
    if not drawn:
        raise InputError("Poppler could not draw it either.")
    image = drawn[0].convert("RGB").resize((plan.width, plan.height))  # poppler rounds up
    note = f"Page {number} was drawn by poppler because MuPDF could not."
    reply = PageReply(number, image.width, image.height, plan.points_per_pixel, notes=(note,))
    return reply, image.tobytes()


def _page_size(path: str, number: int, seconds: float) -> tuple[float, float]:
    """Width and height of the displayed page in points."""
    info = pdf2image.pdfinfo_from_path(path, first_page=number, last_page=number, timeout=seconds)
    facts = {" ".join(str(key).split()): str(value) for key, value in info.items()}
    match = re.match(r"([\d.]+) x ([\d.]+)", facts.get(f"Page {number} size", ""))
    width, height = (float(match[1]), float(match[2])) if match else (0.0, 0.0)
    if width <= 0 or height <= 0:
        raise InputError("Poppler found no page of any size there either.")
    turned = facts.get(f"Page {number} rot", "0") in ("90", "270")
    return (height, width) if turned else (width, height)


def _limit_processor_time(seconds: float) -> None:
    """Have the kernel end this worker and poppler, should both be left without their parent."""
    if sys.platform == "win32":
        return
    import resource

    allowed = int(time.process_time() + seconds) + 5
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard == resource.RLIM_INFINITY or allowed < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))
