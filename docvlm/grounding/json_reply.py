"""Fields asked for as JSON, for engines that follow no grammar.

A schema for the reply lists the runs that parse as a field's type, so that a server which holds replies
to a JSON Schema offers typed values from the page only. Text values are free: they are looked for on the
page afterwards, as everything is where the server holds replies to nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from docvlm.grounding.grammar import typed_runs
from docvlm.grounding.reply import UNKNOWN_CONFIDENCE, ParsedReply, ReplyRows, ReplySpan, ReplyText
from docvlm.grounding.runs import PageWords
from docvlm.prompts import NOT_FOUND
from docvlm.schemas import FieldSpec, PageContext, Schema

_MOST_CHOICES = 200  # servers refuse schemas with very long lists
_DECODER = json.JSONDecoder(strict=False)


def extraction_json_schema(schema: Schema, words: PageWords, context: PageContext) -> str:
    """A JSON Schema with one property a field, each a string of the page or null.

    Args:
        context: how the page writes dates and amounts; decides which runs parse as a type.
    """
    return json.dumps(_object([(field, _property(field, words, context)) for field in schema.fields]))


def parse_json_extraction(reply: ReplyText, schema: Schema) -> ParsedReply:
    """The fields of a JSON reply in the schema's order, whatever stands around the JSON.

    A field that is missing, cut off or damaged is one that was not found.
    """
    start = max(0, reply.text.find("{"))
    scan = _Scan(reply.text, start, len(reply.text))
    fields: list[ReplySpan | ReplyRows] = []
    for field in schema.fields:
        found = scan.value(field.name)
        fields.append(_rows(reply, field, found) if field.columns else _span(reply, field, found))
    return ParsedReply(tuple(fields), complete=_decode(reply.text, start) is not None)


@dataclass(frozen=True, slots=True)
class _Value:
    """A decoded value, and the characters ``start`` to ``end`` that it takes in the reply."""

    content: Any
    start: int
    end: int


class _Scan:
    """Finds the values of keys in a part of a reply, wherever they stand, in the order asked for first."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text[:end]
        self._start = start
        self._position = start

    def value(self, name: str) -> _Value | None:
        """The value of a key, None where it is missing or damaged."""
        key = re.compile(rf"{re.escape(json.dumps(name, ensure_ascii=False))}\s*:\s*", re.IGNORECASE)
        match = key.search(self._text, self._position) or key.search(self._text, self._start)
        found = None if match is None else _decode(self._text, match.end())
        if found is not None:
            self._position = found.end
        return found


def _decode(text: str, start: int) -> _Value | None:
    try:
        content, end = _DECODER.raw_decode(text, start)
    except ValueError:
        return None
    return _Value(content, start, end)


def _span(reply: ReplyText, field: FieldSpec, found: _Value | None) -> ReplySpan:
    if found is None:
        return ReplySpan(field.name, None, UNKNOWN_CONFIDENCE)
    confidence = reply.confidence(found.start, found.end)
    content = found.content
    if content is None or isinstance(content, (dict, list)):
        return ReplySpan(field.name, None, confidence)
    text = " ".join(str(content).split())
    return ReplySpan(field.name, None if text.lower() in ("", NOT_FOUND) else text, confidence)


def _rows(reply: ReplyText, field: FieldSpec, found: _Value | None) -> ReplyRows:
    if found is None or not isinstance(found.content, list):
        return ReplyRows(field.name, ())
    rows: list[tuple[ReplySpan, ...]] = []
    position = found.start
    while (start := reply.text.find("{", position, found.end)) >= 0:
        row = _decode(reply.text, start)
        if row is None:  # a brace inside a string
            break
        scan = _Scan(reply.text, start, row.end)
        rows.append(tuple(_span(reply, column, scan.value(column.name)) for column in field.columns))
        position = row.end
    return ReplyRows(field.name, tuple(rows))


def _property(field: FieldSpec, words: PageWords, context: PageContext) -> dict[str, Any]:
    if field.columns:
        row = _object([(column, _property(column, words, context)) for column in field.columns])
        return {"type": "array", "items": row}
    runs = typed_runs(words.orders, field, context)
    if runs is None or len(runs) > _MOST_CHOICES:
        return {"type": ["string", "null"]}
    return {"enum": [*runs, None]}


def _object(properties: list[tuple[FieldSpec, dict[str, Any]]]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {field.name: content for field, content in properties},
        "required": [field.name for field, _ in properties],
        "additionalProperties": False,
    }
