"""How a reply probably goes on, for a model to check in one pass instead of saying it token by token.

A value mostly ends where its text on the page ends, an amount or a date often stands beside its field's name,
and an entry of a table mostly stands as the one above it does. Where the model says otherwise the rest of a
draft is dropped: the reply is the model's own (speculative decoding: Leviathan et al. 2023, arXiv 2211.17192;
out of the prompt: Saxena, "Prompt Lookup Decoding", 2023).
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docvlm.grounding.grammar import typed_runs
from docvlm.grounding.row_places import run_standing_in, texts_of_line
from docvlm.grounding.runs import PageWords, WordRun
from docvlm.prompts import ABSENT, CELL_BREAK, NOT_FOUND, ROW_START
from docvlm.schemas import FieldSpec, PageContext, Schema
from docvlm.types import Word

_ENTRIES_AHEAD = 3
"""Of a table, drafted at once."""

_MOST_ROWS_BETWEEN = 6
"""Of the page, from the begin of one entry to the begin of the next."""

_Entry = tuple[str | None, ...]
"""The text of each cell; None for "not found"."""


class AnswerDraft:
    """Of a reply held to ``answer_grammar``: the run that was begun, to the end of its text on the page."""

    def __init__(self, words: PageWords) -> None:
        self._texts = _Texts(words)

    def __call__(self, reply: str) -> str:
        """What may follow ``reply``; empty where nothing can be told."""
        rest = self._texts.rest(reply)
        return "" if rest is None else f"{rest}\n"


class ExtractionDraft:
    """Of a reply held to ``extraction_grammar`` for the same schema and page."""

    def __init__(self, schema: Schema, words: PageWords, context: PageContext) -> None:
        names = [f"{field.name}:" for field in schema.fields]
        self._next = dict(zip(names, [*schema.fields[1:], None], strict=True))
        self._fields = dict(zip(names, schema.fields, strict=True))
        self._values = _Values(words, context)
        lists = {name: field for name, field in self._fields.items() if field.columns}
        self._tables = {name: _Table(field.columns, words, context) for name, field in lists.items()}

    def __call__(self, reply: str) -> str:
        """What may follow ``reply``; empty where nothing can be told."""
        *lines, line = reply.split("\n")
        name = next((one for one in reversed(lines) if not _is_entry(one)), "")
        if name in self._tables and (not line or _is_entry(line)):
            columns = self._fields[name].columns
            above = _cells(lines[-1], columns) if _is_entry(lines[-1]) else None
            return self._entry(name, above, line) if line else self._entries_behind(name, above)
        name, colon, begun = line.partition(":")
        field = self._fields.get(f"{name}:") if colon else None
        if field is None or field.columns:
            return ""
        return self._values.rest(field, begun, "\n" + self._line_behind(f"{name}:"))

    def _line_behind(self, name: str) -> str:
        """How the line behind a field begins: with the first cell of a list, which mostly has entries."""
        field = self._next[name]
        if field is None:
            return ""
        if field.columns:
            return f"{field.name}:\n{ROW_START}{field.columns[0].name}:"
        return f"{field.name}:{self._values.start(field).text}"

    def _entry(self, name: str, above: _Entry | None, line: str) -> str:
        """What follows ``line``, an entry of the list ``name`` that was begun."""
        table, columns = self._tables[name], self._fields[name].columns
        begun = line.removeprefix(ROW_START).split(CELL_BREAK)
        at = len(begun) - 1
        if not begun[at].startswith(f"{columns[at].name}:"):
            return ""
        done = tuple(_cell(text, column) for text, column in zip(begun[:-1], columns, strict=False))
        value = begun[at].removeprefix(f"{columns[at].name}:")
        expected = table.behind(above, done) if above is not None else None
        end = CELL_BREAK + f"{columns[at + 1].name}:" if at + 1 < len(columns) else "\n"
        if expected is None or not _written(expected[at]).startswith(value):
            return self._values.rest(columns[at], value, end)
        rest = _line((*done, *expected[at:]), columns)[len(line) :]
        return rest + self._entries_behind(name, (*done, *expected[at:]))

    def _entries_behind(self, name: str, entry: _Entry | None) -> str:
        """The lines behind an entry; what follows the list where its table ends, nothing before its first."""
        if entry is None:
            return ""
        table, columns = self._tables[name], self._fields[name].columns
        lines: list[str] = []
        for _ in range(_ENTRIES_AHEAD):
            below = table.behind(entry)
            if below is None:
                return "".join(lines) + self._line_behind(name)
            lines.append(_line(below, columns))
            entry = below
        return "".join(lines)


@dataclass(frozen=True, slots=True)
class _Start:
    """How a value probably begins, ``whole`` where that is all of it."""

    text: str
    whole: bool


class _Values:
    """Drafts of single values."""

    def __init__(self, words: PageWords, context: PageContext) -> None:
        self._words = words
        self._context = context
        self._texts = _Texts(words)
        self._starts: dict[FieldSpec, _Start] = {}

    def rest(self, field: FieldSpec, begun: str, end: str) -> str:
        """What follows a value of which ``begun`` was said, and ``end`` behind it."""
        if begun:
            rest = self._texts.rest(begun)
            return "" if rest is None else rest + end
        start = self.start(field)
        return start.text + end if start.whole else start.text

    def start(self, field: FieldSpec) -> _Start:
        """Of a typed value the run whose surroundings fit the field, or else what all runs begin with."""
        if field not in self._starts:
            self._starts[field] = self._likely_start(field)
        return self._starts[field]

    def _likely_start(self, field: FieldSpec) -> _Start:
        texts = typed_runs(self._words.orders, field, self._context)
        if texts is None:
            return _Start("", whole=False)
        runs = [run for text in texts for run in self._words.find(text)]
        if not runs:
            return _Start(ABSENT, whole=True)
        best = self._words.best(runs, field.cues)
        if self._words.fit(best, field.cues) > 0:
            return _Start(f" {best.text}", whole=True)
        return _Start(_common_begin([f" {text}" for text in texts]), whole=len(texts) == 1)


class _Texts:
    """The texts of a page, each of words close together on one line, in both orders of its words."""

    def __init__(self, words: PageWords) -> None:
        self._orders = [_Text(lines) for lines in (words.reading_lines, words.lines)]

    def rest(self, begun: str) -> str | None:
        """From the first place of ``begun`` to the end of its text there; None where it stands nowhere.

        Args:
            begun: the begin of a run, with the space before it, perhaps cut in the middle of a word.
        """
        found = (text.rest(begun) for text in self._orders) if begun.strip() else iter(())
        return next((rest for rest in found if rest is not None), None)


class _Text:
    """Words in one order, a space before each."""

    def __init__(self, lines: Sequence[Sequence[Word]]) -> None:
        texts = ["".join(f" {word.text}" for word in text) for line in lines for text in texts_of_line(line)]
        self._whole = "".join(texts)
        self._ends = list(itertools.accumulate(len(text) for text in texts))

    def rest(self, begun: str) -> str | None:
        start = self._whole.find(begun)
        if start < 0:
            return None
        end = start + len(begun)
        return self._whole[end : self._ends[bisect_left(self._ends, end)]]


class _Table:
    """Where the entry behind another one stands."""

    def __init__(self, columns: Sequence[FieldSpec], words: PageWords, context: PageContext) -> None:
        self._columns = columns
        self._words = words
        self._context = context
        self._known: dict[_Entry, list[_Entry]] = {}

    def behind(self, entry: _Entry, done: _Entry = ()) -> _Entry | None:
        """The entry that stands below another one as that stands, None where there is none.

        Args:
            done: the first cells of the entry that is looked for, which go before what stands there.
        """
        if entry not in self._known:
            self._known[entry] = list(self._below(entry))
        return max(self._known[entry], key=lambda below: _alike(below, done), default=None)

    def _below(self, entry: _Entry) -> Iterator[_Entry]:
        """What stands below the cells of an entry, nearest first."""
        runs = self._words.find_row(entry, set())
        rows = [self._words.row_of(run) for run in runs if run is not None]
        last = len(self._words.lines) - 1
        for down in range(1, min(_MOST_ROWS_BETWEEN, last - max(rows, default=last)) + 1):
            below = [
                None if run is None else self._standing_below(run, at, down) for at, run in enumerate(runs)
            ]
            if all((run is None) == (there is None) for run, there in zip(runs, below, strict=True)):
                yield tuple(None if run is None else run.text for run in below)

    def _standing_below(self, run: WordRun, column: int, down: int) -> WordRun | None:
        row = self._words.row_of(run) + down
        return run_standing_in(run.box, row, self._columns[column], self._words, self._context)


def _common_begin(texts: Sequence[str]) -> str:
    alike = itertools.takewhile(lambda characters: len(set(characters)) == 1, zip(*texts, strict=False))
    return "".join(characters[0] for characters in alike)


def _is_entry(line: str) -> bool:
    return line.startswith(ROW_START)


def _cells(line: str, columns: Sequence[FieldSpec]) -> _Entry:
    cells = line.removeprefix(ROW_START).split(CELL_BREAK)
    return tuple(_cell(text, column) for text, column in zip(cells, columns, strict=True))


def _cell(text: str, column: FieldSpec) -> str | None:
    value = text.removeprefix(f"{column.name}:").strip()
    return None if value == NOT_FOUND else value


def _line(entry: _Entry, columns: Sequence[FieldSpec]) -> str:
    cells = (f"{column.name}:{_written(cell)}" for cell, column in zip(entry, columns, strict=True))
    return f"{ROW_START}{CELL_BREAK.join(cells)}\n"


def _written(cell: str | None) -> str:
    return ABSENT if cell is None else f" {cell}"


def _alike(entry: _Entry, done: _Entry) -> int:
    """How many cells begin alike; a long text may go on where another line of the page begins."""
    return sum(
        one == other or bool(one and other and (one.startswith(other) or other.startswith(one)))
        for one, other in zip(entry, done, strict=False)
    )
