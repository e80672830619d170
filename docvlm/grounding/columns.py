"""Entries of a table held against each other: a column stands in one place on every row.

A small model now and then takes the quantity for the price. The rows of a table know better: where most of
them have a column's values below each other, a row whose value stands elsewhere gets what it has there.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from docvlm.grounding.factor_names import factors_of
from docvlm.grounding.products import find_factors
from docvlm.grounding.row_places import (
    ALIGNED,
    below_each_other,
    overlap,
    row_of,
    run_standing_in,
    usual_place,
)
from docvlm.grounding.runs import PageWords, WordRun
from docvlm.grounding.table_rows import FIGURES
from docvlm.schemas import FieldSpec, FieldType, PageContext, normalise
from docvlm.schemas.letters import without_accents
from docvlm.schemas.numbers import decimal_of
from docvlm.types import Box

FEWEST_ENTRIES = 3
"""Of fewer, none can be told to be the odd one out."""

_FEWEST_FIGURES = 2
"""Columns of figures that a table must have for rows to be told by them; a total has but one figure."""

_MOST = 0.6
"""The share of a column's values, by confidence, that must stand below each other."""

_SUM_WORDS = re.compile(
    r"\W*(?:(?:grand|net|invoice|sub|sous)\W*)?"
    r"(?:total\w*|totaal|totaux|subtota\w*|subtotaal|(?:zwischen|gesamt|end)?summe|gesamt(?:betrag)?|suma|razem"
    r"|(?:carried|brought)\W+(?:forward|over|down)|carry\W?over|ubertrag|a reporter|riporto"
    r"|report(?!\W+[^\W\d]))\b"
)
"""How a row begins that adds the entries up, or carries them over to another page."""

_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Cell:
    """What was chosen for a column of an entry, and how surely; ``moved``: by its place, not by the model."""

    run: WordRun | None
    confidence: float
    moved: bool = False


@dataclass(frozen=True, slots=True)
class _Column:
    """A column and where on the rows it stands; only left and right of ``place`` mean something.

    ``place`` is None where that cannot be told; ``share`` of its values, by confidence, stand there. Where
    ``multiplies`` is set, the rows' products told its place.
    """

    spec: FieldSpec
    place: Box | None
    share: float
    multiplies: bool = False


def line_up(
    entries: Sequence[Sequence[Cell]],
    columns: Sequence[FieldSpec],
    words: PageWords,
    context: PageContext,
) -> list[list[Cell]]:
    """The entries with the cells that stand outside their column's place exchanged for what stands in it.

    Places are where most rows multiply out, and otherwise where most values stand. A cell is exchanged only
    where the entry has exactly one run there that can be the column's value. A number whose words are an
    amount of the entry too is none. Rows between the entries and right beside the first and the last of them
    that have a value in every place are entries too, unless they add others up; sums are none.
    """
    entries = [_without_amounts_as_numbers(entry, columns) for entry in entries]
    table = _Table(_placed_by_products(_columns(entries, columns), entries, words, context), words, context)
    lined_up = [moved for entry in entries if not table.is_sum(entry, moved := table.lined_up(entry))]
    return table.with_rows_left_out(lined_up)


class _Table:
    """The columns of a table and the page that it stands on."""

    def __init__(self, columns: Sequence[_Column], words: PageWords, context: PageContext) -> None:
        self._columns = columns
        self._words = words
        self._context = context

    def lined_up(self, entry: Sequence[Cell]) -> list[Cell]:
        """An entry with its cells in their columns' places."""
        row = _row_of(entry, self._words)
        if row is None:
            return list(entry)
        cells = []
        for cell, column in zip(entry, self._columns, strict=True):
            there = self._standing_in(column, row)
            if there is not None and not self._says_the_same(cell.run, there, column.spec):
                sure = column.share if cell.run is None else min(cell.confidence, column.share)
                cell = Cell(there, sure, moved=True)
            cells.append(cell)
        return cells

    def is_sum(self, chosen: Sequence[Cell], lined_up: Sequence[Cell]) -> bool:
        """Whether an entry is a sum: it lacks a figure that multiplies out, and begins with a word for sums,
        or its text was nothing but its figures and no words stand in its place."""
        row = _row_of(lined_up, self._words)
        if row is None or all(
            self._standing_in(column, row) for column in self._columns if column.multiplies
        ):
            return False
        if self._says_sum(row):
            return True
        said, figures = self._texts(chosen, text=True), self._texts(chosen, text=False)
        words = " ".join(self._texts(lined_up, text=True))
        return bool(said) and set(said) <= set(figures) and not _LETTER.search(words)

    def _says_sum(self, row: int) -> bool:
        says = without_accents(" ".join(word.text for word in self._words.lines[row]))
        return _SUM_WORDS.match(says) is not None

    def _texts(self, entry: Sequence[Cell], text: bool) -> list[str]:
        """The words of an entry's texts, or those of its other cells."""
        cells = zip(entry, self._columns, strict=True)
        return [
            word.text
            for cell, column in cells
            if cell.run is not None and (column.spec.type is FieldType.TEXT) == text
            for word in cell.run.words
        ]

    def with_rows_left_out(self, entries: list[list[Cell]]) -> list[list[Cell]]:
        """The entries, and the rows among them that the model passed over, from top to bottom."""
        figures = [one for one in self._columns if one.place is not None and one.spec.type in FIGURES]
        by_row = {row: entry for entry in entries if (row := _row_of(entry, self._words)) is not None}
        if len(figures) < _FEWEST_FIGURES or len(by_row) < FEWEST_ENTRIES:
            return entries
        first, last = min(by_row), max(by_row)
        above = itertools.takewhile(_is_entry, map(self._entry_in, range(first - 1, -1, -1)))
        below = itertools.takewhile(_is_entry, map(self._entry_in, range(last + 1, len(self._words.lines))))
        between = (self._entry_in(row) for row in range(first, last) if row not in by_row)
        left_out = [one for one in (*above, *between) if one is not None]
        for one in below:
            if one is None or self._adds_up(one[1], [*entries, *(entry for _, entry in left_out)]):
                break
            left_out.append(one)
        placed = [(_row_of(entry, self._words), entry) for entry in entries]
        known = [(last if row is None else row, entry) for row, entry in placed]
        return [entry for _, entry in sorted([*known, *left_out], key=lambda one: one[0])]

    def _entry_in(self, row: int) -> tuple[int, list[Cell]] | None:
        """The row with its entry; None where a column that has a place has no value there, and for a sum."""
        if self._says_sum(row):
            return None
        found = [self._standing_in(column, row) for column in self._columns]
        placed = [(column, run) for column, run in zip(self._columns, found, strict=True) if column.place]
        if any(run is None for _, run in placed):
            return None
        sure = min(column.share for column, _ in placed)
        return row, [Cell(run, sure, moved=True) for run in found]

    def _adds_up(self, entry: Sequence[Cell], others: Sequence[Sequence[Cell]]) -> bool:
        """Whether the last amount of an entry is the sum of the others'."""
        amounts = [
            number
            for number, column in enumerate(self._columns)
            if column.place is not None and column.spec.type is FieldType.AMOUNT
        ]
        if not amounts:
            return False
        total = self._value(entry, amounts[-1])
        parts = [self._value(other, amounts[-1]) for other in others]
        known = [part for part in parts if part is not None]
        return total is not None and len(known) == len(parts) and sum(known, Decimal()) == total

    def _value(self, entry: Sequence[Cell], number: int) -> Decimal | None:
        run = entry[number].run
        spec = self._columns[number].spec
        return None if run is None else decimal_of(normalise(run.text, spec, self._context).value)

    def _standing_in(self, column: _Column, row: int) -> WordRun | None:
        """The one run on a row that stands in a column's place and can be its value."""
        if column.place is None:
            return None
        return run_standing_in(column.place, row, column.spec, self._words, self._context)

    def _says_the_same(self, chosen: WordRun | None, there: WordRun, spec: FieldSpec) -> bool:
        """Whether a cell has some of these very words already and means the same by them."""
        if chosen is None or not {id(word) for word in chosen.words} & {id(word) for word in there.words}:
            return False
        said, stands = (normalise(run.text, spec, self._context) for run in (chosen, there))
        return spec.type is FieldType.TEXT or said.value == stands.value


def _row_of(entry: Sequence[Cell], words: PageWords) -> int | None:
    return row_of([cell.run for cell in entry], words)


def _is_entry(found: tuple[int, list[Cell]] | None) -> bool:
    return found is not None


def _columns(entries: Sequence[Sequence[Cell]], specs: Sequence[FieldSpec]) -> list[_Column]:
    """Each column with its place; two columns in one place have none."""
    places = [_place([entry[number] for entry in entries], spec) for number, spec in enumerate(specs)]
    columns = []
    for number, (place, spec) in enumerate(zip(places, specs, strict=True)):
        others = (other for at, other in enumerate(places) if at != number and other is not None)
        if place is None or any(overlap(other, place) > 0.5 for other in others):
            columns.append(_Column(spec, None, 0.0))
        else:
            columns.append(_Column(spec, place, _share(entries, number, place)))
    return columns


def _placed_by_products(
    columns: Sequence[_Column], entries: Sequence[Sequence[Cell]], words: PageWords, context: PageContext
) -> list[_Column]:
    """The columns, of which quantity, price and amount stand where most rows multiply out, if they do."""
    specs = [column.spec for column in columns]
    chosen = [[cell.run for cell in entry] for entry in entries]
    factors = factors_of(specs)
    found = find_factors(chosen, factors, specs, words, context) if factors else None
    if factors is None or found is None:
        return list(columns)
    places = {factors.quantity: found.quantity, factors.price: found.price}
    if found.amount is not None:
        places[factors.amount] = found.amount
    return [
        _Column(column.spec, places[number], found.share, multiplies=True)
        if number in places
        else _apart_from(places.values(), column)
        for number, column in enumerate(columns)
    ]


def _apart_from(places: Iterable[Box], column: _Column) -> _Column:
    """A column without a place where that is another one's."""
    taken = column.place is not None and any(overlap(place, column.place) > 0.5 for place in places)
    return _Column(column.spec, None, 0.0) if taken else column


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
    return usual_place([cell.run.box for cell in best if cell.run is not None])


def _below_each_other(first: Cell, second: Cell, spec: FieldSpec) -> bool:
    if first.run is None or second.run is None:
        return False
    one, other = first.run.box, second.run.box
    if spec.type is FieldType.TEXT:
        return abs(one.x0 - other.x0) < ALIGNED * max(one.height, other.height)
    return below_each_other(one, other)


def _share(entries: Sequence[Sequence[Cell]], number: int, place: Box) -> float:
    """How much of a column, by confidence, stands in its place."""
    found = [cell for entry in entries if (cell := entry[number]).run is not None]
    there = [cell for cell in found if cell.run is not None and below_each_other(cell.run.box, place)]
    return sum(cell.confidence for cell in there) / max(sum(cell.confidence for cell in found), 1e-6)
