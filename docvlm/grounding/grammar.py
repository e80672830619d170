"""Grammars (llguidance, Lark form) that hold a reply to a schema and to the words of a page.

A text value may be any run of whole words, written as a substring over chunks (one chunk a word, with
the space before it); a typed value may be only a run that parses as its type. What is not there can
therefore not be said: the only other choice is ``not found``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from docvlm.grounding.runs import PageWords
from docvlm.prompts import CELL_BREAK, NOT_FOUND, ROW_START
from docvlm.schemas import FieldSpec, PageContext, Schema, find_candidates

MAX_RUN_WORDS = 40
MAX_ROWS = 60


def answer_grammar(words: PageWords) -> str:
    """One run of words, or ``not found``; then the line ends."""
    grammar = _Grammar(words)
    return grammar.render(f"({grammar.text_value()} | NOT_FOUND) NEWLINE")


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
        self._context = context
        self._rules: dict[str, str] = {"NEWLINE": '"\\n"', "NOT_FOUND": _literal(f" {NOT_FOUND}")}

    def field_line(self, field: FieldSpec) -> str:
        """The grammar of all the lines of one field."""
        if not field.columns:
            return f"{_literal(f'{field.name}:')} ({self.value(field)}) NEWLINE"
        cells = [f"{_literal(f'{column.name}:')} ({self.value(column)})" for column in field.columns]
        row = f"{_literal(ROW_START)} {f' {_literal(CELL_BREAK)} '.join(cells)} NEWLINE"
        name = f"row_{len(self._rules)}"
        self._rules[name] = row
        return f"{_literal(f'{field.name}:')} (NOT_FOUND NEWLINE | NEWLINE {name}{{1,{MAX_ROWS}}})"

    def value(self, field: FieldSpec) -> str:
        """A run that fits the field's type, or ``not found``."""
        runs = typed_runs(self._orders, field, self._context) if self._context else None
        if runs is None:
            return f"{self.text_value()} | NOT_FOUND"
        return " | ".join([*(_literal(f" {run}") for run in runs), "NOT_FOUND"])

    def text_value(self) -> str:
        """Any run of whole words in either order, at most ``MAX_RUN_WORDS`` long."""
        for index, order in enumerate(self._orders):
            chunks = json.dumps({"substring_chunks": [f" {word}" for word in order]}, ensure_ascii=False)
            self._rules[f"RUN_{index}"] = f"%regex {chunks}"
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


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
