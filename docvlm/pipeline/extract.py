"""Fields of a schema from a document: each window is asked, values are grounded, typed and merged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from docvlm.adapters import KnownValues
from docvlm.grounding import (
    Cell,
    ParsedReply,
    ReplyRows,
    ReplySpan,
    ReplyText,
    WordRun,
    extraction_json_schema,
    line_up,
    parse_extraction,
    parse_json_extraction,
    shown_by_sums,
)
from docvlm.models.protocol import Engine, GenerationRequest, PageInput
from docvlm.pipeline.requests import EXTRACTION_TOKENS, extraction_request
from docvlm.pipeline.windows import Window, window_context
from docvlm.prompts import free_extraction_prompt
from docvlm.schemas import (
    FieldSpec,
    FieldType,
    Flag,
    PageContext,
    Schema,
    normalise,
    page_context,
    run_checks,
    without_sentence_end,
)
from docvlm.types import Extraction, FieldValue, LineItems

SURE = 0.9
"""A value this sure stands, whatever the sums of its page show: labels may have taught it."""

SHOWN_CONFIDENCE = 0.9
"""Of what the sums show; on 510 labelled bills they contradicted one total, which was a net amount."""


@dataclass(frozen=True, slots=True)
class WindowDone:
    """Progress: this many windows of so many have been read; ``page`` was the last one's page."""

    page: int
    done: int
    total: int


def extract_windows(
    engine: Engine,
    windows: Sequence[Window],
    schema: Schema,
    show: Callable[[Window], PageInput],
    cancel: threading.Event | None = None,
) -> Iterator[WindowDone | Extraction]:
    """Yield progress after each window and the merged extraction last.

    Args:
        show: makes what the engine sees of a window, one after the other.

    Raises:
        Cancelled: soon after ``cancel`` was set.
    """
    found: list[tuple[FieldValue | LineItems, ...]] = []
    notes: list[str] = []
    document = page_context("\n".join(window.words.text for window in windows))
    for done, window in enumerate(windows, start=1):
        context = window_context(window, document)
        request = _request(engine, schema, window, context, only_window=len(windows) == 1)
        reply = ReplyText.of(engine.generate(show(window), request, cancel))
        parse = parse_extraction if engine.card.follows_grammar else parse_json_extraction
        parsed = parse(reply, schema)
        if not parsed.complete:
            notes.append(_what_is_missing(parsed, window.page_number))
        found.append(_ground_fields(parsed, schema, window, context))
        yield WindowDone(window.page_number, done, len(windows))
    fields = _as_labelled(_merge(found, schema), schema, engine.card.known)
    merged = Extraction(schema.name, fields, notes=tuple(notes))
    calibrated = engine.card.calibration.extraction(merged)
    yield replace(calibrated, checks=run_checks(schema, merged))


def _what_is_missing(parsed: ParsedReply, page_number: int) -> str:
    """Of a reply that is not complete."""
    if any(isinstance(found, ReplyRows) and found.rows for found in parsed.fields):
        return f"Page {page_number} holds more rows than fit in one reply; some are missing."
    return f"The model's reply for page {page_number} could not be read completely."


def _request(
    engine: Engine, schema: Schema, window: Window, context: PageContext, *, only_window: bool
) -> GenerationRequest:
    if engine.card.follows_grammar:
        return extraction_request(schema, window.words, context, only_window=only_window)
    return GenerationRequest(
        free_extraction_prompt(schema),
        max_tokens=EXTRACTION_TOKENS,
        json_schema=extraction_json_schema(schema, window.words, context),
    )


def _ground_fields(
    parsed: ParsedReply, schema: Schema, window: Window, context: PageContext
) -> tuple[FieldValue | LineItems, ...]:
    fields: list[FieldValue | LineItems] = []
    said = list(zip(schema.fields, parsed.fields, strict=False))
    chosen = [(spec, _run_of(span, spec, window)) for spec, span in said if isinstance(span, ReplySpan)]
    runs = {spec.name: run for spec, run in chosen}
    shown = shown_by_sums(chosen, window.words, context)
    for spec, span in said:
        if isinstance(span, ReplyRows):
            fields.append(_ground_rows(span, spec, window, context))
        elif spec.name in shown and span.confidence < SURE:
            by_sums = replace(span, confidence=SHOWN_CONFIDENCE)
            value = _value(by_sums, shown[spec.name], spec, window.page_number, context)
            fields.append(replace(value, flags=(*value.flags, Flag.ADDED_UP)))
        else:
            value = _value(span, runs[spec.name], spec, window.page_number, context)
            fields.append(_out_of_its_sentence(value) if spec.type is FieldType.TEXT else value)
    return tuple(fields)


def _out_of_its_sentence(found: FieldValue) -> FieldValue:
    """``raw`` stays as it is printed."""
    return found if found.value is None else replace(found, value=without_sentence_end(found.value))


def _run_of(span: ReplySpan, spec: FieldSpec, window: Window) -> WordRun | None:
    """Where the value stands, nearest to what the field's name and hint say."""
    return window.words.find_best(span.text, spec.cues) if span.text else None


def _ground_rows(rows: ReplyRows, spec: FieldSpec, window: Window, context: PageContext) -> LineItems:
    """The rows with the place of each cell, held against each other; rows without any value are dropped."""
    taken: set[int] = set()
    entries = []
    for row in rows.rows:
        runs = window.words.find_row([cell.text for cell in row], taken)
        if any(runs):
            entries.append([Cell(run, span.confidence) for span, run in zip(row, runs, strict=True)])
    lined_up = line_up(entries, spec.columns, window.words, context)
    return LineItems(
        spec.name,
        tuple(
            tuple(
                _cell_value(cell, column, window.page_number, context)
                for cell, column in zip(entry, spec.columns, strict=True)
            )
            for entry in lined_up
        ),
    )


def _cell_value(cell: Cell, column: FieldSpec, page_number: int, context: PageContext) -> FieldValue:
    value = _value(ReplySpan(column.name, None, cell.confidence), cell.run, column, page_number, context)
    return replace(value, flags=(*value.flags, Flag.LINED_UP)) if cell.moved else value


def _value(
    span: ReplySpan, run: WordRun | None, spec: FieldSpec, page_number: int, context: PageContext
) -> FieldValue:
    if run is None:
        return FieldValue(spec.name, None, None, span.confidence)
    typed = normalise(run.text, spec, context)
    return FieldValue(
        name=spec.name,
        value=typed.value,
        raw=run.text,
        confidence=span.confidence * run.confidence,
        page=page_number,
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


def _as_labelled(
    fields: Sequence[FieldValue | LineItems], schema: Schema, known: KnownValues
) -> tuple[FieldValue | LineItems, ...]:
    """Texts that are a misreading of one labelled before get its spelling; ``raw`` stays as it was read."""
    return tuple(
        _spelt(found, known) if isinstance(found, FieldValue) and spec.type is FieldType.TEXT else found
        for spec, found in zip(schema.fields, fields, strict=True)
    )


def _spelt(found: FieldValue, known: KnownValues) -> FieldValue:
    spelling = known.spelling(found.name, found.raw) if found.raw else None
    if spelling is None:
        return found
    return replace(found, value=spelling, flags=(*found.flags, Flag.KNOWN_SPELLING))


def _rows_once(rows: Sequence[tuple[FieldValue, ...]]) -> tuple[tuple[FieldValue, ...], ...]:
    """Drop rows that overlapping windows found twice: the same words in the same place."""
    once = {tuple((cell.raw, cell.page, cell.box) for cell in row): row for row in rows}
    return tuple(once.values())
