"""Fields of a schema from a document: each window is asked, values are grounded, typed and merged."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docvlm.grounding import ReplyRows, ReplySpan, ReplyText, extraction_grammar, parse_extraction
from docvlm.models.protocol import Engine, GenerationRequest
from docvlm.pipeline.windows import Window
from docvlm.prompts import extraction_prompt
from docvlm.schemas import FieldSpec, PageContext, Schema, normalise, page_context, run_checks
from docvlm.types import Extraction, FieldValue, LineItems

EXTRACTION_TOKENS = 1536


@dataclass(frozen=True, slots=True)
class WindowDone:
    """Progress: this many windows of so many have been read; ``page`` was the last one's page."""

    page: int
    done: int
    total: int


def extract_windows(
    engine: Engine, windows: Sequence[Window], schema: Schema, cancel: threading.Event | None = None
) -> Iterator[WindowDone | Extraction]:
    """Yield progress after each window and the merged extraction last.

    Raises:
        Cancelled: soon after ``cancel`` was set.
    """
    found: list[tuple[FieldValue | LineItems, ...]] = []
    notes: list[str] = []
    for done, window in enumerate(windows, start=1):
        context = page_context(window.words.text)
        request = GenerationRequest(
            extraction_prompt(schema),
            grammar=extraction_grammar(schema, window.words, context),
            max_tokens=EXTRACTION_TOKENS,
        )
        reply = ReplyText.of(engine.generate(window.input, request, cancel))
        spans = parse_extraction(reply, schema)
        if len(spans) < len(schema.fields):
            notes.append(
                f"Page {window.page_number} holds more rows than fit in one reply; some are missing."
            )
        found.append(_ground_fields(spans, schema, window, context))
        yield WindowDone(window.page_number, done, len(windows))
    merged = Extraction(schema.name, _merge(found, schema), notes=tuple(notes))
    yield Extraction(schema.name, merged.fields, run_checks(schema, merged), merged.notes)


def _ground_fields(
    spans: Sequence[ReplySpan | ReplyRows], schema: Schema, window: Window, context: PageContext
) -> tuple[FieldValue | LineItems, ...]:
    fields: list[FieldValue | LineItems] = []
    for spec, span in zip(schema.fields, spans, strict=False):
        if isinstance(span, ReplySpan):
            fields.append(_ground(span, spec, window, context))
            continue
        rows = [
            tuple(
                _ground(cell, column, window, context)
                for cell, column in zip(row, spec.columns, strict=False)
            )
            for row in span.rows
        ]
        filled = tuple(row for row in rows if any(cell.raw is not None for cell in row))
        fields.append(LineItems(spec.name, filled))
    return tuple(fields)


def _ground(span: ReplySpan, spec: FieldSpec, window: Window, context: PageContext) -> FieldValue:
    run = (
        window.words.find_best(span.text, f"{spec.name} {spec.hint}".replace("_", " ")) if span.text else None
    )
    if run is None:
        return FieldValue(spec.name, None, None, span.confidence)
    typed = normalise(run.text, spec, context)
    return FieldValue(
        name=spec.name,
        value=typed.value,
        raw=run.text,
        confidence=span.confidence * run.confidence,
        page=window.page_number,
        box=run.box,
        boxes=run.boxes,
        currency=typed.currency,
        flags=typed.flags,
    )


def _merge(
    found: Sequence[Sequence[FieldValue | LineItems]], schema: Schema
) -> tuple[FieldValue | LineItems, ...]:
    """One value a field: the surest one of all windows; rows of all windows one after the other."""
    return tuple(
        _merge_field(spec, [field for fields in found for field in fields]) for spec in schema.fields
    )


def _merge_field(spec: FieldSpec, found: Sequence[FieldValue | LineItems]) -> FieldValue | LineItems:
    same_name = [field for field in found if field.name == spec.name]
    if spec.columns:
        items = [field for field in same_name if isinstance(field, LineItems)]
        return LineItems(spec.name, _rows_once([row for item in items for row in item.rows]))
    values = [field for field in same_name if isinstance(field, FieldValue)]
    with_words = [value for value in values if value.raw is not None]
    if with_words:
        return max(with_words, key=lambda value: value.confidence)
    return FieldValue(spec.name, None, None, min((value.confidence for value in values), default=1.0))


def _rows_once(rows: Sequence[tuple[FieldValue, ...]]) -> tuple[tuple[FieldValue, ...], ...]:
    """Drop rows that overlapping windows found twice: the same words in the same place."""
    once = {tuple((cell.raw, cell.page, cell.box) for cell in row): row for row in rows}
    return tuple(once.values())
