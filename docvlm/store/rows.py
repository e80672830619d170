"""Rows to the dataclasses of the other rooms, and back.

Numbers are made plain ``int`` and ``float`` on the way in: sqlite3 writes NumPy scalars as raw bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from docvlm.store import codec
from docvlm.store.records import Label, LabelKind, LabelRecord, PageOutcome, RunKind, RunRecord, RunStatus
from docvlm.store.tables import (
    AnswerRow,
    ExtractionRow,
    FieldRow,
    LabelRow,
    LineItemsRow,
    PageRow,
    ReadingRow,
    RunRow,
)
from docvlm.types import (
    Answer,
    Extraction,
    FieldValue,
    LineItems,
    Page,
    PageStatus,
    Reading,
    ReadingSource,
    RunInfo,
)


def page_values(page: Page) -> dict[str, Any]:
    """The columns of ``PageRow`` beside its key."""
    return {
        "status": page.status.value,
        "reason": page.reason,
        "width": int(page.width),
        "height": int(page.height),
        "points_per_pixel": _float(page.points_per_pixel),
        "notes": list(page.notes),
    }


def to_page_outcome(row: PageRow) -> PageOutcome:
    return PageOutcome(
        number=row.number,
        status=PageStatus(row.status),
        reason=row.reason,
        width=row.width,
        height=row.height,
        points_per_pixel=row.points_per_pixel,
        notes=tuple(row.notes),
    )


def reading_values(reading: Reading) -> dict[str, Any]:
    """The columns of ``ReadingRow`` beside its key."""
    return {
        "source": reading.source.value,
        "width": int(reading.width),
        "height": int(reading.height),
        "points_per_pixel": _float(reading.points_per_pixel),
        "rotation": int(reading.rotation),
        "skew": float(reading.skew),
        "notes": list(reading.notes),
        "lines": codec.encode_lines(reading.lines),
    }


def to_reading(row: ReadingRow) -> Reading:
    return Reading(
        page_number=row.page_number,
        source=ReadingSource(row.source),
        width=row.width,
        height=row.height,
        lines=codec.decode_lines(row.lines),
        points_per_pixel=row.points_per_pixel,
        rotation=row.rotation,
        skew=row.skew,
        notes=tuple(row.notes),
    )


def run_row(
    document_id: int,
    kind: RunKind,
    run: RunInfo,
    status: RunStatus,
    reason: str | None,
    started: datetime | None,
) -> RunRow:
    return RunRow(
        document_id=document_id,
        kind=kind.value,
        status=status.value,
        reason=reason,
        model=run.model,
        model_revision=run.model_revision,
        adapter=run.adapter,
        tiling=run.tiling,
        reader=run.reader,
        pages=run.pages,
        pipeline=run.pipeline,
        timings=codec.encode_timings(run.timings),
        started=started,
    )


def to_run(row: RunRow) -> RunRecord:
    return RunRecord(
        id=row.id,
        document_id=row.document_id,
        kind=RunKind(row.kind),
        status=RunStatus(row.status),
        reason=row.reason,
        info=RunInfo(
            model=row.model,
            model_revision=row.model_revision,
            adapter=row.adapter,
            tiling=row.tiling,
            reader=row.reader,
            pages=row.pages,
            pipeline=row.pipeline,
            timings=codec.decode_timings(row.timings),
        ),
        started=row.started,
        finished=row.finished,
    )


def answer_row(document_id: int, run_id: int, answer: Answer) -> AnswerRow:
    return AnswerRow(
        run_id=run_id,
        document_id=document_id,
        question=answer.question,
        text=answer.text,
        confidence=float(answer.confidence),
        page=answer.page,
        boxes=codec.encode_boxes(answer.boxes),
    )


def to_answer(row: AnswerRow) -> Answer:
    return Answer(
        question=row.question,
        text=row.text,
        confidence=row.confidence,
        page=row.page,
        boxes=codec.decode_boxes(row.boxes),
    )


def extraction_row(document_id: int, run_id: int, schema_key: str, extraction: Extraction) -> ExtractionRow:
    return ExtractionRow(
        run_id=run_id,
        document_id=document_id,
        schema_name=extraction.schema,
        schema_key=schema_key,
        checks=codec.encode_checks(extraction.checks),
        notes=list(extraction.notes),
    )


def field_rows(extraction_id: int, extraction: Extraction) -> list[LineItemsRow | FieldRow]:
    """The rows of every field and of every cell of the list fields."""
    rows: list[LineItemsRow | FieldRow] = []
    for position, field in enumerate(extraction.fields):
        if isinstance(field, FieldValue):
            rows.append(_field_row(extraction_id, position, None, None, field))
            continue
        rows.append(
            LineItemsRow(
                extraction_id=extraction_id, position=position, name=field.name, row_count=len(field.rows)
            )
        )
        for row_index, row in enumerate(field.rows):
            for column_index, cell in enumerate(row):
                rows.append(_field_row(extraction_id, position, row_index, column_index, cell))
    return rows


def to_extraction(
    row: ExtractionRow, lists: Iterable[LineItemsRow], fields: Iterable[FieldRow]
) -> Extraction:
    """Put an extraction together from its rows, in any order."""
    by_position: dict[int, FieldValue | LineItems] = {}
    cells: dict[tuple[int, int], list[tuple[int, FieldValue]]] = defaultdict(list)
    for field in fields:
        if field.row_index is None or field.column_index is None:
            by_position[field.position] = _to_field_value(field)
        else:
            cells[field.position, field.row_index].append((field.column_index, _to_field_value(field)))
    for items in lists:
        by_position[items.position] = LineItems(
            items.name,
            tuple(
                tuple(cell for _, cell in sorted(cells[items.position, row_index], key=lambda pair: pair[0]))
                for row_index in range(items.row_count)
            ),
        )
    return Extraction(
        schema=row.schema_name,
        fields=tuple(by_position[position] for position in sorted(by_position)),
        checks=codec.decode_checks(row.checks),
        notes=tuple(row.notes),
    )


def label_values(label: Label) -> dict[str, Any]:
    """The columns of ``LabelRow`` beside its key."""
    return {
        "value": label.value,
        "page": label.page,
        "boxes": codec.encode_boxes(label.boxes),
        "source": label.source,
    }


def to_label_record(row: LabelRow) -> LabelRecord:
    label = Label(
        kind=LabelKind(row.kind),
        name=row.name,
        value=row.value,
        page=row.page,
        boxes=codec.decode_boxes(row.boxes),
        source=row.source,
    )
    return LabelRecord(id=row.id, document_id=row.document_id, label=label, created=row.created)


def _field_row(
    extraction_id: int, position: int, row_index: int | None, column_index: int | None, field: FieldValue
) -> FieldRow:
    return FieldRow(
        extraction_id=extraction_id,
        position=position,
        row_index=row_index,
        column_index=column_index,
        name=field.name,
        value=field.value,
        raw=field.raw,
        confidence=float(field.confidence),
        page=field.page,
        box=None if field.box is None else codec.encode_box(field.box),
        boxes=codec.encode_boxes(field.boxes),
        currency=field.currency,
        flags=list(field.flags),
    )


def _to_field_value(row: FieldRow) -> FieldValue:
    return FieldValue(
        name=row.name,
        value=row.value,
        raw=row.raw,
        confidence=row.confidence,
        page=row.page,
        box=None if row.box is None else codec.decode_box(row.box),
        boxes=codec.decode_boxes(row.boxes),
        currency=row.currency,
        flags=tuple(row.flags),
    )


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)
