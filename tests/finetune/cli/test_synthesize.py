"""``python -m finetune synthesize``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from finetune.cli.main import main
from finetune.data.cases import read_cases


def folder_bytes(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_pages_labels_words_and_a_sheet_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synthesize", "--count", "5", "--out", str(tmp_path / "a"), "--size", "800"]) == 0
    assert "5 pages in" in capsys.readouterr().out
    documents = read_cases(tmp_path / "a" / "cases.jsonl")
    assert len(documents) == 5
    lines = [json.loads(line) for line in (tmp_path / "a" / "words.jsonl").read_text().splitlines()]
    for document, line in zip(documents, lines, strict=True):
        assert document.path is not None
        assert document.path.name == Path(line["file"]).name
        with Image.open(document.path) as image:
            assert image.size == (line["width"], line["height"])
        assert document.transcripts[0].text is not None
        assert document.transcripts[0].text.split() == [word["text"] for word in line["words"]]
    with Image.open(tmp_path / "a" / "contact_sheet.jpg") as sheet:
        assert sheet.width > 1000


def test_a_seed_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        main(["synthesize", "--count", "3", "--out", str(tmp_path / name), "--seed", "x", "--size", "600"])
    assert folder_bytes(tmp_path / "a") == folder_bytes(tmp_path / "b")


def test_kind_language_and_clean_pages_can_be_asked_for(tmp_path: Path) -> None:
    options = ["--kind", "receipt", "id_card", "--language", "de", "--no-effects"]
    assert main(["synthesize", "--count", "4", "--out", str(tmp_path), *options]) == 0
    lines = [json.loads(line) for line in (tmp_path / "words.jsonl").read_text().splitlines()]
    assert {line["kind"] for line in lines} <= {"receipt", "id_card"}
    assert {line["language"] for line in lines} == {"de"}
    assert {line["look"] for line in lines} == {None}
    assert {Path(line["file"]).suffix for line in lines} == {".png"}


@pytest.mark.parametrize("wrong", [["--count", "0"], ["--size", "20"]])
def test_a_wrong_number_is_one_sentence(
    wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synthesize", "--out", str(tmp_path), *wrong]) == 2
    assert capsys.readouterr().err.count("\n") == 1
