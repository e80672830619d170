"""Entries of a table held against each other: a column stands in one place on every row.

A small model now and then takes the quantity for the price. The rows of a table know better: where most of
them have a column's values below each other, a row whose value stands elsewhere gets what it has there.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from docvlm.grounding.runs import PageWords, WordRun
from docvlm.schemas import FieldSpec, FieldType, PageContext, find_candidates, normalise
from docvlm.types import Box, Word

FEWEST_ENTRIES = 3
"""Of fewer, none can be told to be the odd one out."""

_MOST = 0.6
"""The share of a column's values, by confidence, that must stand below each other."""

_SAME_TEXT_GAP = 1.2  # of the line height: words closer than this are one text
_SAME_NUMBER_GAP = 0.8  # of the line height: groups of digits closer than this are one number
_ALIGNED = 1.5  # of the line height: texts whose left edges differ by less stand below each other


@dataclass(frozen=True, slots=True)
class Cell:
    """What was chosen for a column of an entry, and how surely; ``moved``: by its place, not by the model."""

    run: WordRun | None
    confidence: float
    moved: bool = False


def line_up(
    entries: Sequence[Sequence[Cell]],
    columns: Sequence[FieldSpec],
    words: PageWords,
    context: PageContext,
) -> list[list[Cell]]:
    """The entries with the cells that stand outside their column's place exchanged for what stands in it.

    A cell is exchanged only where the entry has exactly one run there that can be the column's value. A
    number whose words are an amount of the entry too is none.
    """
    entries = [_without_amounts_as_numbers(entry, columns) for entry in entries]
    lined_up = [list(entry) for entry in entries]
    places = [_place([entry[number] for entry in entries], spec) for number, spec in enumerate(columns)]
    for number, (place, spec) in enumerate(zip(places, columns, strict=True)):
        if place is None or any(
            other is not None and _overlap(other, place) > 0.5
            for at, other in enumerate(places)
            if at != number
        ):
            continue
        for entry in lined_up:
            there = _standing_in(place, entry, spec, words, context)
            if there is not None and not _says_the_same(entry[number].run, there, spec, context):
                entry[number] = Cell(
                    there, min(entry[number].confidence, _share(entries, number, place)), True
                )
    return lined_up


def _without_amounts_as_numbers(entry: Sequence[Cell], columns: Sequence[FieldSpec]) -> list[Cell]:
    """A receipt that prints no quantity gets none, instead of its price."""
    amounts = {
        id(word)
        for cell, spec in zip(entry, columns, strict=True)
        if cell.run is not None and spec.type is FieldType.AMOUNT
        for word in cell.run.words
    }
    return [
        Cell(None, 1 - cell.confidence, moved=True)
        if spec.type in (FieldType.NUMBER, FieldType.INTEGER)
        and cell.run is not None
        and any(id(word) in amounts for word in cell.run.words)
        else cell
        for cell, spec in zip(entry, columns, strict=True)
    ]


def _place(cells: Sequence[Cell], spec: FieldSpec) -> Box | None:
    """Where most of a column's values stand; only left and right of the box mean something."""
    found = [cell for cell in cells if cell.run is not None]
    if len(found) < FEWEST_ENTRIES:
        return None
    best: list[Cell] = []
    for cell in found:
        together = [other for other in found if _below_each_other(cell, other, spec)]
        if sum(one.confidence for one in together) > sum(one.confidence for one in best):
            best = together
    if len(best) < FEWEST_ENTRIES or sum(cell.confidence for cell in best) < _MOST * sum(
        cell.confidence for cell in found
    ):
        return None
    boxes = [cell.run.box for cell in best if cell.run is not None]
    left = statistics.median(box.x0 for box in boxes)
    return Box(left, 0.0, max(statistics.median(box.x1 for box in boxes), left + 1.0), 1.0)


def _below_each_other(first: Cell, second: Cell, spec: FieldSpec) -> bool:
    if first.run is None or second.run is None:
        return False
    one, other = first.run.box, second.run.box
    if spec.type is FieldType.TEXT:
        return abs(one.x0 - other.x0) < _ALIGNED * max(one.height, other.height)
    return _overlap(one, other) > 0.3


def _overlap(first: Box, second: Box) -> float:
    """The common part of two boxes along x, of the narrower one."""
    common = min(first.x1, second.x1) - max(first.x0, second.x0)
    return max(0.0, common) / max(min(first.width, second.width), 1.0)


def _share(entries: Sequence[Sequence[Cell]], number: int, place: Box) -> float:
    """How much of a column, by confidence, stands in its place."""
    found = [cell for entry in entries if (cell := entry[number]).run is not None]
    there = [cell for cell in found if cell.run is not None and _overlap(cell.run.box, place) > 0.3]
    return sum(cell.confidence for cell in there) / max(sum(cell.confidence for cell in found), 1e-6)


def _standing_in(
    place: Box, entry: Sequence[Cell], spec: FieldSpec, words: PageWords, context: PageContext
) -> WordRun | None:
    """The one run on the entry's row that stands in a column's place and can be its value."""
    row = _row_of(entry, words)
    if row is None:
        return None
    order = len(words.orders) - 1
    start = sum(len(other) for other in words.lines[:row])
    line = words.lines[row]
    spans = find_candidates([word.text for word in line], spec, context)
    if spans is None:
        spans = tuple(_texts(line))
    runs = [words.run(order, start + first, start + last) for first, last in _widest(spans, line, spec)]
    there = [run for run in runs if _stands_in(run, place, spec)]
    return there[0] if len(there) == 1 else None


def _row_of(entry: Sequence[Cell], words: PageWords) -> int | None:
    """The row of the page that holds most of an entry's cells."""
    rows = [words.row_of(cell.run) for cell in entry if cell.run is not None]
    return statistics.mode(rows) if rows else None


def _stands_in(run: WordRun, place: Box, spec: FieldSpec) -> bool:
    if spec.type is FieldType.TEXT:
        return abs(run.box.x0 - place.x0) < _ALIGNED * run.box.height
    return _overlap(run.box, place) > 0.3


def _texts(line: Sequence[Word]) -> list[tuple[int, int]]:
    """The stretches of a row without a wide gap."""
    breaks = [
        at
        for at, (before, word) in enumerate(itertools.pairwise(line), start=1)
        if word.box.x0 - before.box.x1 > _SAME_TEXT_GAP * min(word.box.height, before.box.height)
    ]
    return list(itertools.pairwise([0, *breaks, len(line)]))


def _widest(spans: Sequence[tuple[int, int]], line: Sequence[Word], spec: FieldSpec) -> list[tuple[int, int]]:
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


def _says_the_same(chosen: WordRun | None, there: WordRun, spec: FieldSpec, context: PageContext) -> bool:
    """Whether a cell has some of these very words already and means the same by them."""
    if chosen is None or not {id(word) for word in chosen.words} & {id(word) for word in there.words}:
        return False
    said, stands = normalise(chosen.text, spec, context), normalise(there.text, spec, context)
    return spec.type is FieldType.TEXT or said.value == stands.value
