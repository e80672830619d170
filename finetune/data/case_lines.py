"""One line of a label file ↔ the labels that it holds (the form is described in ``finetune.data.cases``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from docvlm.types import Box
from finetune.data.documents import (
    DocumentLabel,
    FieldLabel,
    LabelledDocument,
    QuestionLabel,
    RowsLabel,
    TranscriptLabel,
)
from finetune.data.json_lines import BrokenEntry, Json
from finetune.data.names import field_name

_TASK_OF_KEY = {"fields": "extract", "question": "qa", "text": "ocr", "words": "ocr"}
_FIELD_KEYS = frozenset({"value", "alternatives", "page", "boxes"})


def line_labels(line: Json) -> list[DocumentLabel] | None:
    """The labels of a line, None where its task is none that gives labels.

    Raises:
        BrokenEntry: when what the task needs is missing or of another form.
    """
    task = line.get("task") or next((task for key, task in _TASK_OF_KEY.items() if key in line), None)
    match task:
        case "extract":
            return [*field_labels(line.get("fields"), line.get("page"))]
        case "qa":
            return [_question_label(line)]
        case "ocr":
            return [_transcript_label(line)]
    return None


def label_lines(document: LabelledDocument) -> Iterator[Json]:
    """The lines of a document's labels, without the keys that every line of it has."""
    for once in named_once(document.fields):
        yield {"task": "extract", "fields": {label.name: _written(label) for label in once}}
    for question in document.questions:
        asked = {"question": question.question, "answers": list(question.answers)}
        yield {"task": "qa", **asked, **_place(question.page, question.boxes)}
    for transcript in document.transcripts:
        words = None if transcript.words is None else list(transcript.words)
        content: Json = {"words": words} if transcript.text is None else {"text": transcript.text}
        yield {"task": "ocr", **content, **_place(transcript.page, ())}


def named_once(fields: Iterable[FieldLabel | RowsLabel]) -> Iterator[list[FieldLabel | RowsLabel]]:
    """The labels in lists without a name twice: those that contradict each other have one name."""
    left = list(fields)
    while left:
        once = {label.name: label for label in reversed(left)}
        left = [label for label in left if label is not once[label.name]]
        yield [*reversed(once.values())]


def plain_values(fields: Iterable[FieldLabel | RowsLabel]) -> Json:
    """Values by name without places and alternatives, lists as lists of objects, None for what is absent."""
    return {
        label.name: [plain_values(row) for row in label.rows] if isinstance(label, RowsLabel) else label.value
        for label in fields
    }


def field_labels(fields: Any, page: Any = None) -> list[FieldLabel | RowsLabel]:
    """The labels of an object of values by name, each text, number, null, list, rows or an object.

    Args:
        page: the page, from 1, on which the values stand that name none themselves; None where unknown.

    Raises:
        BrokenEntry: when it is no object, or a value has another form.
    """
    if not isinstance(fields, dict):
        raise BrokenEntry("has no object 'fields'.")
    return [_field_label(field_name(name), value, page) for name, value in fields.items()]


def _field_label(name: str, value: Any, page: Any) -> FieldLabel | RowsLabel:
    match value:
        case dict() if value.keys() <= _FIELD_KEYS and "value" in value:
            alternatives = tuple(_printed(item, name) for item in value.get("alternatives") or ())
            own_page = value.get("page", page)
            return FieldLabel(
                name,
                None if value["value"] is None else _printed(value["value"], name),
                alternatives,
                _page(own_page),
                _boxes(value.get("boxes")),
            )
        case dict():
            return RowsLabel(name, (_row(value, page),))
        case [dict(), *_]:
            if not all(isinstance(row, dict) for row in value):
                raise BrokenEntry(f"mixes rows and values in '{name}'.")
            return RowsLabel(name, tuple(_row(row, page) for row in value))
        case list():
            parts = [_printed(item, name) for item in value]
            whole = " ".join(parts) if parts else None
            return FieldLabel(name, whole, tuple(parts) if len(parts) > 1 else (), _page(page))
        case None:
            return FieldLabel(name, None, page=_page(page))
    return FieldLabel(name, _printed(value, name), page=_page(page))


def _row(cells: Json, page: Any) -> tuple[FieldLabel, ...]:
    row = []
    for name, value in cells.items():
        cell = _field_label(field_name(name), value, page)
        if isinstance(cell, RowsLabel):
            raise BrokenEntry(f"has a list within a list at '{name}'.")
        row.append(cell)
    return tuple(row)


def _question_label(line: Json) -> QuestionLabel:
    question = line.get("question")
    if not isinstance(question, str) or not question.strip():
        raise BrokenEntry("has no question.")
    answers = line.get("answers", line.get("answer"))
    if not isinstance(answers, list):
        answers = [] if answers is None else [answers]
    printed = tuple(_printed(answer, "answers") for answer in answers if answer is not None)
    return QuestionLabel(question, printed, _page(line.get("page")), _boxes(line.get("boxes")))


def _transcript_label(line: Json) -> TranscriptLabel:
    text, words = line.get("text"), line.get("words")
    if isinstance(text, str):
        return TranscriptLabel(text=text, page=_page(line.get("page")))
    if isinstance(words, list):
        return TranscriptLabel(words=tuple(map(str, words)), page=_page(line.get("page")))
    raise BrokenEntry("has neither 'text' nor 'words'.")


def _printed(value: Any, name: str) -> str:
    if isinstance(value, str | int | float):
        return str(value)
    raise BrokenEntry(f"has a value for '{name}' that is neither text nor a number.")


def _page(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and value >= 1):
        return value
    raise BrokenEntry(f"has the page {value!r}; pages count from 1.")


def _boxes(value: Any) -> tuple[Box, ...]:
    try:
        return tuple(Box(*map(float, box)) for box in value or ())
    except (TypeError, ValueError) as error:
        raise BrokenEntry("has boxes that are not lists of [x0, y0, x1, y1].") from error


def _written(label: FieldLabel | RowsLabel) -> Any:
    if isinstance(label, RowsLabel):
        return [{cell.name: _written(cell) for cell in row} for row in label.rows]
    extra = {"alternatives": list(label.alternatives)} if label.alternatives else {}
    extra |= _place(label.page, label.boxes)
    return {"value": label.value, **extra} if extra else label.value


def _place(page: int | None, boxes: tuple[Box, ...]) -> Json:
    place: Json = {} if page is None else {"page": page}
    return {**place, "boxes": [box.as_list() for box in boxes]} if boxes else place
