import json
from pathlib import Path
from typing import Any

import pytest

from docvlm.errors import InputError, LimitError
from docvlm.types import Box
from finetune.data.cases import read_cases, write_cases
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, RowsLabel, TranscriptLabel


def case_file(folder: Path, *lines: dict[str, Any] | str) -> Path:
    (folder / "a.png").write_bytes(b"pixels of a")
    (folder / "b.png").write_bytes(b"pixels of b")
    path = folder / "cases.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def test_the_lines_of_one_file_are_one_document(tmp_path: Path) -> None:
    path = case_file(
        tmp_path,
        {"file": "b.png", "task": "ocr", "words": ["TEA", "9.00"]},
        {"file": "a.png", "task": "extract", "layout": "model_1", "fields": {"total": "9.00", "tip": None}},
        {"file": "a.png", "task": "qa", "question": "What?", "answers": [], "split": "dev", "page": 2},
        {"file": "a.png", "task": "ocr", "text": "TEA 9.00"},
    )
    b, a = read_cases(path)
    assert (b.name, b.transcripts) == ("b.png", (TranscriptLabel(words=("TEA", "9.00")),))
    assert (a.path, a.kind, a.split) == (tmp_path / "a.png", "model_1", "dev")
    assert a.fields == (FieldLabel("total", "9.00"), FieldLabel("tip", None))
    assert a.questions == (QuestionLabel("What?", (), page=2),)
    assert a.transcripts == (TranscriptLabel(text="TEA 9.00"),)
    assert len(a.sha256) == 64 and a.sha256 != b.sha256


def test_every_form_of_a_value(tmp_path: Path) -> None:
    fields = {
        "Net total:": 9.5,
        "comments": ["first line", "second line"],
        "nothing": [],
        "place": {"value": "KL", "alternatives": ["Kuala Lumpur"], "page": 2, "boxes": [[1, 2, 3, 4]]},
        "items": [{"name": "Tea", "price": 9}, {"name": "Cup"}],
        "bank": {"iban": "DE1", "bic": None},
    }
    (document,) = read_cases(case_file(tmp_path, {"file": "a.png", "task": "extract", "fields": fields}))
    assert document.fields == (
        FieldLabel("Net total", "9.5"),
        FieldLabel("comments", "first line second line", ("first line", "second line")),
        FieldLabel("nothing", None),
        FieldLabel("place", "KL", ("Kuala Lumpur",), 2, (Box(1, 2, 3, 4),)),
        RowsLabel(
            "items", ((FieldLabel("name", "Tea"), FieldLabel("price", "9")), (FieldLabel("name", "Cup"),))
        ),
        RowsLabel("bank", ((FieldLabel("iban", "DE1"), FieldLabel("bic", None)),)),
    )


def test_tasks_without_labels_are_passed_over(tmp_path: Path) -> None:
    lines = [{"file": "gone.pdf", "task": task} for task in ("image", "pdf", "page_fact", "what")]
    assert read_cases(case_file(tmp_path, *lines)) == ()


GOOD = {"file": "b.png", "task": "extract", "fields": {"total": "1"}}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "is not valid JSON"),
        ("[1]", "is not a JSON object"),
        ({"task": "extract", "fields": {}}, "does not name a file"),
        ({"file": "gone.png", "task": "extract", "fields": {}}, "names gone.png, which is not there"),
        ({"file": "a.png", "task": "extract"}, "has no object 'fields'"),
        (
            {"file": "a.png", "task": "extract", "fields": {"x": [{"y": 1}, 2]}},
            "mixes rows and values in 'x'",
        ),
        ({"file": "a.png", "task": "extract", "fields": {"x": [{"y": [{"z": 1}]}]}}, "a list within a list"),
        ({"file": "a.png", "task": "qa", "answers": ["x"]}, "has no question"),
        ({"file": "a.png", "task": "qa", "question": "?", "answers": [{}]}, "neither text nor a number"),
        ({"file": "a.png", "task": "qa", "question": "?", "page": 0}, "pages count from 1"),
        ({"file": "a.png", "task": "qa", "question": "?", "boxes": [[1]]}, "has boxes that are not lists"),
        ({"file": "a.png", "task": "ocr"}, "has neither 'text' nor 'words'"),
    ],
)
def test_a_broken_line_is_one_sentence_with_its_number(
    tmp_path: Path, line: dict[str, Any] | str, says: str
) -> None:
    path = case_file(tmp_path, GOOD, "", line)
    with pytest.raises(InputError, match=f"Line 3 of .*cases.jsonl .*{says}"):
        read_cases(path)
    told: list[str] = []
    assert [document.name for document in read_cases(path, told.append)] == ["b.png"]
    assert len(told) == 1 and says in told[0]


def test_a_missing_label_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cases\.jsonl cannot be read"):
        read_cases(tmp_path / "cases.jsonl")


def test_a_label_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = case_file(tmp_path, GOOD)
    monkeypatch.setattr("finetune.data.json_lines.LABEL_FILE_BYTES", 10)
    with pytest.raises(LimitError, match="larger than"):
        read_cases(path)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = case_file(tmp_path)
    image = tmp_path / "a.png"
    rows = RowsLabel("items", ((FieldLabel("name", "Tea", boxes=(Box(0, 1, 2, 3.5),)),),))
    document = LabelledDocument(
        sha256="4c0d4cee7c5a7d2cd3bf5ba3b0aa6a9cb0ae0d9bd3f4d0d8c1fbc92ac6a39e6a",
        name="a.png",
        path=image,
        kind="receipt",
        fields=(
            FieldLabel("total", "9.00"),
            rows,
            FieldLabel("total", "8.00", ("8",), page=1),  # contradicts the first
            FieldLabel("tip", None),
        ),
        questions=(QuestionLabel("What?", ("Tea", "tea"), 1, (Box(1, 2, 3, 4),)), QuestionLabel("Who?", ())),
        transcripts=(TranscriptLabel(text="TEA\n9.00"), TranscriptLabel(words=("TEA",), page=1)),
        split="train",
    )
    write_cases([document], path)
    (again,) = read_cases(path)
    assert set(again.fields) == set(document.fields) and len(again.fields) == 4
    assert (again.questions, again.transcripts) == (document.questions, document.transcripts)
    assert (again.name, again.path, again.kind, again.split) == ("a.png", image, "receipt", "train")


def test_a_document_without_a_file_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'a' has no file"):
        write_cases([LabelledDocument("00", "a", None)], tmp_path / "cases.jsonl")


@pytest.mark.shared_data
def test_the_real_label_files(shared_data: Path) -> None:
    documents = {name: read_cases(shared_data / name / "cases.jsonl") for name in ("sroie", "funsd")}
    assert {name: len(items) for name, items in documents.items()} == {"sroie": 300, "funsd": 173}
    assert all(len(item.fields) == 4 and len(item.transcripts) == 1 for item in documents["sroie"])
