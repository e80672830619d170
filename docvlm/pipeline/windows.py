"""A long page is shown to the model in windows: runs of whole rows that fit its attention and patience."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from docvlm.grounding import PageWords
from docvlm.models.protocol import PageInput
from docvlm.reading import layout_rows, layout_text
from docvlm.schemas import PageContext, page_context
from docvlm.tiling import TilePlan
from docvlm.types import Box, Page, Reading, Word

WINDOW_TOKENS = 1400
OVERLAP_ROWS = 3  # so that a label and its value are seen together in one of two windows

_REGION_NAME = re.compile(r"(\d+) in \[?([\d.]+), ?([\d.]+), ?([\d.]+), ?([\d.]+)\]?")
"""As ``Region.name`` says it; in brackets where an answer was kept before models saw the part alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A part of one page that is small enough to be asked about at once."""

    page_number: int
    reading: Reading
    words: PageWords
    input: PageInput


@dataclass(frozen=True, slots=True)
class Region:
    """A part of one page, in pixels of the page."""

    page: int
    box: Box

    @property
    def name(self) -> str:
        """The region as ``RunInfo.pages`` names it, in whole pixels."""
        return f"{self.page} in {','.join(f'{side:.0f}' for side in self.box.as_list())}"

    @staticmethod
    def named(name: str) -> Region | None:
        """The region of this ``name``, None where it names whole pages."""
        found = _REGION_NAME.fullmatch(name)
        return None if found is None else Region(int(found[1]), Box(*map(float, found.groups()[1:])))

    def part_of(self, reading: Reading) -> Reading:
        """The words whose centre lies in the region."""
        lines = (
            replace(line, words=tuple(word for word in line.words if self._holds(word.box)))
            for line in reading.lines
        )
        return replace(reading, lines=tuple(line for line in lines if line.words))

    def cut_from(self, page: Page, words: Sequence[Word]) -> Page:
        """The page's pixels in the region; ``words``, whose centres lie in it, are not cut through."""
        assert page.image is not None  # noqa: S101 - pages that are OK were asked for with pixels
        part = Box.around([self.box, *(word.box for word in words)])
        x0, y0 = max(0, math.floor(part.x0)), max(0, math.floor(part.y0))
        image = np.ascontiguousarray(page.image[y0 : math.ceil(part.y1), x0 : math.ceil(part.x1)])
        return replace(page, width=image.shape[1], height=image.shape[0], image=image)

    def _holds(self, box: Box) -> bool:
        x, y = box.center
        return self.box.x0 <= x < self.box.x1 and self.box.y0 <= y < self.box.y1


def cut_windows(reading: Reading, count_tokens: Callable[[str], int]) -> tuple[Window, ...]:
    """The windows of a page, top to bottom; one for most pages, none where nothing was read.

    Args:
        count_tokens: the engine's own count.
    """
    rows = [part for row in layout_rows(reading) for part in _split_row(row, count_tokens)]
    if not rows:
        return ()
    return tuple(_window(reading, rows[start:end]) for start, end in _row_ranges(rows, count_tokens))


def with_picture(window: Window, page: Page, plan: TilePlan, source: str) -> PageInput:
    """What an engine that sees pictures gets of a window: its words, and the picture of its page.

    Args:
        page: the whole page, or its part that is asked about.
        source: tells apart pictures whose windows have the same words: the file, the part of the page and
            how it is cut.
    """
    key = f"{window.input.key}-{source}-{page.number}"
    return replace(window.input, key=key, image=page.image, plan=plan)


def window_context(window: Window, document: PageContext) -> PageContext:
    """How the window writes dates and amounts; what it leaves open is taken from the whole document."""
    own = page_context(window.words.text)
    return PageContext(
        date_order=own.date_order or document.date_order,
        currency=own.currency or document.currency,
        decimal_style=own.decimal_style or document.decimal_style,
    )


def _split_row(row: Sequence[Word], count_tokens: Callable[[str], int]) -> list[Sequence[Word]]:
    """The row itself, or halves of it that are short enough for a window (a spreadsheet's endless row)."""
    if len(row) < 2 or count_tokens(" ".join(word.text for word in row)) <= WINDOW_TOKENS // 2:
        return [row]
    middle = len(row) // 2
    return [*_split_row(row[:middle], count_tokens), *_split_row(row[middle:], count_tokens)]


def _row_ranges(
    rows: Sequence[Sequence[Word]], count_tokens: Callable[[str], int]
) -> Iterator[tuple[int, int]]:
    # Words are counted without the layout's spaces, which add about a third on top.
    costs = [count_tokens(" ".join(word.text for word in row)) * 4 // 3 + 1 for row in rows]
    start = 0
    while True:
        end, total = start, 0
        while end < len(rows) and (end == start or total + costs[end] <= WINDOW_TOKENS):
            total += costs[end]
            end += 1
        yield start, end
        if end == len(rows):
            return
        start = max(start + 1, end - OVERLAP_ROWS)


def _window(reading: Reading, rows: Sequence[Sequence[Word]]) -> Window:
    kept = {id(word) for row in rows for word in row}
    lines = [
        replace(line, words=tuple(word for word in line.words if id(word) in kept)) for line in reading.lines
    ]
    part = replace(reading, lines=tuple(line for line in lines if line.words))
    text = layout_text(part)
    key = hashlib.sha256(text.encode()).hexdigest()
    words = PageWords([line.words for line in part.lines], rows)
    return Window(reading.page_number, part, words, PageInput(key, text))
