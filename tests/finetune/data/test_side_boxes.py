import json
from pathlib import Path
from typing import Any

import pytest

from docvlm.types import Box
from finetune.data.cases import read_cases
from finetune.data.documents import FieldLabel, QuestionLabel


def read_with(folder: Path, side: str, annotation: Any, *lines: dict[str, Any]) -> Any:
    (folder / "images").mkdir()
    (folder / side).mkdir()
    (folder / "images" / "a.png").write_bytes(b"pixels")
    (folder / side / "a.json").write_text(json.dumps(annotation))
    cases = [{"file": "images/a.png", **line} for line in lines]
    (folder / "cases.jsonl").write_text("\n".join(map(json.dumps, cases)))
    (document,) = read_cases(folder / "cases.jsonl")
    return document


def quad(x: int, y: int) -> list[int]:
    return [x, y + 10, x + 20, y + 10, x + 20, y, x, y]


def classed(text: str, label: str, x: int, y: int) -> dict[str, Any]:
    return {"quad": quad(x, y), "text": text, "label": label}


def test_boxes_with_classes(tmp_path: Path) -> None:
    boxes = [
        classed("ACME", "Store_name_value", 0, 0),
        classed("Road1", "Store_addr_value", 0, 20),
        classed("Town", "Store_addr_value", 0, 40),
        classed("9.00", "Total_value", 50, 60),
        classed("9.00", "Subtotal_value", 50, 80),
        classed("Cash", "Others", 0, 99),
    ]
    fields = {"store_name": "Acme", "store_address": "Road1 Town", "total": "9.00", "how": "Cash"}
    document = read_with(tmp_path, "boxes", {"boxes": boxes}, {"task": "extract", "fields": fields})
    assert document.fields == (
        FieldLabel("store_name", "Acme", page=1, boxes=(Box(0, 0, 20, 10),)),
        FieldLabel("store_address", "Road1 Town", page=1, boxes=(Box(0, 20, 20, 30), Box(0, 40, 20, 50))),
        FieldLabel("total", "9.00"),  # stands in two places
        FieldLabel("how", "Cash"),  # no class says what it is
    )


def entity(number: int, text: str, label: str, y: int, linking: list[list[int]]) -> dict[str, Any]:
    words = [
        {"box": [50 * index, y, 50 * index + 40, y + 10], "text": word}
        for index, word in enumerate(text.split())
    ]
    return {"id": number, "text": text, "label": label, "words": words, "linking": linking}


def test_linked_answers(tmp_path: Path) -> None:
    form = [
        entity(1, "Date:", "question", 0, [[1, 2]]),
        entity(2, "May 5", "answer", 20, [[1, 2]]),
        entity(3, "Due:", "question", 40, [[3, 4]]),
        entity(4, "May 5", "answer", 60, [[3, 4]]),
    ]
    document = read_with(
        tmp_path,
        "annotations",
        {"form": form},
        {"task": "extract", "fields": {"Date:": "May 5", "Due:": "May 6"}},
        {"task": "qa", "question": 'What is the value of the field "Due"?', "answers": ["May 5"]},
    )
    assert document.fields == (
        FieldLabel("Date", "May 5", page=1, boxes=(Box(0, 20, 90, 30),)),
        FieldLabel("Due", "May 6"),
    )
    (question,) = document.questions
    assert question == QuestionLabel(question.question, ("May 5",), 1, (Box(0, 60, 90, 70),))


@pytest.mark.parametrize("annotation", [[], {"form": [{}]}, {"boxes": 3}, "x"])
def test_a_side_file_of_another_form_is_passed_over(tmp_path: Path, annotation: Any) -> None:
    side = "annotations" if "form" in annotation else "boxes"
    document = read_with(tmp_path, side, annotation, {"task": "extract", "fields": {"total": "1"}})
    assert document.fields == (FieldLabel("total", "1"),)


@pytest.mark.shared_data
def test_most_labels_of_real_sets_get_boxes(shared_data: Path) -> None:
    documents = read_cases(shared_data / "wildreceipt" / "cases.jsonl")
    labels = [label for document in documents for label in document.fields if isinstance(label, FieldLabel)]
    assert sum(bool(label.boxes) for label in labels) > 0.8 * len(labels)
