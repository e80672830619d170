"""A document's labels beside what was predicted and read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from docvlm.reading import bodies_of
from docvlm.schemas import FieldSpec, Schema, normalise, page_context
from docvlm.types import Answer, Box, FieldValue, LineItems, Reading
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, RowsLabel, TranscriptLabel
from finetune.evaluation.answering import Said
from finetune.evaluation.facts import Fact, FactResult, check_fact
from finetune.evaluation.places import overlap_share, words_under
from finetune.evaluation.results import JudgedValue, TranscriptResult, ValueKind
from finetune.evaluation.rows import RowsResult, judge_rows
from finetune.evaluation.text import bag_of_words, character_errors, word_errors
from finetune.evaluation.values import PrintedPage, agree

_ANSWER = FieldSpec("answer")
_UNKNOWN_PAGE = 1  # where labels with boxes name no page, their document has one


class Judge:
    """Compares labels of one document with predictions; knows how its pages write dates and amounts.

    Args:
        readings: the document's pages; empty where it could not be read.
    """

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._readings = {reading.page_number: reading for reading in readings}
        text = "\n".join(reading.text for reading in readings)
        self._page = PrintedPage(text, page_context(text))

    def values(
        self, document: LabelledDocument, schema: Schema | None, said: Said | None
    ) -> tuple[JudgedValue, ...]:
        """Every field that has a label and was asked for, then every question.

        Fields without a label are unknown and not judged. A list that the document lacks is one absent value,
        of which all rows that were predicted together are the prediction; other lists are left to
        :meth:`rows`. Where nothing was said because the document failed,
        values that it has count as not found, and values that it lacks are not judged.
        """
        found = _predicted(said)
        judged = [
            self._value(ValueKind.FIELD, spec, label.accepted, label, found.get(spec.name.casefold()))
            for label, spec in _single_values(document, schema)
            if label.accepted or said
        ]
        answers = said.answers if said else ()
        for number, question in enumerate(document.questions):
            if question.answers or said:
                answer = _as_value(answers[number]) if answers else None
                value = self._value(ValueKind.ANSWER, _ANSWER, question.answers, question, answer)
                judged.append(replace(value, name=question.question))
        return tuple(judged)

    def rows(
        self, document: LabelledDocument, schema: Schema | None, said: Said | None
    ) -> tuple[RowsResult, ...]:
        """Every list field that has a label and was asked for; one that the document lacks has no rows."""
        extraction = said.extraction if said else None
        predicted = {
            field.name.casefold(): field.rows
            for field in (extraction.fields if extraction else ())
            if isinstance(field, LineItems)
        }
        results = []
        for label, spec in _asked(document, schema):
            if not spec.is_list or (isinstance(label, FieldLabel) and label.has_value):
                continue
            labelled = label.rows if isinstance(label, RowsLabel) else ()
            columns = {column.name.casefold(): column for column in spec.columns}

            def is_right(
                cell: FieldLabel, value: FieldValue, columns: dict[str, FieldSpec] = columns
            ) -> bool:
                column = columns[value.name.casefold()]
                return agree(value.raw, value.value, cell.accepted, column, self._page).typed

            rows = predicted.get(spec.name.casefold(), ())
            results.append(judge_rows(spec.name, labelled, rows, is_right))
        return tuple(results)

    def transcripts(self, document: LabelledDocument) -> tuple[TranscriptResult, ...]:
        """The text read beside every transcript."""
        return tuple(self._transcript(label) for label in document.transcripts)

    def facts(self, facts: Sequence[Fact]) -> tuple[FactResult, ...]:
        """Whether each fact holds for the text that ``docvlm read --format markdown`` writes.

        On a page that was not read none does.
        """
        bodies = {body.page_number: body for body in bodies_of(tuple(self._readings.values()))}
        return tuple(
            FactResult(
                fact.name,
                fact.kind,
                fact.page in bodies and check_fact(fact, bodies[fact.page]),
            )
            for fact in facts
        )

    def _value(
        self,
        kind: ValueKind,
        spec: FieldSpec,
        accepted: tuple[str, ...],
        label: FieldLabel | QuestionLabel,
        found: FieldValue | None,
    ) -> JudgedValue:
        raw, value = (found.raw, found.value) if found else (None, None)
        agreement = agree(raw, value, accepted, spec, self._page)
        placed = found is not None and raw is not None and bool(found.boxes) and bool(accepted)
        boxes = found.boxes if found else ()
        page = found.page if found else None
        return JudgedValue(
            kind=kind,
            name=spec.name,
            labels=accepted,
            raw=raw,
            value=value,
            confidence=found.confidence if found and not spec.is_list else None,
            page=page,
            boxes=boxes,
            exact=agreement.exact,
            normalised=agreement.normalised,
            right=agreement.typed,
            anls=agreement.anls,
            on_right_words=self._says(page, boxes, accepted, spec) if placed else None,
            box_overlap=_overlap(page, boxes, label) if placed and label.boxes else None,
        )

    def _says(self, page: int | None, boxes: Sequence[Box], accepted: Sequence[str], spec: FieldSpec) -> bool:
        """Whether the words under the boxes, read in order, say what the label says."""
        reading = self._readings.get(page or _UNKNOWN_PAGE)
        if reading is None:
            return False
        text = " ".join(word.text for word in words_under(boxes, reading.words))
        if not text:
            return False
        typed = normalise(text, spec, self._page.context).value
        return agree(text, typed, accepted, spec, self._page).typed

    def _transcript(self, label: TranscriptLabel) -> TranscriptResult:
        pages = self._readings.values() if label.page is None else [self._readings.get(label.page)]
        read = "\n".join(reading.text for reading in pages if reading is not None)
        if label.text is None:
            return TranscriptResult(label.page, bag_of_words(read, " ".join(label.words or ())))
        return TranscriptResult(
            label.page,
            bag_of_words(read, label.text),
            character_errors(read, label.text),
            word_errors(read, label.text),
            character_errors(read.lower(), label.text.lower()),
            word_errors(read.lower(), label.text.lower()),
        )


def _asked(
    document: LabelledDocument, schema: Schema | None
) -> list[tuple[FieldLabel | RowsLabel, FieldSpec]]:
    """The labels whose fields the schema has, each name once; labels that contradict each other all count."""
    specs = {spec.name.casefold(): spec for spec in schema.fields} if schema else {}
    merged: dict[str, FieldLabel | RowsLabel] = {}
    for label in document.fields:
        key = label.name.casefold()
        known = merged.get(key)
        if isinstance(known, FieldLabel) and isinstance(label, FieldLabel):
            label = FieldLabel(
                known.name,
                known.value if known.value is not None else label.value,
                (*known.alternatives, *label.accepted),
                known.page or label.page,
                known.boxes or label.boxes,
            )
        merged[key] = label
    return [(label, specs[key]) for key, label in merged.items() if key in specs]


def _single_values(
    document: LabelledDocument, schema: Schema | None
) -> Iterator[tuple[FieldLabel, FieldSpec]]:
    """The labels that are judged as one value each: those of single fields, and of lists that are absent."""
    for label, spec in _asked(document, schema):
        if not label.has_value:
            yield FieldLabel(label.name, None), spec
        elif isinstance(label, FieldLabel) and not spec.is_list:
            yield label, spec


def _predicted(said: Said | None) -> dict[str, FieldValue]:
    extraction = said.extraction if said else None
    fields = extraction.fields if extraction else ()
    values = (field if isinstance(field, FieldValue) else _as_one_value(field) for field in fields)
    return {value.name.casefold(): value for value in values if value is not None}


def _as_one_value(rows: LineItems) -> FieldValue | None:
    """All that is written in rows, at the places of the first page; None where nothing is."""
    cells = [cell for row in rows.rows for cell in row if cell.raw]
    if not cells:
        return None
    text = " ".join(cell.raw or "" for cell in cells)
    page = cells[0].page
    boxes = tuple(box for cell in cells if cell.page == page for box in cell.boxes)
    confidence = min(cell.confidence for cell in cells)
    return FieldValue(rows.name, text, text, confidence, page, boxes=boxes)


def _as_value(answer: Answer) -> FieldValue:
    return FieldValue(
        _ANSWER.name, answer.text, answer.text, answer.confidence, answer.page, boxes=answer.boxes
    )


def _overlap(page: int | None, boxes: Sequence[Box], label: FieldLabel | QuestionLabel) -> float:
    same_page = (page or _UNKNOWN_PAGE) == (label.page or _UNKNOWN_PAGE)
    return overlap_share(boxes, label.boxes) if same_page else 0.0
