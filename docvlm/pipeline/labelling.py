"""Labels of one document: confirm a value, correct it, take it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from docvlm.errors import UsageError
from docvlm.pipeline.cell_names import CellName, cell_name
from docvlm.pipeline.corrections import (
    MAX_ROWS,
    CheckedExtraction,
    check_extraction,
    empty_extraction,
    find_evidence,
    find_text,
)
from docvlm.pipeline.label_sources import ADDED, CONFIRMED, CORRECTED, FROM_LINES
from docvlm.pipeline.line_labels import (
    CheckedLine,
    checked_lines,
    transcript,
    transcript_name,
)
from docvlm.pipeline.own_rows import RowMoves, moved_labels, moves_of
from docvlm.reading import READER_VERSION
from docvlm.schemas import FieldSpec, Schema, page_context
from docvlm.store import ExtractionRecord, Label, LabelKind, Store
from docvlm.types import Box, Extraction, FieldValue, LineItems, Reading

_ListKey = tuple[str, str]  # a schema's key, the name of a list field


@dataclass(frozen=True, slots=True)
class _Change:
    """What was before a change: labels by kind and name, None where there was none; lengths of lists."""

    name: str
    labels: tuple[tuple[LabelKind, str, Label | None], ...]
    row_counts: dict[_ListKey, int]


class DocumentLabels:
    """The labels of one document. What was changed through this object can be undone, last first.

    Rows that a person adds to a list are shown from here; they are kept once one of their cells has a label.
    """

    def __init__(self, store: Store, document_id: int) -> None:
        self._store = store
        self._document_id = document_id
        self._changes: list[_Change] = []
        self._row_counts: dict[_ListKey, int] = {}
        self._found_rows: dict[_ListKey, int] = {}

    def lay_over(self, schema: Schema, extraction: Extraction | None) -> CheckedExtraction:
        """What the model found (None: nothing yet) with the labels over it.

        Rows that a person had added before the model found as many go behind those that it found, also in
        the store.
        """
        for items in (extraction or empty_extraction(schema)).fields:
            if isinstance(items, LineItems):
                self._make_room(schema.key, items)
        labels = [record.label for record in self._store.labels(self._document_id)]
        context = page_context("\n".join(reading.text for reading in self.readings()))
        counts = {name: count for (key, name), count in self._row_counts.items() if key == schema.key}
        return check_extraction(schema, extraction or empty_extraction(schema), labels, context, counts)

    def confirm(self, checked: CheckedExtraction, name: str) -> None:
        """A person says that the value is right as it is, or that the document does not have it.

        Raises:
            UsageError: when the schema has no such field.
        """
        _, value = _value_of(checked, name)
        source = _source(checked, name, CONFIRMED)
        self._save(Label(LabelKind.FIELD, name, value.raw, value.page, value.boxes, source))

    def correct(
        self,
        checked: CheckedExtraction,
        name: str,
        text: str,
        page: int | None = None,
        boxes: tuple[Box, ...] = (),
    ) -> None:
        """A person says what the value is; the same text as before confirms it, none says it is missing.

        Args:
            page: where ``text`` was pointed out, with ``boxes``; without them the text is looked for on the
                pages that were read, and kept without a place where it stands nowhere.

        Raises:
            UsageError: when the schema has no such field.
        """
        spec, value = _value_of(checked, name)
        text = " ".join(text.split())
        if text == (value.raw or "") and not boxes:
            self.confirm(checked, name)
            return
        if text and not boxes:
            found = find_evidence(text, spec, self.readings())
            page, boxes = (found.page, found.boxes) if found else (None, ())
        source = _source(checked, name, CORRECTED)
        self._save(Label(LabelKind.FIELD, name, text or None, page if text else None, boxes, source))

    def add_row(self, checked: CheckedExtraction, name: str) -> None:
        """A person wants to enter one more row of a list; it is empty.

        Raises:
            UsageError: when the schema has no such list, or the list is as long as it may be.
        """
        count = len(_list_of(checked, name).rows)
        if count >= MAX_ROWS:
            raise UsageError(f"A list has at most {MAX_ROWS} rows.", "Remove a row first.")
        self._apply(name, {}, self._row_counts | {(checked.schema.key, name): count + 1})

    def remove_row(self, checked: CheckedExtraction, name: str, row: int, found: Extraction | None) -> None:
        """A person says that the document has no such row.

        The cells of a row that the model found get labels that say so, and the rows after it keep their
        numbers. A row that a person added goes with its labels, and those after it move up.

        Args:
            row: counts from 1.
            found: what the model found, None where it found nothing.

        Raises:
            UsageError: when the list has no such row.
        """
        items = _list_of(checked, name)
        if not 1 <= row <= len(items.rows):
            raise UsageError(f"There is no row {row} any more.", "Look at the list again.")
        columns = [cell.name for cell in items.rows[row - 1]]
        labels: dict[str, Label | None] = {}
        if row <= _row_count(found, name):
            for cell in (cell_name(name, row, column) for column in columns):
                labels[cell] = Label(LabelKind.FIELD, cell, None, source=CORRECTED)
            self._apply(name, labels, self._row_counts)
            return
        known = self._fields()
        for number in range(row, len(items.rows) + 1):
            for column in columns:
                cell, after = cell_name(name, number, column), known.get(cell_name(name, number + 1, column))
                labels[cell] = replace(after, name=cell) if after is not None else None
        key = (checked.schema.key, name)
        self._apply(name, labels, self._row_counts | {key: len(items.rows) - 1})

    def bring_back_rows(self, checked: CheckedExtraction, name: str) -> None:
        """Take back what was said of the removed rows of a list.

        Raises:
            UsageError: when the schema has no such list.
        """
        items = _list_of(checked, name)
        labels = {
            cell_name(name, row, cell.name): None
            for row in checked.removed_rows(items)
            for cell in items.rows[row - 1]
        }
        self._apply(name, labels, self._row_counts | {(checked.schema.key, name): len(items.rows)})

    def answer(self, question: str, text: str, page: int | None = None, boxes: tuple[Box, ...] = ()) -> None:
        """A person says what the answer to a question is; no text: the document does not say.

        Args:
            page: where ``text`` was pointed out, with ``boxes``, as for ``correct``.
        """
        text = " ".join(text.split())
        if text and not boxes:
            found = find_text(text, question, self.readings())
            page, boxes = (found.page, found.boxes) if found else (None, ())
        self._save(Label(LabelKind.QA, question, text or None, page if text else None, boxes, CORRECTED))

    def questions(self) -> list[Label]:
        """The questions that a person has answered, the first answered first."""
        return [record.label for record in self._store.labels(self._document_id, LabelKind.QA)]

    def lines(self, page: int) -> tuple[CheckedLine, ...]:
        """The lines of a page in reading order; none before it was read."""
        reading = self._store.reading(self._document_id, page, READER_VERSION)
        if reading is None:
            return ()
        known = self._store.labels(self._document_id, LabelKind.TRANSCRIPT)
        return checked_lines(reading, {record.label.name: record.label for record in known})

    def transcribe(self, page: int, name: str, text: str) -> None:
        """A person says what stands in a line; no text: there is no line.

        Once every line of the page is checked, their text together becomes the page's transcript.

        Raises:
            UsageError: when the page has no such line.
        """
        line = next((line for line in self.lines(page) if line.name == name), None)
        if line is None:
            raise UsageError("This line is no longer there.", "Open the page again.")
        text = " ".join(text.split())
        source = CONFIRMED if text == line.read else CORRECTED
        self._save(Label(LabelKind.TRANSCRIPT, name, text or None, page, (line.box,), source))
        self._keep_transcript(page)

    def undo(self) -> str | None:
        """Take the last change back; the name of the value or list, None where there is nothing to undo."""
        if not self._changes:
            return None
        change = self._changes.pop()
        self._row_counts = change.row_counts
        for kind, name, before in change.labels:
            last = self._known(kind, name)
            self._set(kind, name, before)
            if kind is LabelKind.TRANSCRIPT and last is not None and last.page is not None:
                self._keep_transcript(last.page)
        return change.name

    def readings(self) -> list[Reading]:
        """What was read on the pages so far, by number."""
        numbers = sorted(self._store.pages_read(self._document_id, READER_VERSION))
        readings = (self._store.reading(self._document_id, number, READER_VERSION) for number in numbers)
        return [reading for reading in readings if reading is not None]

    def _make_room(self, schema_key: str, items: LineItems) -> None:
        """Move the rows that a person added behind those that the model has found by now."""
        key = (schema_key, items.name)
        before, self._found_rows[key] = self._found_rows.get(key), len(items.rows)
        shift = len(items.rows) - (before or 0)
        if shift > 0 and key in self._row_counts:  # rows without a label yet
            self._row_counts = self._row_counts | {key: self._row_counts[key] + shift}
        labels = self._fields()
        moves = moves_of(items.name, items.rows, labels, before)
        if moves is None:
            return
        changed = moved_labels(moves, labels)
        for name, label in sorted(changed.items(), key=lambda one: one[1] is None):  # lost at no moment
            self._set(LabelKind.FIELD, name, label)
        self._changes = [_moved(change, moves, key, shift) for change in self._changes]

    def _save(self, label: Label) -> None:
        before = (label.kind, label.name, self._known(label.kind, label.name))
        self._changes.append(_Change(label.name, (before,), self._row_counts))
        self._store.save_label(self._document_id, label)

    def _apply(self, name: str, labels: Mapping[str, Label | None], row_counts: dict[_ListKey, int]) -> None:
        """Several labels of fields, None where there is to be none, and the lengths of lists at once."""
        before = self._fields()
        changed = {cell: label for cell, label in labels.items() if before.get(cell) != label}
        kept = tuple((LabelKind.FIELD, cell, before.get(cell)) for cell in changed)
        self._changes.append(_Change(name, kept, self._row_counts))
        self._row_counts = row_counts
        for cell, label in changed.items():
            self._set(LabelKind.FIELD, cell, label)

    def _fields(self) -> dict[str, Label]:
        known = self._store.labels(self._document_id, LabelKind.FIELD)
        return {record.label.name: record.label for record in known}

    def _set(self, kind: LabelKind, name: str, label: Label | None) -> None:
        if label is not None:
            self._store.save_label(self._document_id, label)
        else:
            self._forget(kind, name)

    def _known(self, kind: LabelKind, name: str) -> Label | None:
        known = (record.label for record in self._store.labels(self._document_id, kind))
        return next((label for label in known if label.name == name), None)

    def _forget(self, kind: LabelKind, name: str) -> None:
        for record in self._store.labels(self._document_id, kind):
            if record.label.name == name:
                self._store.delete_label(record.id)

    def _keep_transcript(self, page: int) -> None:
        text, name = transcript(self.lines(page)), transcript_name(page)
        if text is not None:
            self._store.save_label(
                self._document_id, Label(LabelKind.TRANSCRIPT, name, text, page, (), FROM_LINES)
            )
            return
        kept = self._known(LabelKind.TRANSCRIPT, name)
        if kept is not None and kept.source == FROM_LINES:
            self._forget(LabelKind.TRANSCRIPT, name)


def with_labels(store: Store, record: ExtractionRecord, schema: Schema) -> Extraction:
    """What is exported of an extraction: what a person has said of its values since in place of them.

    Nothing is written. Cells of lists are known by their row, so that only the rows that were found last with
    the schema, on which a person worked, take theirs; they may have been found, and kept, before as well.
    """
    known = store.labels(record.document_id, LabelKind.FIELD)
    if not known:
        return record.extraction
    labels: dict[str, Label] = {each.label.name: each.label for each in known}
    latest = store.extractions(record.document_id, latest_only=True)
    last = [each.extraction for each in latest if each.schema_key == record.schema_key]
    if record.extraction not in last:
        labels = {name: label for name, label in labels.items() if CellName.parse(name) is None}
    for items in record.extraction.fields:
        if isinstance(items, LineItems) and (moves := moves_of(items.name, items.rows, labels, None)):
            moved = moved_labels(moves, labels)
            kept = {name: label for name, label in labels.items() if name not in moved}
            labels = kept | {name: label for name, label in moved.items() if label is not None}
    pages = DocumentLabels(store, record.document_id).readings()
    context = page_context("\n".join(reading.text for reading in pages))
    return check_extraction(schema, record.extraction, labels.values(), context).without_empty_rows()


def _moved(change: _Change, moves: RowMoves, key: _ListKey, shift: int) -> _Change:
    """A change that can still be undone, once the rows have moved."""
    labels = tuple(
        (kind, moves.name(name), None if label is None else replace(label, name=moves.name(name)))
        if kind is LabelKind.FIELD
        else (kind, name, label)
        for kind, name, label in change.labels
    )
    counts = {one: count + shift if one == key else count for one, count in change.row_counts.items()}
    return _Change(moves.name(change.name), labels, counts)


def _source(checked: CheckedExtraction, name: str, source: str) -> str:
    """Where a label of a value comes from: cells of a row that a person added are told apart."""
    cell = CellName.parse(name)
    is_added = cell is not None and cell.row > checked.found_rows.get(cell.items, 0)
    return ADDED if is_added else source


def _value_of(checked: CheckedExtraction, name: str) -> tuple[FieldSpec, FieldValue]:
    found = checked.value(name)
    if found is None:
        raise UsageError(f"There is no field '{name}' in this schema.", "Choose the schema again.")
    return found


def _list_of(checked: CheckedExtraction, name: str) -> LineItems:
    for found in checked.extraction.fields:
        if isinstance(found, LineItems) and found.name == name:
            return found
    raise UsageError(f"There is no list '{name}' in this schema.", "Choose the schema again.")


def _row_count(found: Extraction | None, name: str) -> int:
    """How many rows of a list the model found."""
    fields = found.fields if found is not None else ()
    return next((len(one.rows) for one in fields if isinstance(one, LineItems) and one.name == name), 0)
