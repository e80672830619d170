"""Labels in docvlm's store ↔ labelled documents.

A cell of a list is kept under ``items[2].amount``, rows counted from 1; a transcript under ``text`` or
``words``, with its page where it has one. The store keeps one value a name: further alternatives of a value
are not kept there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from docvlm.errors import InputError
from docvlm.pipeline import CellName, Workspace, is_line_name
from docvlm.store import DocumentRecord, ExtractionRecord, Label, LabelKind, Store
from docvlm.types import LineItems
from finetune.data.cells import cell_labels, rows_of_cells
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, RowsLabel, TranscriptLabel

IMPORTED = "import"

_TRANSCRIPT = re.compile(r"(?P<form>text|words)(?: of page (?P<page>\d+))?")


def labelled_documents(store: Store) -> tuple[LabelledDocument, ...]:
    """Every document with a label, the first labelled first; its kind is the schema it was last read with.

    The rows of a list are taken only where a person has gone through all of them: a list that is half
    labelled would teach that the other rows are not there.
    """
    labels: dict[int, list[Label]] = {}
    for record in store.labels():
        labels.setdefault(record.document_id, []).append(record.label)
    documents = ((store.document(document_id), own) for document_id, own in labels.items())
    return tuple(_labelled(store, record, own) for record, own in documents if record is not None)


def keep_labels(documents: Iterable[LabelledDocument], workspace: Workspace) -> int:
    """Add documents and their labels to the user's store and say how many labels that were.

    A label takes the place of an earlier one of the same name.

    Raises:
        InputError: when a document is neither in the store nor a readable file.
    """
    count = 0
    for document in documents:
        document_id = _document_id(document, workspace)
        for label in _labels(document):
            workspace.store.save_label(document_id, label)
            count += 1
    return count


def _document_id(document: LabelledDocument, workspace: Workspace) -> int:
    known = workspace.store.find_document(document.sha256)
    if known is not None:
        return known.id
    if document.path is None:
        raise InputError(f"'{document.name}' has no file.", "Give a label file that names the file.")
    with workspace.open(document.path) as opened:
        return opened.id


def _labelled(store: Store, record: DocumentRecord, labels: Sequence[Label]) -> LabelledDocument:
    extractions = store.extractions(record.id, latest_only=True)
    return LabelledDocument(
        sha256=record.sha256,
        name=record.name,
        path=next((Path(path) for path in record.paths if path and Path(path).is_file()), None),
        kind=extractions[-1].extraction.schema if extractions else "",
        fields=tuple(_fields(labels, extractions)),
        questions=tuple(
            QuestionLabel(label.name, () if label.value is None else (label.value,), label.page, label.boxes)
            for label in labels
            if label.kind is LabelKind.QA
        ),
        transcripts=tuple(_transcripts(labels)),
        lines=tuple(
            label.value
            for label in labels
            if label.kind is LabelKind.TRANSCRIPT and is_line_name(label.name) and label.value
        ),
    )


def _fields(
    labels: Sequence[Label], extractions: Sequence[ExtractionRecord]
) -> Iterator[FieldLabel | RowsLabel]:
    lists: dict[str, dict[CellName, FieldLabel]] = {}
    for label in labels:
        if label.kind is not LabelKind.FIELD:
            continue
        value = FieldLabel(label.name, label.value, page=label.page, boxes=label.boxes)
        cell = CellName.parse(label.name)
        if cell is None:
            yield value
        else:
            lists.setdefault(cell.items, {})[cell] = value
    for name, cells in lists.items():
        if _is_whole(name, cells, extractions):
            yield RowsLabel(name, rows_of_cells(cells))


def _is_whole(name: str, cells: Iterable[CellName], extractions: Sequence[ExtractionRecord]) -> bool:
    """Whether every row that was found, and every column of every row, has a label."""
    known = set(cells)
    found = [
        len(field.rows)
        for record in extractions
        for field in record.extraction.fields
        if isinstance(field, LineItems) and field.name == name
    ]
    last = max([*found, *(cell.row for cell in known)])
    columns = {cell.column for cell in known}
    return all(CellName(name, row, column) in known for row in range(1, last + 1) for column in columns)


def _transcripts(labels: Iterable[Label]) -> Iterator[TranscriptLabel]:
    for label in labels:
        if label.kind is not LabelKind.TRANSCRIPT or label.value is None or is_line_name(label.name):
            continue  # single lines: the page's transcript is a label of its own once all are checked
        name = _TRANSCRIPT.fullmatch(label.name)
        if name is not None and name["form"] == "words":
            yield TranscriptLabel(words=tuple(label.value.split()), page=label.page)
        else:
            yield TranscriptLabel(text=label.value, page=label.page)


def _labels(document: LabelledDocument) -> Iterator[Label]:
    for field in document.fields:
        for single in (field,) if isinstance(field, FieldLabel) else cell_labels(field):
            yield Label(LabelKind.FIELD, single.name, single.value, single.page, single.boxes, IMPORTED)
    for question in document.questions:
        answer = next(iter(question.answers), None)
        yield Label(LabelKind.QA, question.question, answer, question.page, question.boxes, IMPORTED)
    for transcript in document.transcripts:
        form, value = "text", transcript.text
        if transcript.words is not None:
            form, value = "words", " ".join(transcript.words)
        name = form if transcript.page is None else f"{form} of page {transcript.page}"
        yield Label(LabelKind.TRANSCRIPT, name, value, transcript.page, (), IMPORTED)
