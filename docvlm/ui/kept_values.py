"""The values of kept documents as they stand now, and as a file: for the panels and for calling programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from docvlm.errors import UsageError
from docvlm.export import FORMS, ExportedDocument, document_bytes
from docvlm.pipeline import CheckedExtraction, DocumentLabels
from docvlm.schemas import Schema
from docvlm.store import Store
from docvlm.types import Extraction

ROWS = "rows"
"""The form of a file that holds the list fields as CSV."""


def found_values(store: Store, document_id: int, schema: Schema) -> Extraction | None:
    """What the model found last with this schema, without labels."""
    known = store.extractions(document_id, latest_only=True)
    found = [record.extraction for record in known if record.schema_key == schema.key]
    return found[-1] if found else None


def known_values(store: Store, document_id: int, schema: Schema) -> CheckedExtraction:
    """The latest values of a document that need not be open, with the labels over them."""
    return DocumentLabels(store, document_id).lay_over(schema, found_values(store, document_id, schema))


def values_file(documents: Sequence[ExportedDocument], form: str) -> tuple[str, bytes]:
    """The name and content of a file with the values of ``documents``.

    Args:
        form: ``csv``, ``json``, ``xlsx``, or ``rows`` for a CSV of the list fields.

    Raises:
        UsageError: when there is nothing to save or no such form.
    """
    if not documents:
        raise UsageError("There are no values to save yet.", "Extract first.")
    ending = "csv" if form == ROWS else form
    if f".{ending}" not in FORMS:
        raise UsageError(f"'{form}' is no form of file.", "Choose CSV, JSON or Excel.")
    data = document_bytes(documents, f".{ending}", items=form == ROWS)
    stem = Path(documents[0].name).stem if len(documents) == 1 else f"{len(documents)} documents"
    return f"{stem}-rows.csv" if form == ROWS else f"{stem}.{ending}", data
