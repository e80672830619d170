"""Writes the results of a batch to a file, from the store, whole or not at all.

Every name of a content gets its result, and every form tells of every file, the failed ones too, what
became of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from docvlm.atomic import atomic_file
from docvlm.batch.find import printable
from docvlm.batch.ledger import FileOutcome, FileState
from docvlm.batch.units import Task
from docvlm.errors import UsageError
from docvlm.export import ExportedDocument, ExportedOutcome, answer_json, extraction_json, write_documents
from docvlm.export.files import FORMS
from docvlm.pipeline import owned_identity, with_labels
from docvlm.reading import READER_VERSION, layout_text, page_json
from docvlm.schemas import Schema
from docvlm.store import Store
from docvlm.types import Answer, Extraction, Reading

_LINES = ".jsonl"
_TEXT = ".txt"
_GROUP = 200  # results fetched from the store at a time

Result = Extraction | Answer | None


def check_form(out: Path, task: Task) -> None:
    """Refuse a file whose ending names no form for this task, before the work begins.

    Raises:
        UsageError: naming the forms there are.
    """
    forms = (_LINES, _TEXT) if task is Task.READ else (*FORMS, _LINES)
    if out.suffix.lower() not in forms:
        raise UsageError(f"The ending of {out.name} names no known form.", f"Use one of {', '.join(forms)}.")


def write_results(
    store: Store,
    task: Task,
    outcomes: Iterable[FileOutcome],
    out: Path,
    owner: str = "",
    question: str = "",
    schema: Schema | None = None,
) -> None:
    """Write the results of all ``outcomes`` in the form that the ending of ``out`` names.

    Values that a person has checked since stand in place of those that were found.

    Args:
        owner: whose documents they are; see ``docvlm.pipeline.owned_identity``.
        question: what was asked of every file.
        schema: what was to be filled in from every file; it is named beside those that failed, too.

    Raises:
        UsageError: when the file cannot be written.
    """
    ending = out.suffix.lower()
    if ending in (_LINES, _TEXT):
        with atomic_file(out) as temporary, temporary.open("wb") as file:
            for line in (
                _lines(store, task, outcomes, owner, schema)
                if ending == _LINES
                else _texts(store, outcomes, owner)
            ):
                _write_line(file, line)
        return
    documents = [
        _exported(outcome, result, task, question, schema)
        for outcome, result in _with_results(store, task, outcomes, schema)
    ]
    write_documents(documents, out)


def _write_line(file: BinaryIO, line: str) -> None:
    file.write(f"{line}\n".encode("utf-8", errors="replace"))


def _exported(
    outcome: FileOutcome, result: Result, task: Task, question: str, schema: Schema | None
) -> ExportedDocument:
    became = ExportedOutcome(
        outcome.state.value,
        outcome.reason,
        outcome.pages_done,
        outcome.pages_failed,
        schema="" if schema is None else schema.name,
        question=question if task is Task.ASK else None,
    )
    return ExportedDocument(
        printable(outcome.name),
        extraction=result if isinstance(result, Extraction) else None,
        answers=(result,) if isinstance(result, Answer) else (),
        sha256=outcome.sha256,
        outcome=became,
    )


def _lines(
    store: Store, task: Task, outcomes: Iterable[FileOutcome], owner: str, schema: Schema | None
) -> Iterator[str]:
    if task is Task.READ:
        pairs: Iterable[tuple[FileOutcome, dict[str, Any]]] = (
            (outcome, {"pages": [page_json(reading) for reading in _readings(store, outcome, owner)]})
            for outcome in outcomes
        )
    else:
        pairs = (
            (outcome, _result_json(result))
            for outcome, result in _with_results(store, task, outcomes, schema)
        )
    for outcome, values in pairs:
        yield json.dumps(_outcome_json(outcome) | values, ensure_ascii=False)


def _outcome_json(outcome: FileOutcome) -> dict[str, Any]:
    return {
        "file": printable(outcome.name),
        "sha256": outcome.sha256,
        "status": outcome.state.value,
        "reason": outcome.reason,
        "pages_done": outcome.pages_done,
        "pages_failed": outcome.pages_failed,
    }


def _result_json(result: Result) -> dict[str, Any]:
    if isinstance(result, Extraction):
        return extraction_json(result)
    return {} if result is None else answer_json(result)


def _texts(store: Store, outcomes: Iterable[FileOutcome], owner: str) -> Iterator[str]:
    """The pages of all files as laid out, each file under its name, a form feed after each page."""
    for outcome in outcomes:
        yield f"==> {printable(outcome.name)} <=="
        if outcome.state is not FileState.DONE:
            pages = f"Pages read: {outcome.pages_done}, failed: {outcome.pages_failed}."
            yield f"[{outcome.state.value}] {pages} {outcome.reason or ''}".rstrip()
        for reading in _readings(store, outcome, owner):
            yield f"{layout_text(reading)}\n\f"


def _readings(store: Store, outcome: FileOutcome, owner: str) -> Iterator[Reading]:
    """What was read of a file, page by page."""
    document = None if outcome.sha256 is None else store.find_document(owned_identity(outcome.sha256, owner))
    if document is None:
        return
    for number in sorted(store.pages_read(document.id, READER_VERSION)):
        if (reading := store.reading(document.id, number, READER_VERSION)) is not None:
            yield reading


def _with_results(
    store: Store, task: Task, outcomes: Iterable[FileOutcome], schema: Schema | None
) -> Iterator[tuple[FileOutcome, Result]]:
    remaining = iter(outcomes)
    while group := list(islice(remaining, _GROUP)):
        identifiers = [each.result_id for each in group if each.result_id is not None]
        found = _answers(store, identifiers) if task is Task.ASK else _values(store, identifiers, schema)
        for outcome in group:
            yield outcome, None if outcome.result_id is None else found.get(outcome.result_id)


def _answers(store: Store, identifiers: Sequence[int]) -> Mapping[int, Result]:
    return {record.id: record.answer for record in store.answers_with_ids(identifiers)}


def _values(store: Store, identifiers: Sequence[int], schema: Schema | None) -> Mapping[int, Result]:
    return {
        record.id: record.extraction
        if schema is None
        else with_labels(store, record.document_id, schema, record.extraction)
        for record in store.extractions_with_ids(identifiers)
    }
