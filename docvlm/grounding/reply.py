"""From a stream of tokens to the values it spells out, each with the model's confidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from docvlm.grounding.grammar import MAX_ROWS
from docvlm.grounding.table_rows import has_figures
from docvlm.prompts import ANSWER_START, CELL_BREAK, NOT_FOUND, ROW_START
from docvlm.schemas import Schema
from docvlm.types import TokenStep

UNKNOWN_CONFIDENCE = 0.5
"""Of a value whose tokens' probabilities the engine does not know: as likely right as wrong."""


@dataclass(frozen=True, slots=True)
class ReplySpan:
    """A value as the model wrote it. ``text`` is None where it wrote ``not found``."""

    name: str
    text: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class ReplyRows:
    """The rows of a list field, each with one span for each column."""

    name: str
    rows: tuple[tuple[ReplySpan, ...], ...]


class ReplyText:
    """A reply that remembers the probability of each of its characters' tokens."""

    def __init__(self) -> None:
        self.text = ""
        self._ends: list[int] = []
        self._probabilities: list[float | None] = []

    @classmethod
    def of(cls, steps: Iterable[TokenStep]) -> ReplyText:
        reply = cls()
        for step in steps:
            reply.push(step)
        return reply

    def push(self, step: TokenStep) -> None:
        self.text += step.text
        self._ends.append(len(self.text))
        self._probabilities.append(step.probability)

    def confidence(self, start: int, end: int) -> float:
        """The probability of the tokens that reach into the characters ``start`` to ``end``.

        It is the product over the decisions the model took: forced tokens count as certain. Where there are
        none, or the engine does not know one of them, it is ``UNKNOWN_CONFIDENCE``.
        """
        begins = [0, *self._ends][:-1]
        known = []
        for begin, stop, probability in zip(begins, self._ends, self._probabilities, strict=True):
            if begin < end and stop > start:
                if probability is None:
                    return UNKNOWN_CONFIDENCE
                known.append(probability)
        return prod(known) if known else UNKNOWN_CONFIDENCE


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """The fields of a reply; ``complete`` is False where it ended before the schema did."""

    fields: tuple[ReplySpan | ReplyRows, ...]
    complete: bool


def parse_answer(reply: ReplyText) -> ReplySpan:
    """The single value of an answer; the last word of a reply that was cut short is dropped."""
    line, end, _ = reply.text.partition("\n")
    if not end:
        line = line.rpartition(" ")[0]
    # The line's end is a decision as well: the run could have gone on.
    return _span("answer", line, reply.confidence(0, len(line) + 1))


def parse_free_answer(reply: ReplyText) -> ReplySpan:
    """The single value of a reply that followed no grammar: its first line with words."""
    start = len(reply.text) - len(reply.text.lstrip())
    line, _, _ = reply.text[start:].partition("\n")
    confidence = reply.confidence(start, start + len(line))
    value = line.strip().removeprefix(ANSWER_START).strip()
    if value.rstrip(".!").lower() in ("", NOT_FOUND):
        return ReplySpan("answer", None, confidence)
    return ReplySpan("answer", value, confidence)


def parse_extraction(reply: ReplyText, schema: Schema) -> ParsedReply:
    """The values of a reply held to ``extraction_grammar``, in the schema's order.

    A reply that was cut off at its length limit yields the fields and rows that are complete.
    """
    lines = _Lines(reply)
    fields: list[ReplySpan | ReplyRows] = []
    for field in schema.fields:
        line = lines.take(f"{field.name}:")
        if line is None:
            break
        if not field.columns:
            fields.append(_span(field.name, line.text, line.confidence))
            continue
        rows: list[tuple[ReplySpan, ...]] = []
        while not line.text.strip() and (row := lines.take(ROW_START)) is not None:
            rows.append(_cells(row, [column.name for column in field.columns], reply))
        fields.append(ReplyRows(field.name, tuple(rows)))
    full = any(
        isinstance(found, ReplyRows) and not has_figures(spec) and len(found.rows) >= MAX_ROWS
        for spec, found in zip(schema.fields, fields, strict=False)
    )
    complete = len(fields) == len(schema.fields) and reply.text.endswith("\n") and not full
    return ParsedReply(tuple(fields), complete)


@dataclass(frozen=True, slots=True)
class _Line:
    """What follows the expected start of a line; ``offset`` is where it stands in the reply."""

    text: str
    offset: int
    confidence: float


class _Lines:
    """Hands out the complete lines of a reply, one after the other."""

    def __init__(self, reply: ReplyText) -> None:
        self._reply = reply
        self._position = 0

    def take(self, start: str) -> _Line | None:
        """The next line if it is complete and begins with ``start``, without that start."""
        end = self._reply.text.find("\n", self._position)
        if end < 0 or not self._reply.text.startswith(start, self._position):
            return None
        begin = self._position + len(start)
        self._position = end + 1
        return _Line(self._reply.text[begin:end], begin, self._reply.confidence(begin, end + 1))


def _cells(row: _Line, names: list[str], reply: ReplyText) -> tuple[ReplySpan, ...]:
    spans: list[ReplySpan] = []
    offset = row.offset
    for name, cell in zip(names, row.text.split(CELL_BREAK), strict=False):
        begin = offset + len(f"{name}:")
        end = offset + len(cell)
        spans.append(_span(name, cell[len(f"{name}:") :], reply.confidence(begin, end + 1)))
        offset = end + len(CELL_BREAK)
    return tuple(spans)


def _span(name: str, text: str, confidence: float) -> ReplySpan:
    value = text.strip()
    return ReplySpan(name, None if value in ("", NOT_FOUND) else value, confidence)
