from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from docvlm.errors import InputError
from docvlm.types import Box
from finetune.data.cases import read_cases
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, RowsLabel, TranscriptLabel
from finetune.data.json_lines import content_hash
from finetune.data.label_studio import read_label_studio, write_label_studio
from tests.finetune.data.test_cauldron import picture


def tasks(folder: Path, *tasks: Any) -> Path:
    """A file of tasks beside a picture of 200 × 100 pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.png").write_bytes(picture(size=(200, 100)))
    path = folder / "export.json"
    path.write_text(json.dumps([*tasks]))
    return path


def task(*results: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {"data": data or {"image": "a.png"}, "annotations": [{"result": [*results]}]}


def region(
    identifier: str, x: float, y: float, name: str = "", text: str = "", **more: Any
) -> dict[str, Any]:
    """A rectangle of a tenth of the page's width and a fifth of its height."""
    value: dict[str, Any] = {"x": x, "y": y, "width": 10, "height": 20, "rotation": 0}
    if name:
        value["rectanglelabels"] = [name]
    if text:
        value["text"] = [text]
    return {"id": identifier, "type": "rectanglelabels" if name else "textarea", "value": value, **more}


def test_a_rectangle_and_its_text_are_a_field(tmp_path: Path) -> None:
    results = (region("1", 10, 20, "Total:"), region("1", 10, 20, text="9.00"))
    (document,) = read_label_studio(tasks(tmp_path, task(*results)))
    assert document.fields == (FieldLabel("Total", "9.00", page=1, boxes=(Box(20, 20, 40, 40),)),)


def test_rectangles_of_one_name_are_lines_of_one_value(tmp_path: Path) -> None:
    results = (
        region("2", 0, 50, "address", "12345 Bonn"),
        region("1", 0, 10, "address", "High Street 1"),
    )
    (document,) = read_label_studio(tasks(tmp_path, task(*results)))
    (label,) = document.fields
    assert isinstance(label, FieldLabel) and label.value == "High Street 1 12345 Bonn"
    assert label.boxes == (Box(0, 10, 20, 30), Box(0, 50, 20, 70))
    same = (region("1", 0, 50, "total", "9.00"), region("2", 0, 10, "total", "9.00"))
    (document,) = read_label_studio(tasks(tmp_path, task(*same)))
    assert document.fields == (FieldLabel("total", "9.00", page=1, boxes=(Box(0, 10, 20, 30),)),)


def test_a_turned_rectangle_and_a_polygon_get_the_upright_box_around_them(tmp_path: Path) -> None:
    turned = region("1", 50, 0, "a", "x", original_width=200, original_height=100)
    turned["value"]["rotation"] = 90
    polygon = {
        "id": "2",
        "value": {"points": [[0, 0], [50, 10], [20, 100]], "polygonlabels": ["b"], "text": "y"},
    }
    (document,) = read_label_studio(tasks(tmp_path, task(turned, polygon)))
    boxes = [label.boxes[0].as_list() for label in document.fields if isinstance(label, FieldLabel)]
    # 20 × 20 pixels, turned clockwise about the corner at (100, 0).
    assert boxes == [[80, 0, 100, 20], [0, 0, 100, 100]]


def test_words_are_looked_up_where_nobody_typed_them(tmp_path: Path) -> None:
    path = tasks(tmp_path, task(region("1", 10, 20, "total"), region("2", 50, 50, "tip")))
    told: list[str] = []
    seen: list[tuple[str, int, Box]] = []

    def words(file: Path, page: int, boxes: Any) -> str | None:
        seen.append((file.name, page, boxes[0]))
        return "9.00" if boxes[0].x0 == 20 else None

    (document,) = read_label_studio(path, report=told.append, find_words=words)
    assert document.fields == (FieldLabel("total", "9.00", page=1, boxes=(Box(20, 20, 40, 40),)),)
    assert seen == [("a.png", 1, Box(20, 20, 40, 40)), ("a.png", 1, Box(100, 50, 120, 70))]
    assert told == ["a.png: a region of 'tip' has no text and is left out."]


def test_texts_without_a_region_are_fields_or_the_transcript(tmp_path: Path) -> None:
    typed = {"from_name": "seller", "type": "textarea", "value": {"text": ["Acme"]}}
    whole = {"from_name": "transcription", "type": "textarea", "value": {"text": ["TEA", "9.00"]}}
    kind = {"from_name": "what", "type": "choices", "value": {"choices": ["receipt"]}}
    (document,) = read_label_studio(tasks(tmp_path, task(typed, whole, kind)))
    assert document.fields == (FieldLabel("seller", "Acme"),)
    assert document.transcripts == (TranscriptLabel(text="TEA\n9.00"),)
    assert document.kind == "receipt"


def annotation(text: str, **state: Any) -> dict[str, Any]:
    return {"result": [region("1", 0, 0, "total", text)], **state}


@pytest.mark.parametrize(
    ("annotations", "chosen"),
    [
        ([annotation("1", updated_at="2024-02"), annotation("2", updated_at="2024-01")], "1"),
        ([annotation("1", ground_truth=True), annotation("2", updated_at="2024-01")], "1"),
        ([annotation("1"), annotation("2", was_cancelled=True)], "1"),
    ],
)
def test_which_of_several_annotations_counts(
    tmp_path: Path, annotations: list[dict[str, Any]], chosen: str
) -> None:
    path = tasks(tmp_path, {"data": {"image": "a.png"}, "annotations": annotations})
    (document,) = read_label_studio(path)
    (label,) = document.fields
    assert isinstance(label, FieldLabel) and label.value == chosen


def test_predictions_are_taken_only_when_asked_for(tmp_path: Path) -> None:
    path = tasks(tmp_path, {"data": {"image": "a.png"}, "predictions": [annotation("9.00")]})
    with pytest.raises(InputError, match=r"No task of .* is annotated"):
        read_label_studio(path)
    (document,) = read_label_studio(path, predictions=True)
    assert len(document.fields) == 1


@pytest.mark.parametrize(
    ("served", "kept"),
    [
        ("/data/local-files/?d=scans/2024/r%20ü.png", "scans/2024/r ü.png"),
        ("/data/local-files/?d=scans/2024/r%20ü.png", "r ü.png"),
        ("/data/upload/3/0f3ab9c1-r.png", "r.png"),
        ("/data/upload/3/0f3ab9c1-r.png", "upload/3/0f3ab9c1-r.png"),
        ("https://example.org/files/r.png?token=1", "files/r.png"),
        ("s3://bucket/scans/r.png", "scans/r.png"),
        ("C:\\scans\\r.png", "scans/r.png"),
    ],
)
def test_pictures_are_found_under_what_is_left_of_their_path(tmp_path: Path, served: str, kept: str) -> None:
    file = tmp_path / "pictures" / kept
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(picture())
    path = tasks(tmp_path, task(region("1", 0, 0, "a", "b"), ocr=served))
    (document,) = read_label_studio(path, tmp_path / "pictures")
    assert document.path == file


GOOD = task(region("1", 0, 0, "total", "1"))


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (7, "has no object 'data'"),
        ({"image": "a.png", "label": []}, "not as JSON-MIN"),
        (task(region("1", 0, 0, "a", "b"), text="no picture here"), "names no picture"),
        (task(region("1", 0, 0, "a", "b"), image="gone.png"), "which is not in"),
        (task(region("1", 0, 0, "a", "b"), image="../outside.png"), "which is not in"),
        (task(region("1", 0, 0, "a", "b"), image="/data/local-files/?d=../outside.png"), "which is not in"),
        (task(region("1", 0, 0, "a", "b"), image="link.png"), "which is not in"),
        (task(region("1", 0, 0, "a", "b"), document="../outside.png"), "which lies outside"),
        (task({"value": 1}), "without an object 'value'"),
        (task(region("1", 0, 0, "a", "b") | {"item_index": -1}), "item_index -1"),
        (task({"id": "1", "value": {"x": "left", "y": 0, "width": 1, "height": 1}}), "no numbers"),
        (task(image="a.png", docvlm=[1]), "no list of objects in 'docvlm'"),
        (task(image="a.png", absent=7), "no list 'absent'"),
        (task(image="a.png", absent=[1]), "names in 'absent' that are no text"),
    ],
)
def test_a_broken_task_is_named_and_the_others_go_on(tmp_path: Path, broken: Any, says: str) -> None:
    (tmp_path / "outside.png").write_bytes(picture())
    folder = tmp_path / "set"
    path = tasks(folder, GOOD, broken)
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    with pytest.raises(InputError, match=f"Task 2 of .*{says}"):
        read_label_studio(path)
    told: list[str] = []
    assert len(read_label_studio(path, report=told.append)) == 1
    assert len(told) == 1 and says in told[0]


@pytest.mark.parametrize(("text", "says"), [("{", "is not valid JSON"), ("[]", "has no tasks")])
def test_a_file_of_another_form_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(text)
    with pytest.raises(InputError, match=says):
        read_label_studio(path)


def everything(path: Path, boxes: tuple[Box, ...]) -> LabelledDocument:
    return LabelledDocument(
        content_hash(path),
        path.name,
        path,
        kind="contract",
        fields=(
            FieldLabel("address", "High Street 1 12345 Bonn", page=1, boxes=boxes),
            FieldLabel("text", "a field of that name"),
            FieldLabel("tip", None),
            RowsLabel(
                "items",
                (
                    (FieldLabel("name", "Tea", page=1, boxes=boxes[:1]), FieldLabel("price", None)),
                    (FieldLabel("name", "Cake"), FieldLabel("price", "4.50")),
                ),
            ),
            RowsLabel("taxes", ()),
        ),
        questions=(QuestionLabel("Who sells?", ("Acme", "ACME"), 1, boxes), QuestionLabel("Who buys?", ())),
        transcripts=(TranscriptLabel(text="TEA\n9.00", page=1),),
        split="dev",
    )


def by_name(document: LabelledDocument) -> dict[str, Any]:
    rounded: dict[str, Any] = {}
    for label in document.fields:
        if isinstance(label, FieldLabel):
            rounded[label.name] = (label.value, label.page, [box.as_list() for box in label.boxes])
        else:
            rounded[label.name] = [
                {cell.name: (cell.value, [box.as_list() for box in cell.boxes]) for cell in row}
                for row in label.rows
            ]
    return rounded


@pytest.mark.parametrize("sample", ["receipt.jpg", "scanned-contract.pdf"])
def test_labels_come_back_with_their_boxes(samples: Path, tmp_path: Path, sample: str) -> None:
    document = everything(samples / sample, (Box(10, 20, 110.5, 40), Box(10, 44, 90, 60)))
    path, _ = write_label_studio([document], tmp_path)
    (again,) = read_label_studio(path)
    assert by_name(again) == by_name(document)
    assert (again.questions, again.transcripts) == (document.questions, document.transcripts)
    assert (again.sha256, again.name, again.kind, again.split) == (
        document.sha256,
        document.name,
        document.kind,
        document.split,
    )


def test_the_configuration_has_a_control_for_each_result(samples: Path, tmp_path: Path) -> None:
    document = everything(samples / "receipt.jpg", (Box(10, 20, 110, 40),))
    path, config = write_label_studio([document], tmp_path)
    root = ElementTree.parse(config).getroot()
    controls = {element.get("name") for element in root if element.get("name")}
    labels = {element.get("value") for element in root.iter("Label")}
    (written,) = json.loads(path.read_text())
    for result in written["annotations"][0]["result"]:
        assert result["from_name"] in controls and result["to_name"] in controls
        assert set(result["value"].get("rectanglelabels", [])) <= labels
    for page in written["data"]["pages"]:
        assert (tmp_path / page.removeprefix("/data/local-files/?d=")).is_file()


def test_pages_without_their_document_are_documents(samples: Path, tmp_path: Path) -> None:
    """As in projects whose tasks are lists of pictures."""
    path = tasks(
        tmp_path,
        task(region("1", 0, 0, "a", "x", item_index=1), pages=["a.png", "b.jpg"]),
    )
    shutil.copy(samples / "receipt.jpg", tmp_path / "b.jpg")
    first, second = read_label_studio(path)
    assert first.fields == () and second.path == tmp_path / "b.jpg"
    (label,) = second.fields
    assert isinstance(label, FieldLabel) and (label.value, label.page) == ("x", 1)


@pytest.mark.shared_data
def test_real_boxes_there_and_back(shared_data: Path, tmp_path: Path) -> None:
    documents = read_cases(shared_data / "wildreceipt" / "cases.jsonl")[:15]
    path, _ = write_label_studio(documents, tmp_path)
    again = {item.sha256: item for item in read_label_studio(path)}
    assert sum(bool(label.boxes) for item in documents for label in item.fields) > 30  # type: ignore[union-attr]
    for document in documents:
        wanted, found = by_name(document), by_name(again[document.sha256])
        assert found.keys() == wanted.keys()
        for name, (value, _, boxes) in wanted.items():
            assert found[name][0] == " ".join(value.split())
            np.testing.assert_allclose(found[name][2], boxes, atol=0.2)
