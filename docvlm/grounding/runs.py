"""Runs of words on a page: which there are, and which one a value is.

A page has two orders of words. Reading order follows columns and blocks; row order follows the rows as
the model sees them in the laid-out text. A value may be a run in either: an address is one in reading
order, a label with its amount at the far right is one in row order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from docvlm.grounding.loose import loose_spans
from docvlm.types import Box, Word

_NEAR_WORDS = 6
_SAME_WORD = 80.0  # rapidfuzz ratio from which two words count as one despite OCR slips


@dataclass(frozen=True, slots=True)
class WordRun:
    """Consecutive words of a page.

    ``boxes`` holds one box for each row of the page that the run touches, in order.
    """

    words: tuple[Word, ...]
    boxes: tuple[Box, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        return Box.around(self.boxes)

    @property
    def confidence(self) -> float:
        """How surely the least certain word was read."""
        return min(word.confidence for word in self.words)


class PageWords:
    """The words of a page (or of a part of it) in reading order and in row order.

    Args:
        reading_order: the rows of words as one reads them (see ``Reading.lines``).
        rows: the same words as they stand side by side (see ``docvlm.reading.layout_rows``).
    """

    def __init__(self, reading_order: Sequence[Sequence[Word]], rows: Sequence[Sequence[Word]]) -> None:
        reading = _WordOrder(reading_order)
        by_rows = _WordOrder(rows)
        self._orders = (reading,) if reading.texts == by_rows.texts else (reading, by_rows)
        self._reading = reading
        self._rows = by_rows

    def __reduce__(self) -> tuple[type[PageWords], tuple[object, ...]]:
        """Pickled as its words: their places are known by identity, which pickling does not keep."""
        return PageWords, (self._reading.lines, self._rows.lines)

    @property
    def orders(self) -> tuple[tuple[str, ...], ...]:
        """The texts of the words, once for each order that differs."""
        return tuple(order.texts for order in self._orders)

    @property
    def reading_lines(self) -> tuple[tuple[Word, ...], ...]:
        """The words of each line in reading order."""
        return self._reading.lines

    @property
    def lines(self) -> tuple[tuple[Word, ...], ...]:
        """The words of each row, from top to bottom; one after the other they are the last of ``orders``."""
        return self._rows.lines

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The texts of the words of each row, from top to bottom."""
        return tuple(tuple(word.text for word in line) for line in self._rows.lines)

    def row_of(self, run: WordRun) -> int:
        """The row in which a run of this page begins, counted from 0."""
        return self._rows.place(run.words[0])[0]

    @property
    def text(self) -> str:
        return " ".join(self._orders[0].texts)

    def find(self, value: str) -> tuple[WordRun, ...]:
        """Every place where ``value`` stands as a run of whole words; each place once."""
        wanted = tuple(value.split())
        found: dict[tuple[int, ...], WordRun] = {}
        for order in self._orders:
            for start in order.starts(wanted):
                run = order.run(start, start + len(wanted))
                found.setdefault(tuple(sorted(id(word) for word in run.words)), run)
        return tuple(found.values())

    def find_loosely(self, value: str) -> tuple[WordRun, ...]:
        """The same for a value that a model wrote freely.

        Where it does not stand word for word it may differ from the page in case, accents, spaces and
        the punctuation around words; it must have the same letters and digits.
        """
        return self.find(value) or self.find_folded(value)

    def find_folded(self, value: str) -> tuple[WordRun, ...]:
        """Every place where the letters and digits of ``value`` stand, be it word for word or not."""
        found: dict[tuple[int, ...], WordRun] = {}
        for order in self._orders:
            for start, end in loose_spans(order.texts, value):
                run = order.run(start, end)
                found.setdefault(tuple(sorted(id(word) for word in run.words)), run)
        return tuple(found.values())

    def find_best(self, value: str, cues: str) -> WordRun | None:
        """The place of ``value`` whose surroundings fit ``cues`` best, or None where it stands nowhere.

        Found loosely where it does not stand word for word; see :meth:`find_loosely`.

        Args:
            cues: words that say what the value is: the field's name and hint, or the question.
        """
        places = self.find_loosely(value)
        return self.best(places, cues) if places else None

    def best(self, places: Sequence[WordRun], cues: str) -> WordRun:
        """The one of ``places`` (at least one, runs of this page) whose surroundings fit ``cues`` best."""
        return places[0] if len(places) == 1 else max(places, key=lambda run: self.fit(run, cues))

    def fit(self, run: WordRun, cues: str) -> float:
        """How many of ``cues`` stand before the run in its row or right above it; nearer ones count more."""
        cue_words = [word for word in cues.lower().split() if len(word) > 2]
        row, position = self._rows.place(run.words[0])
        before = [word.text for word in self._rows.lines[row][max(0, position - _NEAR_WORDS) : position]]
        above = [
            word.text
            for word in (self._rows.lines[row - 1] if row > 0 else ())
            if word.box.x0 < run.box.x1 and run.box.x0 < word.box.x1
        ]
        return 2 * _shared_words(before, cue_words) + _shared_words(above, cue_words)

    def run(self, order: int, start: int, end: int) -> WordRun:
        """The words ``[start, end)`` of ``orders[order]`` with their places."""
        return self._orders[order].run(start, end)

    def run_in_row(self, row: int, start: int, end: int) -> WordRun:
        """The words ``[start, end)`` of ``lines[row]`` with their places."""
        return self._rows.run_in_line(row, start, end)

    def find_row(self, cells: Sequence[str | None], taken: set[int]) -> tuple[WordRun | None, ...]:
        """The places of the cells of one row of a table; see :meth:`choose_row`.

        Args:
            cells: the values; None where the row has none.
        """
        return self.choose_row([self.find_loosely(cell) if cell else () for cell in cells], taken)

    def choose_row(self, cells: Sequence[Sequence[WordRun]], taken: set[int]) -> tuple[WordRun | None, ...]:
        """One place for each cell of a row of a table; rows are asked for from top to bottom.

        The cell that stands in the fewest places tells where the row is; every other cell is the place
        nearest to it. A place is used once, so that equal values of several rows keep their own boxes.

        Args:
            cells: the places at which each cell's value stands.
            taken: the ``id`` of every word that earlier rows use; the words of this row are added.
        """
        places = [_free_places(runs, taken) for runs in cells]
        found = [index for index, runs in enumerate(places) if runs]
        if not found:
            return tuple(None for _ in cells)
        anchor = min(found, key=lambda index: len(places[index]))
        height = places[anchor][0].box.center[1]
        row: list[WordRun | None] = [None for _ in cells]
        for index in (anchor, *(index for index in found if index != anchor)):
            free = [run for run in places[index] if not _uses(run, taken)] or places[index]
            nearest = min(free, key=lambda run: (round(abs(run.box.center[1] - height), 1), run.box.x0))
            row[index] = nearest
            taken.update(id(word) for word in nearest.words)
        return tuple(row)


class _WordOrder:
    """Words in one order, with an index of where each text starts."""

    def __init__(self, lines: Sequence[Sequence[Word]]) -> None:
        self.lines = tuple(tuple(line) for line in lines)
        self.words = tuple(word for line in self.lines for word in line)
        self.texts = tuple(word.text for word in self.words)
        self._line_of = tuple(index for index, line in enumerate(self.lines) for _ in line)
        self._places = {id(word): index for index, word in enumerate(self.words)}
        self._starts: dict[str, list[int]] = {}
        for index, text in enumerate(self.texts):
            self._starts.setdefault(text, []).append(index)

    def starts(self, wanted: tuple[str, ...]) -> list[int]:
        """The indexes at which the run of words ``wanted`` begins."""
        if not wanted:
            return []
        candidates = self._starts.get(wanted[0], [])
        return [index for index in candidates if self.texts[index : index + len(wanted)] == wanted]

    def run(self, start: int, end: int) -> WordRun:
        boxes: list[Box] = []
        last_line = -1
        for index in range(start, end):
            box = self.words[index].box
            if self._line_of[index] == last_line:
                boxes[-1] = Box.around((boxes[-1], box))
            else:
                boxes.append(box)
            last_line = self._line_of[index]
        return WordRun(self.words[start:end], tuple(boxes))

    def run_in_line(self, line: int, start: int, end: int) -> WordRun:
        first = self._line_of.index(line)
        return self.run(first + start, first + end)

    def place(self, word: Word) -> tuple[int, int]:
        """The line of ``word`` and its position in that line."""
        index = self._places[id(word)]
        line = self._line_of[index]
        first = self._line_of.index(line)
        return line, index - first


def _free_places(places: Sequence[WordRun], taken: set[int]) -> tuple[WordRun, ...]:
    """Those that no earlier row uses, top to bottom; all where none is left."""
    free = [run for run in places if not _uses(run, taken)]
    return tuple(sorted(free or places, key=lambda run: (run.box.y0, run.box.x0)))


def _uses(run: WordRun, taken: set[int]) -> bool:
    return any(id(word) in taken for word in run.words)


def _shared_words(nearby: Sequence[str], cue_words: Sequence[str]) -> float:
    """For each cue word the nearness (1 = last of ``nearby``) of the word that matches it, summed."""
    total = 0.0
    for cue in cue_words:
        matches = [
            (index + 1) / len(nearby)
            for index, word in enumerate(nearby)
            if fuzz.ratio(word.lower().strip(":.*#"), cue) >= _SAME_WORD
        ]
        total += max(matches, default=0.0)
    return total
