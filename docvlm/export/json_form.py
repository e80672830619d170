"""The stable JSON of answers and extractions. Keys are only ever added.

Boxes are ``[x0, y0, x1, y1]`` in pixels of the page as it was read; pages count from 1; a null value
was looked for and not found.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from docvlm.export.documents import OUTCOME_COLUMNS, ExportedDocument, ExportedOutcome
from docvlm.types import Answer, Box, Extraction, FieldValue, LineItems

_CONFIDENCE_DIGITS = 4


def answer_json(answer: Answer) -> dict[str, Any]:
    """``{"answer", "confidence", "page", "boxes"}`` and the question."""
    return {
        "question": answer.question,
        "answer": answer.text,
        "confidence": round(float(answer.confidence), _CONFIDENCE_DIGITS),
        "page": answer.page,
        "boxes": [box.as_list() for box in answer.boxes],
    }


def extraction_json(extraction: Extraction) -> dict[str, Any]:
    """``{"fields": {name: {"value", "raw", "confidence", "page", "box"}}}``, the schema and the checks.

    A list field is a list of ``{column: {"value", …}}``.
    """
    return {
        "schema": extraction.schema,
        "fields": {field.name: _field_json(field) for field in extraction.fields},
        "checks": [
            {
                "name": check.name,
                "passed": check.passed,
                "message": check.message,
                "fields": list(check.fields),
            }
            for check in extraction.checks
        ],
        "notes": list(extraction.notes),
    }


def to_json(documents: Iterable[ExportedDocument]) -> str:
    """``{"documents": [{"document", "sha256", "answers": [...], …}]}``; with the keys of the
    extraction where there is one, and with what became of the file where that is known."""
    exported = [
        {"document": document.name, "sha256": document.sha256}
        | ({} if document.extraction is None else extraction_json(document.extraction))
        | {"answers": [answer_json(answer) for answer in document.answers]}
        | ({} if document.outcome is None else _outcome_json(document.outcome))
        for document in documents
    ]
    return json.dumps({"documents": exported}, ensure_ascii=False, indent=2) + "\n"


def _outcome_json(outcome: ExportedOutcome) -> dict[str, Any]:
    return dict(zip(OUTCOME_COLUMNS, outcome.values, strict=True))


def _field_json(field: FieldValue | LineItems) -> dict[str, Any] | list[dict[str, Any]]:
    if isinstance(field, LineItems):
        return [{cell.name: _value_json(cell) for cell in row} for row in field.rows]
    return _value_json(field)


def _value_json(field: FieldValue) -> dict[str, Any]:
    return {
        "value": field.value,
        "raw": field.raw,
        "confidence": round(float(field.confidence), _CONFIDENCE_DIGITS),
        "page": field.page,
        "box": _box_json(field.box),
        "boxes": [box.as_list() for box in field.boxes],
        "currency": field.currency,
        "flags": list(field.flags),
    }


def _box_json(box: Box | None) -> list[float] | None:
    return None if box is None else box.as_list()
