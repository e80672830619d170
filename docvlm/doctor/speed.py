"""How fast this machine reads a page, and how fast the model runs on it."""

from __future__ import annotations

import time
from dataclasses import replace

import cv2
import numpy as np

from docvlm.config import Settings
from docvlm.doctor.finding import Finding, fail, ok, warn
from docvlm.errors import DocvlmError
from docvlm.pipeline import Workspace
from docvlm.types import Page, PageStatus

SLOW_PAGE_SECONDS = 10.0
SLOW_PREFILL_SECONDS = 20.0
_SERVER_SECONDS = 10.0
"""A batch waits longer for a server that is away; here somebody waits to be told of it."""
_PREFILL_TOKENS = 1000
_WORDS = ["docvlm", "reads", "this", "page", "to", "see", "how", "fast", "it", "is", "here"]
_ROWS = 30


def try_reader() -> Finding:
    """Read a drawn page by OCR, twice: the first time pays for what is set up once."""
    from docvlm.reading import read_page

    page = _page_of_text()
    try:
        read_page(page, ocr=True)
        started = time.perf_counter()
        reading = read_page(page, ocr=True)
    except DocvlmError as error:
        return fail("reader", error.message, error.remedy, error.exit_code)
    seconds = time.perf_counter() - started
    found = {word.text.lower() for line in reading.lines for word in line.words}
    if not found & set(_WORDS):
        return fail("reader", "OCR does not find words on a clean page.", "Install rapidocr again.")
    message = f"a page of {_ROWS} lines takes {seconds:.1f} s by OCR"
    if seconds > SLOW_PAGE_SECONDS:
        return warn("reader", f"Slow: {message}.", "See what else runs on this machine.")
    return ok("reader", message)


def try_model(settings: Settings) -> Finding:
    """Load the model and time it; the adapter is refused here where it does not fit."""
    from docvlm.models.cost import measure_cost

    started = time.perf_counter()
    brief = min(settings.server.patience_seconds, _SERVER_SECONDS)
    settings = replace(settings, server=replace(settings.server, patience_seconds=brief))
    try:
        with Workspace(settings) as workspace:
            card = workspace.engine.card
            loading = time.perf_counter() - started
            prefill = measure_cost(workspace.engine).seconds_per_token * _PREFILL_TOKENS
    except DocvlmError as error:
        return fail("speed", error.message, error.remedy, error.exit_code)
    message = (
        f"{card.name} {card.revision} loads in {loading:.1f} s, takes in {_PREFILL_TOKENS:,} tokens "
        f"in {prefill:.1f} s"
    )
    if prefill > SLOW_PREFILL_SECONDS:
        return warn(
            "speed", f"Slow: {message}.", "See what else runs on this machine, or use a model server."
        )
    return ok("speed", message)


def _page_of_text() -> Page:
    image = np.full((60 + 36 * _ROWS, 900, 3), 255, np.uint8)
    for row in range(_ROWS):
        line = " ".join(_WORDS[(row + column) % len(_WORDS)] for column in range(8))
        cv2.putText(
            image, line, (40, 60 + 36 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (0, 0, 0), 2, cv2.LINE_AA
        )
    return Page(1, PageStatus.OK, image.shape[1], image.shape[0], image)
