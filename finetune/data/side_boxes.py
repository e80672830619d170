"""Boxes of labels from files beside the images, where a set's own annotation says what each box is.

``boxes/NAME.json`` (WildReceipt): boxes with a class such as ``Total_value``. ``annotations/NAME.json``
(FUNSD): questions linked to answers, word by word. Both lie beside the folder of the images.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from docvlm.types import Box
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, RowsLabel
from finetune.data.folding import fold_characters
from finetune.data.names import field_name


def with_side_boxes(documents: Iterable[LabelledDocument]) -> tuple[LabelledDocument, ...]:
    """The documents, each label without boxes given those that the side file names beyond doubt."""
    return tuple(_with_boxes(document) for document in documents)


def _with_boxes(document: LabelledDocument) -> LabelledDocument:
    if document.path is None:
        return document
    places = _places(document.path)
    if not places:
        return document
    return replace(
        document,
        fields=tuple(_field_with_boxes(label, places) for label in document.fields),
        questions=tuple(_question_with_boxes(label, places) for label in document.questions),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """A text that an annotator boxed, and the field it belongs to; None where only the text tells."""

    name: str | None
    text: str
    boxes: tuple[Box, ...]


def _field_with_boxes(label: FieldLabel | RowsLabel, places: Sequence[_Place]) -> FieldLabel | RowsLabel:
    if isinstance(label, RowsLabel) or label.boxes or label.value is None:
        return label
    wanted = fold_characters(label.value)
    right = [place for place in places if place.name in (None, label.name) and place.text == wanted]
    return replace(label, page=label.page or 1, boxes=right[0].boxes) if len(right) == 1 else label


def _question_with_boxes(label: QuestionLabel, places: Sequence[_Place]) -> QuestionLabel:
    if label.boxes or not label.answers:
        return label
    wanted = {fold_characters(answer) for answer in label.answers}
    right = [place for place in places if place.text in wanted]
    if len(right) > 1:
        asked = fold_characters(label.question)
        right = [place for place in right if place.name and fold_characters(place.name) in asked]
    return replace(label, page=label.page or 1, boxes=right[0].boxes) if len(right) == 1 else label


def _places(image: Path) -> list[_Place]:
    """What the side file of an image says; nothing where there is none, or it has another form."""
    folder = image.parent.parent
    for name, read in (("boxes", _of_classes), ("annotations", _of_links)):
        file = folder / name / f"{image.stem}.json"
        if file.is_file():
            try:
                return read(json.loads(file.read_text(encoding="utf-8")))
            except (ValueError, KeyError, TypeError, AttributeError):
                return []
    return []


def _of_classes(data: dict[str, Any]) -> list[_Place]:
    """Each box of a ``…_value`` class, and all boxes of one class together, top to bottom.

    The classes of a set are called otherwise than its fields (``Store_addr_value``, ``store_address``), so
    that only the text tells which field a place belongs to; a text that stands in two places tells nothing.
    """
    classes: dict[str, list[tuple[str, Box]]] = {}
    for item in data.get("boxes", []):
        if str(item["label"]).endswith("_value"):
            entry = (fold_characters(item["text"]), _around_quad(item["quad"]))
            classes.setdefault(item["label"], []).append(entry)
    places = []
    for boxes in classes.values():
        places += [_Place(None, text, (box,)) for text, box in boxes]
        if len(boxes) > 1:
            places.append(_Place(None, "".join(text for text, _ in boxes), tuple(box for _, box in boxes)))
    return places


def _of_links(data: dict[str, Any]) -> list[_Place]:
    """Each answer under the name of its question; a question's answers together where it has several."""
    entities = {entity["id"]: entity for entity in data["form"]}
    answers: dict[int, list[int]] = {}
    for entity in data["form"]:
        for first, second in entity["linking"]:
            if entities[first]["label"] == "question" and entities[second]["label"] == "answer":
                linked = answers.setdefault(first, [])
                if second not in linked:
                    linked.append(second)
    places = []
    for question, linked in answers.items():
        name = field_name(entities[question]["text"])
        text = "".join(fold_characters(entities[answer]["text"]) for answer in linked)
        boxes = [box for answer in linked for box in _line_boxes(entities[answer]["words"])]
        places.append(_Place(name, text, tuple(boxes)))
    return places


def _line_boxes(words: Iterable[dict[str, Any]]) -> list[Box]:
    """One box for each line of words, a new line beginning where a word stands below the one before."""
    lines: list[Box] = []
    for word in words:
        box = Box(*map(float, word["box"]))
        if lines and box.center[1] < lines[-1].y1 and box.y1 > lines[-1].y0:
            lines[-1] = Box.around((lines[-1], box))
        else:
            lines.append(box)
    return lines


def _around_quad(quad: Sequence[float]) -> Box:
    return Box(min(quad[0::2]), min(quad[1::2]), max(quad[0::2]), max(quad[1::2]))
