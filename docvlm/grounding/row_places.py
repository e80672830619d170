"""What stands on a row of a page, and what stands below it: only left and right of a place mean something."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence

from docvlm.grounding.runs import PageWords, WordRun
from docvlm.schemas import FieldSpec, FieldType, PageContext, find_candidates
from docvlm.types import Box, Word

_SAME_TEXT_GAP = 1.2  # of the line height: words closer than this are one text
_SAME_NUMBER_GAP = 0.8  # of the line height: groups of digits closer than this are one number
ALIGNED = 1.5  # of the line height: texts whose left edges differ by less stand below each other


def row_of(runs: Sequence[WordRun | None], words: PageWords) -> int | None:
    """The row of the page that holds most of an entry's runs."""
    rows = [words.row_of(run) for run in runs if run is not None]
    return statistics.mode(rows) if rows else None


def runs_on_row(row: int, spec: FieldSpec, words: PageWords, context: PageContext) -> list[WordRun]:
    """The runs on a row of the page that can be a column's value, of two in each other the wider one."""
    line = words.lines[row]
    spans = find_candidates([word.text for word in line], spec, context)
    if spans is None:
        spans = tuple(_texts(line))
    return [words.run_in_row(row, first, last) for first, last in widest_spans(spans, line, spec)]


def run_standing_in(
    place: Box, row: int, spec: FieldSpec, words: PageWords, context: PageContext
) -> WordRun | None:
    """The one run on a row of the page that stands in a place and can be a column's value; None without
    one, and where there are several.

    Args:
        place: only its left and right mean something.
    """
    there = [run for run in runs_on_row(row, spec, words, context) if stands_in(run, place, spec)]
    return there[0] if len(there) == 1 else None


def stands_in(run: WordRun, place: Box, spec: FieldSpec) -> bool:
    """Whether a run stands where a column does."""
    if spec.type is FieldType.TEXT:
        return abs(run.box.x0 - place.x0) < ALIGNED * run.box.height
    return below_each_other(run.box, place)


def below_each_other(first: Box, second: Box) -> bool:
    """Whether two figures stand in one column, however they are aligned."""
    return overlap(first, second) > 0.3


def usual_place(boxes: Sequence[Box]) -> Box:
    """Where the runs of a column stand, by the medians of their edges."""
    left = statistics.median(box.x0 for box in boxes)
    return Box(left, 0.0, max(statistics.median(box.x1 for box in boxes), left + 1.0), 1.0)


def overlap(first: Box, second: Box) -> float:
    """The common part of two boxes along x, of the narrower one."""
    common = min(first.x1, second.x1) - max(first.x0, second.x0)
    return max(0.0, common) / max(min(first.width, second.width), 1.0)


def texts_of_line(line: Sequence[Word]) -> tuple[tuple[Word, ...], ...]:
    """The words of a line, those together that stand close to each other."""
    return tuple(tuple(line[start:end]) for start, end in _texts(line) if end > start)


def _texts(line: Sequence[Word]) -> list[tuple[int, int]]:
    """The stretches of a row without a wide gap."""
    breaks = [
        at
        for at, (before, word) in enumerate(itertools.pairwise(line), start=1)
        if word.box.x0 - before.box.x1 > _SAME_TEXT_GAP * min(word.box.height, before.box.height)
    ]
    return list(itertools.pairwise([0, *breaks, len(line)]))


def widest_spans(
    spans: Sequence[tuple[int, int]], line: Sequence[Word], spec: FieldSpec
) -> list[tuple[int, int]]:
    """The spans that no other one holds; a number's words stand close together."""
    whole = [
        (start, end)
        for start, end in spans
        if spec.type is FieldType.TEXT
        or all(
            word.box.x0 - before.box.x1 < _SAME_NUMBER_GAP * min(word.box.height, before.box.height)
            for before, word in itertools.pairwise(line[start:end])
        )
    ]
    return [
        one
        for one in whole
        if not any(other != one and other[0] <= one[0] and one[1] <= other[1] for other in whole)
    ]
