"""Grammars (llguidance, Lark form) that hold a reply to a schema and to the words of a page.

A text value may be any run of whole words, written as a substring over chunks (one chunk a word, with
the space before it); a typed value may be only a run that parses as its type. What is not there can
therefore not be said: the only other choice is ``not found``.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

from docvlm.grounding.runs import PageWords
from docvlm.grounding.table_rows import has_figures, row_bands
from docvlm.prompts import ABSENT, CELL_BREAK, ROW_START
from docvlm.schemas import FieldSpec, PageContext, Schema, Span, find_candidates
from docvlm.types import Word

MAX_RUN_WORDS = 40
MAX_ROWS = 60
"""Of a list without figures; one with figures has at most an entry for each row of the page."""


def answer_grammar(words: PageWords) -> str:
    """One run of words, or ``not found``; then the line ends."""
    grammar = _Grammar(words)
    return grammar.render(f"({grammar.text_value()} | NOT_FOUND) NEWLINE")


def beginning_grammar(words: Sequence[Word]) -> str:
    """The first of these words, or a run that begins with it; then the line ends."""
    rules = [
        f"word_{number}: {_literal(f' {word.text}')}"
        + (f" (word_{number + 1})?" if number + 1 < len(words) else "")
        for number, word in enumerate(words)
    ]
    return "\n".join(["%llguidance {}", "start: word_0 NEWLINE", *rules, 'NEWLINE: "\\n"']) + "\n"


def extraction_grammar(schema: Schema, words: PageWords, context: PageContext) -> str:
    """``name: value`` lines in the schema's order; list fields as rows of cells.

    Args:
        context: how the page writes dates and amounts; decides which runs parse as a type.
    """
    grammar = _Grammar(words, context)
    return grammar.render(" ".join(grammar.field_line(field) for field in schema.fields))


class _Grammar:
    """Collects the rules that the fields of one page share."""

    def __init__(self, words: PageWords, context: PageContext | None = None) -> None:
        self._orders = words.orders
        self._rows = words.rows
        self._context = context
        self._rules: dict[str, str] = {"NEWLINE": '"\\n"', "NOT_FOUND": _literal(ABSENT)}

    def field_line(self, field: FieldSpec) -> str:
        """The grammar of all the lines of one field."""
        if not field.columns:
            return f"{_literal(f'{field.name}:')} ({self.value(field)}) NEWLINE"
        entries = self._rows_from_the_top(field) if has_figures(field) else self._rows_anywhere(field)
        return f"{_literal(f'{field.name}:')} (NOT_FOUND NEWLINE | NEWLINE {entries})"

    def _rows_anywhere(self, field: FieldSpec) -> str:
        """Entries whose cells may stand anywhere, as a form's pairs, of which one row holds several."""
        name = f"row_{len(self._rules)}"
        self._rules[name] = _entry([(column, self.value(column)) for column in field.columns])
        return f"{name}{{1,{MAX_ROWS}}}"

    def _rows_from_the_top(self, field: FieldSpec) -> str:
        """One entry or more, each out of a band of its own, the bands from top to bottom."""
        name = f"list_{len(self._rules)}"
        bands = row_bands(self._rows)
        starts = [0, *itertools.accumulate(len(row) for row in self._rows)]
        order = tuple(word for row in self._rows for word in row)
        runs = [
            find_candidates(order, column, self._context) if self._context else None
            for column in field.columns
        ]
        for band in bands:
            start, end = starts[band.start], starts[band.end]
            cells = [
                (column, self._value_within(order, start, end, spans))
                for column, spans in zip(field.columns, runs, strict=True)
            ]
            behind = [f"{name}_{number}" for number in range(band.start + 1, band.latest_next + 1)]
            more = f" ({' | '.join(behind)})?" if behind else ""
            self._rules[f"{name}_{band.start}"] = _entry(cells) + more
        return f"({' | '.join(f'{name}_{band.start}' for band in bands)})"

    def _value_within(self, order: Sequence[str], start: int, end: int, spans: Sequence[Span] | None) -> str:
        """A run within the words ``[start, end)`` of ``order``, or ``not found``."""
        if spans is None:
            run = f"BAND_{start}_{end}"
            if run not in self._rules:
                self._rules[run] = _any_run(order[start:end])
            return f"{run} | NOT_FOUND"
        runs = {" ".join(order[first:last]): None for first, last in spans if start <= first and last <= end}
        return " | ".join([*(_literal(f" {run}") for run in runs), "NOT_FOUND"])

    def value(self, field: FieldSpec) -> str:
        """A run that fits the field's type, or ``not found``."""
        runs = typed_runs(self._orders, field, self._context) if self._context else None
        if runs is None:
            return f"{self.text_value()} | NOT_FOUND"
        return " | ".join([*(_literal(f" {run}") for run in runs), "NOT_FOUND"])

    def text_value(self) -> str:
        """Any run of whole words in either order, at most ``MAX_RUN_WORDS`` long."""
        for index, order in enumerate(self._orders):
            self._rules[f"RUN_{index}"] = _any_run(order)
            self._rules[f"TEXT_{index}"] = f"RUN_{index} & /( [^ \\n]+){{1,{MAX_RUN_WORDS}}}/"
        return " | ".join(f"TEXT_{index}" for index in range(len(self._orders)))

    def render(self, start: str) -> str:
        lines = ["%llguidance {}", f"start: {start}"]
        lines += [f"{name}: {body}" for name, body in self._rules.items()]
        return "\n".join(lines) + "\n"


def typed_runs(orders: Sequence[Sequence[str]], field: FieldSpec, context: PageContext) -> list[str] | None:
    """The distinct runs of words that parse as the field's type; None where any run will do."""
    found: dict[str, None] = {}
    for order in orders:
        spans = find_candidates(order, field, context)
        if spans is None:
            return None
        found.update((" ".join(order[start:end]), None) for start, end in spans)
    return list(found)


def _entry(cells: Sequence[tuple[FieldSpec, str]]) -> str:
    """A row of a list: each column's name and what may stand there."""
    parts = [f"{_literal(f'{column.name}:')} ({choices})" for column, choices in cells]
    return f"{_literal(ROW_START)} {f' {_literal(CELL_BREAK)} '.join(parts)} NEWLINE"


def _any_run(words: Sequence[str]) -> str:
    """Any run of whole words, each with the space before it."""
    chunks = json.dumps({"substring_chunks": [f" {word}" for word in words]}, ensure_ascii=False)
    return f"%regex {chunks}"


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
