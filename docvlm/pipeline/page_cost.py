"""What a page takes the model on this machine: a made-up receipt is extracted, then asked about."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from docvlm.models.cost import EngineCost
from docvlm.models.protocol import Engine, EngineCard
from docvlm.pipeline.ask import ask_windows
from docvlm.pipeline.extract import extract_windows
from docvlm.pipeline.windows import Window, cut_windows
from docvlm.schemas import load_schema
from docvlm.tiling import TilePlan
from docvlm.types import Box, Line, Reading, ReadingSource, Word

FIELDS = "company, date:date, address, total:amount"
_QUESTION = "How was it paid?"
_CHARACTER_WIDTH = 10
_ROW_HEIGHT = 24


@dataclass(frozen=True, slots=True)
class PageCost:
    """Seconds for a page with ``word_tokens`` of words and no picture.

    Attributes:
        engine: what a tile and a token take, and whose figures these are.
        extraction_seconds: from a page that was not seen before to its ``FIELDS``.
        question_seconds: from a further question about that page to its answer.
    """

    engine: EngineCost
    word_tokens: int
    extraction_seconds: float
    question_seconds: float

    @property
    def card(self) -> EngineCard:
        return self.engine.card

    def extraction_with(self, plan: TilePlan) -> float:
        """Seconds until the fields of a page that is shown by this plan, where pictures are seen."""
        probe, tiles = self.engine.probe, len(plan.tiles)
        if not self.card.sees_pixels:
            return self.extraction_seconds
        picture = tiles * probe.seconds_per_tile + plan.tokens * probe.seconds_per_token
        return self.extraction_seconds + picture


def measure_page(engine: Engine, cost: EngineCost) -> PageCost:
    """Time an extraction and a further question (some seconds); ``cost`` is that of the engine."""
    short, windows = _windows(engine, _short_page()), _windows(engine, _receipt())
    _extract(engine, short)  # the first call pays for what is set up once
    started = time.perf_counter()
    _extract(engine, windows)
    extracted = time.perf_counter()
    _ask(engine, windows)
    answered = time.perf_counter()
    tokens = sum(engine.count_tokens(window.input.reader_text) for window in windows)
    return PageCost(cost, tokens, extracted - started, answered - extracted)


def _extract(engine: Engine, windows: tuple[Window, ...]) -> None:
    list(extract_windows(engine, windows, load_schema(FIELDS), lambda window: window.input))


def _ask(engine: Engine, windows: tuple[Window, ...]) -> None:
    list(ask_windows(engine, windows, _QUESTION, lambda window: window.input))


def _windows(engine: Engine, rows: Iterator[str]) -> tuple[Window, ...]:
    lines = tuple(Line(tuple(_words(text, row)), block=row) for row, text in enumerate(rows))
    reading = Reading(1, ReadingSource.OCR, 1000, len(lines) * _ROW_HEIGHT, lines)
    return cut_windows(reading, engine.count_tokens)


def _words(text: str, row: int) -> Iterator[Word]:
    for match in re.finditer(r"\S+", text):
        left, right = match.start() * _CHARACTER_WIDTH, match.end() * _CHARACTER_WIDTH
        yield Word(match.group(), Box(left, row * _ROW_HEIGHT, right, row * _ROW_HEIGHT + 18))


def _short_page() -> Iterator[str]:
    yield "Paid by card"


def _receipt() -> Iterator[str]:
    # No two are alike, so that the model has never seen the page before.
    yield from ("Harbour Books", "12 Quay Street, Porthaven", f"Receipt {time.time_ns() % 1_000_000_000}")
    yield "Date 14/03/2026"
    for number in range(1, 19):
        yield f"{number} Notebook ruled {100 + number} 2 x {number}.40 {2 * number}.80"
    yield from ("Total 356.40", "Paid by card")
