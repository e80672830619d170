"""Forms: labels of all sorts with what was filled in; each pair is one row of the list ``entries``."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from finetune.synthesis.form_entries import Entry, fill_in, fill_in_rows, make_entries
from finetune.synthesis.names import make_company
from finetune.synthesis.page import Cell, Draft, Role
from finetune.synthesis.values import make_code
from finetune.synthesis.vocabulary import words
from finetune.synthesis.writer import Writer


def form(rng: Random, language: str) -> Draft:
    """A form with room: one or two labels a row, answers behind or below them, some of several rows."""
    writer = Writer("form", language, rng.randint(56, 84), rng)
    if writer.chance(0.5):
        writer.line(make_company(rng, language), None, rng.choice(("left", "center")))
    writer.line(rng.choice(words("form_titles")), None, rng.choice(("left", "center")), role=Role.TITLE)
    if writer.chance(0.6):
        writer.page.gap(1)
    entries = make_entries(writer, rng.randint(3, 9))
    spacing = rng.choice((0, 0, 0, 0.5, 1))
    separator = rng.choice((":", ":", ":", "", " :"))
    above = writer.chance(0.2)
    number = 0
    while number < len(entries):
        pair = entries[number : number + (2 if not above and writer.chance(0.3) else 1)]
        if len(pair) == 2:
            _pair_in_a_row(writer, pair, separator)
        elif above:
            _above(writer, pair[0], separator, "", 0, 0)
        else:
            _in_a_row(writer, pair[0], separator)
        number += len(pair)
        writer.page.gap(max(spacing, 1 if writer.chance(0.15) else 0))
    if writer.chance(0.35):
        writer.lines([writer.sentence(10) for _ in range(rng.randint(1, 5))], None)
    return writer.finish()


def _pair_in_a_row(writer: Writer, pair: Sequence[Entry], separator: str) -> None:
    half = writer.page.columns // 2 + 2
    cells: list[Cell] = []
    for place, entry in enumerate(pair):
        cells.append(Cell(entry.label + separator, entry.label_fact, place * half))
        cells.append(Cell(fill_in(writer, entry.kind, half - 2, empty=0.07), entry.value_fact))
    writer.page.row(*cells)


def _in_a_row(writer: Writer, entry: Entry, separator: str) -> None:
    """A label with its answer behind it; a text may stand on the rows below as well, or there only."""
    rng = writer.rng
    label = Cell(entry.label + separator, entry.label_fact, 0)
    if entry.kind == "text" and writer.chance(0.5):
        indent = rng.choice((0, 4, len(entry.label) + 3))
        first = [Cell(writer.sentence(6), entry.value_fact, indent)] if indent > 4 else []
        writer.page.row(label, *first)
        rows = [writer.sentence(rng.randint(5, 9)) for _ in range(rng.choice((1, 1, 2, 3, 4)))]
        writer.lines(rows, entry.value_fact, "left", indent)
        return
    value = fill_in(writer, entry.kind, 60, empty=0.07)
    writer.page.row(label, Cell(_written(writer, value), entry.value_fact, rng.choice((None, None, 18))))


def _written(writer: Writer, value: str) -> str:
    """The value, rarely with the rule on which it is written, as readers give it."""
    return f"_{value}" if value and writer.chance(0.03) else value


_ARRANGEMENTS = (
    ("heads", "blocks", "blocks", "blocks", "rows"),
    ("rows", "above", "heads"),
    ("above", "above", "heads"),
)
"""What one form is made of; most keep to one or two ways."""


def dense_form(rng: Random, language: str) -> Draft:
    """A form with much in little room: blocks side by side under headings, rows of heads over values."""
    writer = Writer("form", language, rng.randint(72, 100), rng)
    if writer.chance(0.7):
        writer.line(rng.choice(words("form_titles")), None, rng.choice(("left", "center")), role=Role.TITLE)
    entries = make_entries(writer, rng.randint(9, 20))
    spacing = rng.choice((0, 0, 0, 0.5, 1))
    arrangements = rng.choice(_ARRANGEMENTS)
    while entries:
        arrangement = rng.choice(arrangements)
        if arrangement == "heads":
            taken = _heads(writer, entries[: rng.randint(2, 6)])
        elif arrangement == "blocks":
            taken = _blocks(writer, entries, spacing)
        elif arrangement == "above":
            taken = _all_above(writer, entries[: rng.randint(1, 3)])
        else:
            taken = _rows(writer, entries[: rng.randint(1, 4)], spacing)
        del entries[:taken]
        writer.page.gap(max(spacing, rng.choice((0, 0.5, 1))))
    if writer.chance(0.3):
        # The number under which the sheet is kept.
        writer.line(make_code(rng, rng.choice(("########", "######", "##### ####"))), None, "right")
    return writer.finish()


def _heads(writer: Writer, entries: Sequence[Entry]) -> int:
    """Labels side by side with their values below them; returns how many found room."""
    heads: list[Cell] = []
    values: list[Cell] = []
    place = 0
    separator = writer.rng.choice(("", "", ":"))
    for entry in entries:
        value = fill_in(writer, entry.kind, 18, empty=0)
        width = max(len(entry.label) + 1, len(value)) + writer.rng.choice((3, 4, 6))
        if heads and place + width > writer.page.columns:
            break
        heads.append(Cell(entry.label + separator, entry.label_fact, place))
        values.append(Cell(value, entry.value_fact, place))
        place += width
    writer.page.row(*heads, role=Role.LABEL)
    writer.page.gap(writer.rng.choice((0, 0, 0, 0.5, 1)))
    writer.page.row(*values)
    return len(heads)


def _all_above(writer: Writer, entries: Sequence[Entry]) -> int:
    """Each label in a row of its own, its answer below it."""
    separator = writer.rng.choice((":", ":", "", "?"))
    indent, gap = writer.rng.choice((0, 0, 4, 6)), writer.rng.choice((0, 0, 0.5, 1))
    for entry in entries:
        hint = f" ({writer.sentence(4).rstrip('.').lower()})" if writer.chance(0.1) else ""
        _above(writer, entry, separator, hint, indent, gap)
        writer.page.gap(writer.rng.choice((0, 0.5, 1)))
    return len(entries)


def _above(writer: Writer, entry: Entry, separator: str, hint: str, indent: int, gap: float) -> None:
    cells = [Cell(entry.label, entry.label_fact, 0), *([Cell(hint.strip() + separator)] if hint else [])]
    if not hint:
        cells = [Cell(entry.label + separator, entry.label_fact, 0)]
    writer.page.row(*cells, role=Role.LABEL)
    writer.page.gap(gap)
    if entry.kind in ("text", "people", "person") and writer.chance(0.35):
        writer.lines(fill_in_rows(writer, entry.kind, 64), entry.value_fact, "left", indent)
    else:
        writer.line(fill_in(writer, entry.kind, 64, empty=0.06), entry.value_fact, "left", indent)


def _blocks(writer: Writer, entries: Sequence[Entry], spacing: float) -> int:
    """Two or three columns of label and value, each perhaps under a heading; returns how many entries."""
    rng = writer.rng
    across = rng.choice((2, 2, 2, 3))
    step = writer.page.columns // across
    top, low, taken = writer.page.y, writer.page.y, 0
    for column in range(across):
        writer.page.y = top
        left = column * step
        rows = entries[taken : taken + rng.randint(2, 6)]
        if rows and writer.chance(0.4):
            writer.line(rng.choice(words("form_sections")), None, "left", left, Role.HEADING)
        widest = max((len(entry.label) for entry in rows), default=0)
        value_column = left + min(step // 2 + 1, widest + 2)
        separator = rng.choice((":", ":", "", "."))
        for entry in rows:
            room = step - (value_column - left) - 2
            follows = len(entry.label) + 2 > value_column - left
            label = Cell(entry.label + separator, entry.label_fact, left)
            if not follows and entry.kind in ("people", "person", "text", "measure") and writer.chance(0.2):
                first, *others = fill_in_rows(writer, entry.kind, room)
                writer.page.row(label, Cell(first, entry.value_fact, value_column))
                writer.lines(others, entry.value_fact, "left", value_column)
            else:
                value = fill_in(writer, entry.kind, room, empty=0.08)
                writer.page.row(label, Cell(value, entry.value_fact, None if follows else value_column))
            writer.page.gap(spacing)
        taken += len(rows)
        low = max(low, writer.page.y)
    writer.page.y = low
    return taken


def _rows(writer: Writer, entries: Sequence[Entry], spacing: float) -> int:
    """One label and value a row, the values behind their labels or at a column; some answers are long."""
    rng = writer.rng
    column = rng.choice((None, None, max(len(entry.label) for entry in entries) + rng.randint(3, 12)))
    separator = rng.choice((":", ":", ":", "", "_", " -"))
    for entry in entries:
        value = _written(writer, fill_in(writer, entry.kind, 60, empty=0.07))
        writer.page.row(
            Cell(entry.label + separator, entry.label_fact, 0), Cell(value, entry.value_fact, column)
        )
        if entry.kind in ("text", "people") and value and writer.chance(0.35):
            rows = fill_in_rows(writer, entry.kind, 60)
            indent = rng.choice((0, 2, len(entry.label) + 2)) if column is None else column
            writer.lines(rows, entry.value_fact, "left", indent)
        writer.page.gap(spacing)
    return len(entries)
