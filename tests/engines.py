"""An engine whose replies are written by the test, for testing what is made of replies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from docvlm.adapters import NOTHING_KNOWN, KnownValues
from docvlm.models.calibration import UNCALIBRATED, Calibration
from docvlm.models.protocol import EngineCard, GenerationRequest, PageInput
from docvlm.pipeline.windows import Window, cut_windows
from docvlm.tiling import Budget, TilePlan, native_views, plan_tiles
from docvlm.types import RgbImage, TokenStep
from tests.pages import reading_of


class WrittenEngine:
    """Replies with what ``write`` returns for a page's text and a prompt, one token a line."""

    def __init__(
        self,
        write: Callable[[str, str], str],
        probability: float | None = 0.9,
        follows_grammar: bool = True,
        known: KnownValues = NOTHING_KNOWN,
        sees_pixels: bool = False,
        calibration: Calibration = UNCALIBRATED,
    ) -> None:
        self._write = write
        self._probability = probability
        self._follows_grammar = follows_grammar
        self._known = known
        self._sees_pixels = sees_pixels
        self._calibration = calibration
        self.requests: list[GenerationRequest] = []
        self.pages: list[PageInput] = []

    @property
    def card(self) -> EngineCard:
        return EngineCard(
            "written",
            "1",
            sees_pixels=self._sees_pixels,
            follows_grammar=self._follows_grammar,
            known=self._known,
            calibration=self._calibration,
        )

    def plan_page(self, width: int, height: int, budget: Budget) -> TilePlan:
        return plan_tiles(width, height, budget)

    def views(self, image: RgbImage, plan: TilePlan) -> tuple[RgbImage, ...]:
        return native_views(image, plan)

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def generate(
        self, page: PageInput, request: GenerationRequest, cancel: threading.Event | None = None
    ) -> Iterator[TokenStep]:
        self.requests.append(request)
        self.pages.append(page)
        for piece in self._write(page.reader_text, request.prompt).splitlines(keepends=True):
            yield TokenStep(piece, self._probability, forced=False)

    def close(self) -> None:
        pass


def windows_of(engine: WrittenEngine, *pages: Sequence[str]) -> list[Window]:
    """The windows of pages that are given by their rows."""
    readings = [reading_of(rows, number) for number, rows in enumerate(pages, start=1)]
    return [window for reading in readings for window in cut_windows(reading, engine.count_tokens)]
