"""The label commands, run as a person runs them; every page here has a text layer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from docvlm.errors import InputError, UsageError
from finetune.cli.main import main
from tests.finetune.data.pages import pdf_of

pytestmark = pytest.mark.usefixtures("home")

FIELDS = {"seller": "Fernhill & Stowe", "due_date": "17 April 2026", "total": "5,857.44", "tip": None}


@pytest.fixture
def cases(samples: Path, tmp_path: Path) -> Path:
    """The sample invoice with fields and a question, and a page twice under other names."""
    shutil.copy(samples / "invoice.pdf", tmp_path / "invoice.pdf")
    rows = ("Corner Shop", "Receipt 4711 of 2026-05-01", "Tea 4.50", "Cake 3.20", "Milk 1.10", "Total 8.80")
    pdf_of(tmp_path / "a.pdf", *rows)
    pdf_of(tmp_path / "copy.pdf", *rows, font_size=12)
    lines = [
        {"file": "invoice.pdf", "task": "extract", "kind": "invoice", "fields": FIELDS},
        {"file": "invoice.pdf", "task": "qa", "question": "Which order?", "answers": ["PO-88213"]},
        {"file": "a.pdf", "task": "extract", "kind": "receipt", "fields": {"total": "8.80"}},
        {"file": "copy.pdf", "task": "extract", "kind": "receipt", "fields": {"total": "99.99"}},
    ]
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["data", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_a_check_lists_problems_duplicates_and_the_split(
    cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found: dict[str, Any] = json.loads(printed(capsys, "check", cases, "--held-out", 1, "--json"))
    assert (found["documents"], found["fields"], found["questions"], found["transcripts"]) == (3, 6, 1, 0)
    assert found["schema"]["due_date"] == "date"
    (problem,) = found["problems"]
    assert (problem["document"], problem["label"], problem["kind"]) == ("copy.pdf", "total", "not-on-page")
    assert found["duplicates"] == [["a.pdf", "copy.pdf"]]
    assert sorted(found["split"]["train"] + found["split"]["held_out"]) == ["a.pdf", "invoice.pdf"]
    text = printed(capsys, "check", cases, "--held-out", 1)
    assert problem["sentence"] in text
    assert "a.pdf, copy.pdf" in text and "1 to learn from, 1 held back" in text


@pytest.mark.parametrize("form", ["cauldron", "donut", "label-studio"])
def test_labels_go_to_every_form_and_back(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    out, back = tmp_path / "out", tmp_path / "back" / "cases.jsonl"
    for written in printed(capsys, "convert", cases, "--to", form, "--out", out).split():
        assert Path(written).is_file()
    assert printed(capsys, "convert", out, "--to", "cases", "--out", back).strip() == str(back)
    again = [json.loads(line) for line in back.read_text().splitlines()]
    fields = {name: value for line in again for name, value in line.get("fields", {}).items()}
    assert fields["seller"] == "Fernhill & Stowe" and fields["tip"] is None
    assert [line["question"] for line in again if line["task"] == "qa"] == ["Which order?"]
    assert json.loads(printed(capsys, "check", out, "--json"))["documents"] == 3


def test_import_rank_export(cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = json.loads(printed(capsys, "import", cases, "--json"))
    assert taken == {"documents": 3, "labels": 7}
    assert json.loads(printed(capsys, "rank", "--json")) == []
    (entry, *_) = json.loads(printed(capsys, "rank", "--schema", "total, seller", "--json"))
    assert entry["document"] in ("a.pdf", "copy.pdf") and 0 < entry["gain"] <= 1
    assert "a.pdf" in printed(capsys, "rank", "--schema", "total, seller")
    out = tmp_path / "mine.jsonl"
    printed(capsys, "export", "--out", out)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    (invoice,) = (line for line in lines if "seller" in line.get("fields", {}))
    assert invoice["fields"]["total"] == "5,857.44"
    assert json.loads(printed(capsys, "check", "--labels", "--json"))["documents"] == 3


def test_pictures_of_an_imported_set_stay(
    cases: Path, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed(capsys, "convert", cases, "--to", "cauldron", "--out", tmp_path / "out")
    printed(capsys, "import", tmp_path / "out")
    assert len([*(home / "imported").iterdir()]) == 3


def test_a_split_is_two_files_that_can_be_trained_and_evaluated(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "split"
    printed(capsys, "split", cases, "--held-out", "1", "--out", out)
    counts = [
        json.loads(printed(capsys, "check", out / name, "--json"))["documents"]
        for name in ("train.jsonl", "held_out.jsonl")
    ]
    assert counts == [1, 1]


def test_words_under_drawn_regions_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pdf_of(tmp_path / "page.pdf", "Corner Shop", "Total 8.80")
    box = {"x": 0, "y": 10, "width": 30, "height": 20, "rectanglelabels": ["all of it"]}
    task = {"data": {"document": "page.pdf"}, "annotations": [{"result": [{"id": "1", "value": box}]}]}
    (tmp_path / "export.json").write_text(json.dumps([task]))
    printed(capsys, "convert", tmp_path / "export.json", "--to", "cases", "--out", tmp_path / "c.jsonl")
    (line,) = map(json.loads, (tmp_path / "c.jsonl").read_text().splitlines())
    assert line["fields"]["all of it"]["value"] == "Corner Shop Total 8.80"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["check"], UsageError.exit_code, "one source of labels"),
        (["check", "x.jsonl", "--labels"], UsageError.exit_code, "one source of labels"),
        (["check", "--labels"], UsageError.exit_code, "no labels in the store"),
        (["check", "nowhere.jsonl"], InputError.exit_code, "cannot be read"),
        (["convert", ".", "--to", "cases", "--out", "o"], InputError.exit_code, "no labels of a known form"),
        (["rank", "--limit", "0"], UsageError.exit_code, "--limit"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_an_exit_code(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    says: str,
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert main(["data", *arguments]) == code
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1


def test_a_label_file_of_no_known_form_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    assert main(["data", "check", str(tmp_path / "notes.txt")]) == InputError.exit_code
    assert "no label file of a known form" in capsys.readouterr().err
