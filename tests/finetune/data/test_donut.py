from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docvlm.errors import InputError
from finetune.data.cases import read_cases
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, RowsLabel, TranscriptLabel
from finetune.data.donut import read_donut, write_donut
from finetune.data.json_lines import content_hash
from tests.finetune.data.test_cauldron import picture


def metadata(folder: Path, *lines: dict[str, Any] | str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.png").write_bytes(picture())
    path = folder / "metadata.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def line(truth: dict[str, Any] | str, name: str = "a.png") -> dict[str, Any]:
    return {"file_name": name, "ground_truth": truth if isinstance(truth, str) else json.dumps(truth)}


def test_every_task_of_donut(tmp_path: Path) -> None:
    path = metadata(
        tmp_path,
        line({"gt_parse": {"total": "9.00", "tip": None, "menu": [{"nm": "Tea", "cnt": 2}]}, "meta": {}}),
        line(
            {"gt_parses": [{"question": "What?", "answer": "Tea"}, {"question": "What?", "answer": "A tea"}]}
        ),
        line({"gt_parse": {"text_sequence": "TEA 9.00"}}),
        line({"gt_parse": {"class": "receipt"}}),
    )
    (document,) = read_donut(path)
    assert document.fields == (
        FieldLabel("total", "9.00"),
        FieldLabel("tip", None),
        RowsLabel("menu", ((FieldLabel("nm", "Tea"), FieldLabel("cnt", "2")),)),
    )
    assert document.questions == (QuestionLabel("What?", ("Tea", "A tea")),)
    assert document.transcripts == (TranscriptLabel(text="TEA 9.00"),)
    assert (document.kind, document.split, document.path) == ("receipt", None, tmp_path / "a.png")


def test_lists_in_rows_become_text(tmp_path: Path) -> None:
    """As in CORD, where a dish has a list of extras."""
    menu = [{"nm": "Squid", "sub": [{"nm": "Spicy", "price": "1"}, {"nm": "Salt"}]}]
    (document,) = read_donut(metadata(tmp_path, line({"gt_parse": {"menu": menu}})))
    (rows,) = document.fields
    assert isinstance(rows, RowsLabel)
    assert rows.rows == ((FieldLabel("nm", "Squid"), FieldLabel("sub", "Spicy 1 Salt")),)


def test_folders_are_sides_of_the_split(tmp_path: Path) -> None:
    for side in ("train", "validation", "test"):
        metadata(tmp_path / side, line({"gt_parse": {"side": side}}))
    assert {document.split for document in read_donut(tmp_path)} == {"train", "dev", "test"}


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("{", "is not valid JSON"),
        (line("{"), "is not valid JSON"),
        (line("[]"), "is not a JSON object"),
        ({"file_name": "a.png"}, "has no 'ground_truth'"),
        (line({"parse": {}}), "neither an object 'gt_parse'"),
        (line({"gt_parses": [{"question": "?"}]}), "without 'question' and 'answer'"),
        (line({"gt_parse": {}}, "gone.png"), "which is not there"),
        (line({"gt_parse": {}}, "../outside.png"), "which lies outside"),
        (line({"gt_parse": {}}, "/etc/passwd"), "which lies outside"),
        (line({"gt_parse": {}}, "link.png"), "which lies outside"),
        (line({"gt_parse": {}}, "a\0.png"), "which is no file name"),
    ],
)
def test_a_broken_line_is_named_and_the_others_go_on(
    tmp_path: Path, broken: dict[str, Any] | str, says: str
) -> None:
    (tmp_path / "outside.png").write_bytes(picture())
    folder = tmp_path / "set"
    path = metadata(folder, line({"gt_parse": {"total": "1"}}), broken)
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    with pytest.raises(InputError, match=f"Line 2 of .*{says}"):
        read_donut(path)
    told: list[str] = []
    assert len(read_donut(path, told.append)) == 1
    assert len(told) == 1 and says in told[0]


def test_a_folder_without_metadata_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no metadata\.jsonl"):
        read_donut(tmp_path)


def test_labels_come_back(samples: Path, tmp_path: Path) -> None:
    path = samples / "receipt.jpg"
    document = LabelledDocument(
        content_hash(path),
        "receipt.jpg",
        path,
        kind="receipt",
        fields=(
            FieldLabel("total", "9.00"),
            FieldLabel("tip", None),
            RowsLabel("items", ((FieldLabel("name", "Tea"),),)),
        ),
        questions=(QuestionLabel("What?", ("Tea", "tea")), QuestionLabel("Who?", ())),
        transcripts=(TranscriptLabel(text="TEA\n9.00"),),
        split="dev",
    )
    assert write_donut([document], tmp_path) == [tmp_path / "validation" / "metadata.jsonl"]
    (again,) = read_donut(tmp_path)
    assert (again.fields, again.questions, again.transcripts) == (
        document.fields,
        document.questions,
        document.transcripts,
    )
    assert (again.sha256, again.kind, again.split) == (document.sha256, "receipt", "dev")


def test_labels_go_to_the_page_they_name_and_others_are_told(samples: Path, tmp_path: Path) -> None:
    path = samples / "scanned-contract.pdf"
    fields = (FieldLabel("date", "2024", page=1), FieldLabel("place", "Bonn", page=2), FieldLabel("x", "y"))
    document = LabelledDocument(content_hash(path), path.name, path, fields=fields)
    told: list[str] = []
    write_donut([document], tmp_path, told.append)
    first, second = read_donut(tmp_path)
    assert (first.fields, second.fields) == ((FieldLabel("date", "2024"),), (FieldLabel("place", "Bonn"),))
    assert first.path != second.path
    assert len(told) == 1 and told[0].startswith("1 of 3 labels")


@pytest.mark.shared_data
def test_real_receipts_there_and_back(shared_data: Path, tmp_path: Path) -> None:
    documents = read_cases(shared_data / "sroie" / "cases.jsonl", side_boxes=False)[:20]
    write_donut(documents, tmp_path)
    again = read_donut(tmp_path)
    assert [item.sha256 for item in again] == [item.sha256 for item in documents]
    assert [(item.fields, item.transcripts) for item in again] == [
        (item.fields, item.transcripts) for item in documents
    ]
