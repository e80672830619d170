"""Writes the results of a batch to a file, from the store, whole or not at all.

Every name of a content gets its result, and every form tells of every file, the failed ones too, what
became of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from docvlm.atomic import atomic_file
from docvlm.batch.find import printable
from docvlm.batch.ledger import FileOutcome, FileState
from docvlm.batch.report import shown_reason
from docvlm.batch.units import Task
from docvlm.errors import UsageError
from docvlm.export import ExportedDocument, ExportedOutcome, answer_json, extraction_json, write_documents
from docvlm.export.files import FORMS
from docvlm.ingest import parse_page_range
from docvlm.pipeline import owned_identity, with_labels
from docvlm.reading import READER_VERSION, layout_text, page_json
from docvlm.schemas import Schema
from docvlm.store import Store
from docvlm.types import Answer, Extraction, Reading

_LINES = ".jsonl"
_TEXT = ".txt"
_GROUP = 200  # results fetched from the store at a time

Result = Extraction | Answer | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was wanted of every file.

    Attributes:
        task: with ``question`` for ASK and ``schema`` for EXTRACT.
        pages: a page range, the same for every file.
        owner: whose documents they are; see ``docvlm.pipeline.owned_identity``.
    """

    task: Task
    question: str = ""
    schema: Schema | None = None
    pages: str = "all"
    owner: str = ""


def check_form(out: Path, task: Task) -> None:
    """Refuse a file whose ending names no form for this task, before the work begins.

    Raises:
        UsageError: naming the forms there are.
    """
    forms = (_LINES, _TEXT) if task is Task.READ else (*FORMS, _LINES)
    if out.suffix.lower() not in forms:
        raise UsageError(f"The ending of {out.name} names no known form.", f"Use one of {', '.join(forms)}.")


def write_results(store: Store, wanted: Wanted, outcomes: Iterable[FileOutcome], out: Path) -> list[Path]:
    """Write the results of all ``outcomes`` in the form that the ending of ``out`` names.

    Values that a person has checked since stand in place of those that were found.

    Returns:
        The files written: ``out`` and, beside a CSV file of fields, that of the rows of lists.

    Raises:
        UsageError: when the file cannot be written.
    """
    ending = out.suffix.lower()
    if ending in (_LINES, _TEXT):
        lines = _lines(store, wanted, outcomes) if ending == _LINES else _texts(store, wanted, outcomes)
        with atomic_file(out) as temporary, temporary.open("wb") as file:
            for line in lines:
                _write_line(file, line)
        return [out]
    documents = [
        _exported(outcome, result, wanted) for outcome, result in _with_results(store, wanted, outcomes)
    ]
    return write_documents(documents, out)


def _write_line(file: BinaryIO, line: str) -> None:
    file.write(f"{line}\n".encode("utf-8", errors="replace"))


def _exported(outcome: FileOutcome, result: Result, wanted: Wanted) -> ExportedDocument:
    became = ExportedOutcome(
        outcome.state.value,
        shown_reason(outcome),
        outcome.pages_done,
        outcome.pages_failed,
        schema="" if wanted.schema is None else wanted.schema.name,
        question=wanted.question if wanted.task is Task.ASK else None,
    )
    return ExportedDocument(
        printable(outcome.name),
        extraction=result if isinstance(result, Extraction) else None,
        answers=(result,) if isinstance(result, Answer) else (),
        sha256=outcome.sha256,
        outcome=became,
    )


def _lines(store: Store, wanted: Wanted, outcomes: Iterable[FileOutcome]) -> Iterator[str]:
    if wanted.task is Task.READ:
        pairs: Iterable[tuple[FileOutcome, dict[str, Any]]] = (
            (outcome, {"pages": [page_json(reading) for reading in _readings(store, wanted, outcome)]})
            for outcome in outcomes
        )
    else:
        pairs = (
            (outcome, _result_json(result)) for outcome, result in _with_results(store, wanted, outcomes)
        )
    for outcome, values in pairs:
        yield json.dumps(_outcome_json(outcome) | values, ensure_ascii=False)


def _outcome_json(outcome: FileOutcome) -> dict[str, Any]:
    return {
        "file": printable(outcome.name),
        "sha256": outcome.sha256,
        "status": outcome.state.value,
        "reason": shown_reason(outcome),
        "pages_done": outcome.pages_done,
        "pages_failed": outcome.pages_failed,
    }


def _result_json(result: Result) -> dict[str, Any]:
    if isinstance(result, Extraction):
        return extraction_json(result)
    return {} if result is None else answer_json(result)


def _texts(store: Store, wanted: Wanted, outcomes: Iterable[FileOutcome]) -> Iterator[str]:
    """The pages of all files as laid out, each file under its name, a form feed after each page."""
    for outcome in outcomes:
        yield f"==> {printable(outcome.name)} <=="
        if outcome.state is not FileState.DONE:
            pages = f"Pages read: {outcome.pages_done}, failed: {outcome.pages_failed}."
            yield f"[{outcome.state.value}] {pages} {shown_reason(outcome) or ''}".rstrip()
        for reading in _readings(store, wanted, outcome):
            yield f"{layout_text(reading)}\n\f"


def _readings(store: Store, wanted: Wanted, outcome: FileOutcome) -> Iterator[Reading]:
    """What was read of the pages that were wanted of a file, page by page."""
    if outcome.sha256 is None:
        return
    document = store.find_document(owned_identity(outcome.sha256, wanted.owner))
    if document is None:
        return
    read = store.pages_read(document.id, READER_VERSION)
    chosen = parse_page_range(wanted.pages, max(read, default=1), clip=True)
    for number in sorted(set(read).intersection(chosen)):
        if (reading := store.reading(document.id, number, READER_VERSION)) is not None:
            yield reading


def _with_results(
    store: Store, wanted: Wanted, outcomes: Iterable[FileOutcome]
) -> Iterator[tuple[FileOutcome, Result]]:
    remaining = iter(outcomes)
    while group := list(islice(remaining, _GROUP)):
        found = results_by_id(store, wanted, group)
        for outcome in group:
            yield outcome, None if outcome.result_id is None else found.get(outcome.result_id)


def results_by_id(store: Store, wanted: Wanted, outcomes: Sequence[FileOutcome]) -> dict[int, Result]:
    """The answers or extractions of these files by their ids; those deleted since are left out.

    Values that a person has checked since stand in place of those that were found.
    """
    # A number of a result that was deleted may have been given to one of another document.
    document_of = {
        outcome.result_id: document.id
        for outcome in outcomes
        if outcome.result_id is not None
        and outcome.sha256 is not None
        and (document := store.find_document(owned_identity(outcome.sha256, wanted.owner))) is not None
    }
    if not document_of or wanted.task is Task.READ:
        return {}
    if wanted.task is Task.ASK:
        return {
            record.id: record.answer
            for record in store.answers_with_ids(list(document_of))
            if record.document_id == document_of[record.id]
        }
    return {
        record.id: record.extraction if wanted.schema is None else with_labels(store, record, wanted.schema)
        for record in store.extractions_with_ids(list(document_of))
        if record.document_id == document_of[record.id]
    }
