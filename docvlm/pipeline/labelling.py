"""Labels of one document: confirm a value, correct it, take it back."""

from __future__ import annotations

from docvlm.errors import UsageError
from docvlm.pipeline.corrections import (
    CONFIRMED,
    CORRECTED,
    CheckedExtraction,
    check_extraction,
    empty_extraction,
    find_evidence,
    find_text,
)
from docvlm.pipeline.line_labels import (
    FROM_LINES,
    CheckedLine,
    checked_lines,
    transcript,
    transcript_name,
)
from docvlm.reading import READER_VERSION
from docvlm.schemas import FieldSpec, Schema, page_context
from docvlm.store import Label, LabelKind, Store
from docvlm.types import Box, Extraction, FieldValue, Reading


class DocumentLabels:
    """The labels of one document. What was changed through this object can be undone, last first."""

    def __init__(self, store: Store, document_id: int) -> None:
        self._store = store
        self._document_id = document_id
        self._before: list[tuple[LabelKind, str, Label | None]] = []

    def lay_over(self, schema: Schema, extraction: Extraction | None) -> CheckedExtraction:
        """What the model found (None: nothing yet) with the labels over it."""
        labels = [record.label for record in self._store.labels(self._document_id)]
        context = page_context("\n".join(reading.text for reading in self.readings()))
        return check_extraction(schema, extraction or empty_extraction(schema), labels, context)

    def confirm(self, checked: CheckedExtraction, name: str) -> None:
        """A person says that the value is right as it is, or that the document does not have it.

        Raises:
            UsageError: when the schema has no such field.
        """
        _, value = _value_of(checked, name)
        self._save(Label(LabelKind.FIELD, name, value.raw, value.page, value.boxes, CONFIRMED))

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
            page, boxes = (found[0], found[2]) if found else (None, ())
        self._save(Label(LabelKind.FIELD, name, text or None, page if text else None, boxes, CORRECTED))

    def answer(self, question: str, text: str, page: int | None = None, boxes: tuple[Box, ...] = ()) -> None:
        """A person says what the answer to a question is; no text: the document does not say.

        Args:
            page: where ``text`` was pointed out, with ``boxes``, as for ``correct``.
        """
        text = " ".join(text.split())
        if text and not boxes:
            found = find_text(text, question, self.readings())
            page, boxes = (found[0], found[2]) if found else (None, ())
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
        """Take the last change back; the name of the value, None where there is nothing to undo."""
        if not self._before:
            return None
        kind, name, before = self._before.pop()
        last = self._known(kind, name)
        if before is not None:
            self._store.save_label(self._document_id, before)
        else:
            self._forget(kind, name)
        if kind is LabelKind.TRANSCRIPT and last is not None and last.page is not None:
            self._keep_transcript(last.page)
        return name

    def readings(self) -> list[Reading]:
        """What was read on the pages so far, by number."""
        numbers = sorted(self._store.pages_read(self._document_id, READER_VERSION))
        readings = (self._store.reading(self._document_id, number, READER_VERSION) for number in numbers)
        return [reading for reading in readings if reading is not None]

    def _save(self, label: Label) -> None:
        self._before.append((label.kind, label.name, self._known(label.kind, label.name)))
        self._store.save_label(self._document_id, label)

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


def _value_of(checked: CheckedExtraction, name: str) -> tuple[FieldSpec, FieldValue]:
    found = checked.value(name)
    if found is None:
        raise UsageError(f"There is no field '{name}' in this schema.", "Choose the schema again.")
    return found
