"""A page as JSON with stable keys; more keys may be added, none is renamed or taken away."""

from __future__ import annotations

from typing import Any

from docvlm.types import Line, Page, Reading, Word


def page_json(reading: Reading) -> dict[str, Any]:
    """A page that was read.

    Keys: ``number`` (from 1), ``status``, ``source`` ("text-layer" or "ocr"), ``width``, ``height`` (pixels),
    ``words`` in reading order, each with ``text``, ``box`` ([x0, y0, x1, y1] in pixels of that size),
    ``confidence`` and ``line``; ``lines`` with ``text``, ``box`` and ``block``; ``points_per_pixel``
    (null for images), ``rotation``, ``skew`` and ``notes``.
    """
    return {
        "number": reading.page_number,
        "status": "ok",
        "source": reading.source.value,
        "width": reading.width,
        "height": reading.height,
        "points_per_pixel": reading.points_per_pixel,
        "rotation": reading.rotation,
        "skew": round(reading.skew, 2),
        "words": [
            _word_json(word, number) for number, line in enumerate(reading.lines) for word in line.words
        ],
        "lines": [_line_json(line) for line in reading.lines if line.words],
        "notes": list(reading.notes),
    }


def unread_page_json(page: Page) -> dict[str, Any]:
    """A page that failed or was skipped: the same keys, ``source`` null, no words, and the ``reason``."""
    return {
        "number": page.number,
        "status": page.status.value,
        "source": None,
        "width": page.width,
        "height": page.height,
        "points_per_pixel": page.points_per_pixel,
        "rotation": 0,
        "skew": 0.0,
        "words": [],
        "lines": [],
        "notes": list(page.notes),
        "reason": page.reason,
    }


def _word_json(word: Word, line: int) -> dict[str, Any]:
    return {
        "text": word.text,
        "box": word.box.as_list(),
        "confidence": round(word.confidence, 3),
        "line": line,
    }


def _line_json(line: Line) -> dict[str, Any]:
    return {"text": line.text, "box": line.box.as_list(), "block": line.block}
