"""What the files of results say of good, partial and broken files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from docvlm.batch.ledger import FileOutcome, FileState
from docvlm.batch.results import Wanted, write_results
from docvlm.batch.units import Task
from docvlm.pipeline import DocumentLabels
from docvlm.reading import READER_VERSION
from docvlm.schemas.sources import parse_field_list
from docvlm.store import Store
from docvlm.types import (
    Answer,
    Box,
    DocumentInfo,
    Extraction,
    FieldValue,
    Line,
    Reading,
    ReadingSource,
    RunInfo,
    Word,
)

RUN = RunInfo("m", "1")
BILL = parse_field_list("total:amount, status", name="bill")
EXTRACT, ASK = Wanted(Task.EXTRACT, schema=BILL), Wanted(Task.ASK, "Total?")
LOST = "1 of 2 pages could not be read; the first: Page 2 is damaged."
BROKEN = "broken.pdf is damaged."
TOLD = {
    "good.pdf": ("done", "", "2", "0"),
    "partial.pdf": ("partial", LOST, "1", "1"),
    "broken.pdf": ("failed", BROKEN, "0", "0"),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'docvlm.sqlite'}") as opened:
        yield opened


def outcomes(good: int | None, partial: int | None) -> list[FileOutcome]:
    return [
        FileOutcome("good.pdf", "/good.pdf", "g" * 64, FileState.DONE, None, 0, 2, 0, good),
        FileOutcome("partial.pdf", "/partial.pdf", "p" * 64, FileState.PARTIAL, LOST, 4, 1, 1, partial),
        FileOutcome("broken.pdf", "/broken.pdf", None, FileState.FAILED, BROKEN, 4),
    ]


def document(store: Store, name: str) -> int:
    return store.add_document(DocumentInfo(name[0] * 64, name, "application/pdf", 2, 1234))


@pytest.fixture
def extracted(store: Store) -> list[FileOutcome]:
    """A schema with a field of the name that the column of the outcome has."""
    ids = []
    for name, total in (("good.pdf", "1.00"), ("partial.pdf", "2.00")):
        fields = (FieldValue("total", total, total, 0.9), FieldValue("status", "paid", "paid", 0.9))
        identifier = document(store, name)
        store.save_extraction(identifier, RUN, "key", Extraction("bill", fields))
        ids.append(store.extraction_id(identifier, RUN, "key"))
    return outcomes(*ids)


def rows_of(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))


def test_csv_has_a_row_for_every_file(store: Store, extracted: list[FileOutcome], tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    write_results(store, EXTRACT, extracted, out)
    rows = rows_of(out)
    told = ["file_status", "reason", "pages_done", "pages_failed"]
    assert list(rows[0]) == ["document", "schema", "total", "status", *told]
    assert {row["document"]: tuple(row[name] for name in told) for row in rows} == TOLD
    assert [(row["schema"], row["total"], row["status"]) for row in rows] == [
        ("bill", "1.00", "paid"),
        ("bill", "2.00", "paid"),
        ("bill", "", ""),
    ]


def test_values_that_a_person_corrected_since_stand_in_place_of_those_found(
    store: Store, extracted: list[FileOutcome], tmp_path: Path
) -> None:
    good = document(store, "good.pdf")
    labels = DocumentLabels(store, good)
    (found,) = (record.extraction for record in store.extractions(good))
    labels.correct(labels.lay_over(BILL, found), "total", "7.50")
    write_results(store, EXTRACT, extracted, tmp_path / "out.csv")
    assert [row["total"] for row in rows_of(tmp_path / "out.csv")] == ["7.50", "2.00", ""]
    write_results(store, EXTRACT, extracted, tmp_path / "out.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert lines[0]["fields"]["total"]["value"] == "7.50"
    labels.correct(labels.lay_over(BILL, found), "status", "")
    write_results(store, EXTRACT, extracted, tmp_path / "out.csv")
    assert [row["status"] for row in rows_of(tmp_path / "out.csv")] == ["", "paid", ""]


def test_results_hold_nothing_of_another_document(
    store: Store, extracted: list[FileOutcome], tmp_path: Path
) -> None:
    """The number of a result that was deleted with its document may be given again."""
    good = store.find_document("g" * 64)
    assert good is not None
    store.delete_document(good.id)
    other = document(store, "other.pdf")
    taken = Extraction(
        "bill", (FieldValue("total", "9.99", "9.99", 0.9), FieldValue("status", None, None, 0.9))
    )
    store.save_extraction(other, RUN, "key", taken)
    number = store.extraction_id(other, RUN, "key")
    reused = [replace(extracted[0], result_id=number), *extracted[1:]]
    write_results(store, EXTRACT, reused, tmp_path / "out.csv")
    assert [row["total"] for row in rows_of(tmp_path / "out.csv")] == ["", "2.00", ""]


def test_excel_has_a_row_for_every_file(store: Store, extracted: list[FileOutcome], tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    write_results(store, EXTRACT, extracted, out)
    header, *rows = openpyxl.load_workbook(out)["Documents"].iter_rows(values_only=True)
    assert header[-4:] == ("file_status", "reason", "pages_done", "pages_failed")
    assert {row[0]: tuple(str("" if cell is None else cell) for cell in row[-4:]) for row in rows} == TOLD


def test_json_and_markdown_tell_of_every_file(
    store: Store, extracted: list[FileOutcome], tmp_path: Path
) -> None:
    write_results(store, EXTRACT, extracted, tmp_path / "out.json")
    entries = json.loads((tmp_path / "out.json").read_text())["documents"]
    names = ("status", "reason", "pages_done", "pages_failed")
    assert {
        entry["document"]: tuple(
            str(entry[name] or "") if name == "reason" else str(entry[name]) for name in names
        )
        for entry in entries
    } == TOLD
    assert entries[0]["fields"]["total"]["value"] == "1.00" and "fields" not in entries[2]
    write_results(store, EXTRACT, extracted, tmp_path / "out.md")
    text = (tmp_path / "out.md").read_text()
    assert "Status: done. Pages read: 2, failed: 0." in text
    assert f"Status: partial. Pages read: 1, failed: 1. {LOST}" in text
    assert f"Status: failed. Pages read: 0, failed: 0. {BROKEN}" in text


def test_answers_as_csv_keep_the_file_that_failed(store: Store, tmp_path: Path) -> None:
    ids = []
    for name in ("good.pdf", "partial.pdf"):
        identifier = document(store, name)
        store.save_answer(identifier, RUN, Answer("Total?", "12", 0.9, 1))
        ids.append(store.answer_id(identifier, RUN, "Total?"))
    out = tmp_path / "out.csv"
    write_results(store, ASK, outcomes(*ids), out)
    rows = rows_of(out)
    assert [(row["question"], row["answer"]) for row in rows] == [
        ("Total?", "12"),
        ("Total?", "12"),
        ("Total?", ""),
    ]
    told = {
        row["document"]: (row["status"], row["reason"], row["pages_done"], row["pages_failed"])
        for row in rows
    }
    assert told == TOLD


def test_the_columns_do_not_depend_on_a_success(store: Store, tmp_path: Path) -> None:
    broken = outcomes(None, None)[2:]
    write_results(store, ASK, broken, tmp_path / "answers.csv")
    write_results(store, EXTRACT, broken, tmp_path / "fields.csv")
    (answer,), (fields,) = rows_of(tmp_path / "answers.csv"), rows_of(tmp_path / "fields.csv")
    assert list(answer)[:5] == ["document", "question", "answer", "confidence", "page"]
    assert list(fields)[:2] == ["document", "schema"]
    assert answer["reason"] == fields["reason"] == BROKEN


def test_text_marks_what_is_not_whole(store: Store, tmp_path: Path) -> None:
    write_results(store, Wanted(Task.READ), outcomes(None, None), tmp_path / "out.txt")
    lines = (tmp_path / "out.txt").read_text().splitlines()
    assert lines == [
        "==> good.pdf <==",
        "==> partial.pdf <==",
        f"[partial] Pages read: 1, failed: 1. {LOST}",
        "==> broken.pdf <==",
        f"[failed] Pages read: 0, failed: 0. {BROKEN}",
    ]


def test_only_the_pages_that_were_wanted_are_written(store: Store, tmp_path: Path) -> None:
    good, *_ = outcomes(None, None)
    assert good.sha256 is not None
    identifier = store.add_document(DocumentInfo(good.sha256, "good.pdf", "application/pdf", 3, 1))
    for number, text in enumerate(("one", "two", "three"), start=1):
        line = Line((Word(text, Box(0, 0, 40, 10)),))
        store.save_reading(identifier, Reading(number, ReadingSource.OCR, 100, 100, (line,)), READER_VERSION)
    out = tmp_path / "out.jsonl"
    for pages, numbers in (("2-", [2, 3]), ("1", [1]), ("all", [1, 2, 3]), ("7", [])):
        write_results(store, Wanted(Task.READ, pages=pages), [good], out)
        assert [page["number"] for page in json.loads(out.read_text())["pages"]] == numbers
    write_results(store, Wanted(Task.READ, pages="3"), [good], tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text().split() == ["==>", "good.pdf", "<==", "three"]


def test_names_that_are_no_text_are_written_as_escapes(store: Store, tmp_path: Path) -> None:
    name = "caf\udce9.pdf"
    broken = FileOutcome(name, f"/{name}", None, FileState.FAILED, f"{name} is empty.", 3)
    for ending in ("csv", "json", "md", "xlsx", "jsonl"):
        write_results(store, EXTRACT, [broken], tmp_path / f"out.{ending}")
    shown = "caf\\udce9.pdf"
    (row,) = rows_of(tmp_path / "out.csv")
    assert (row["document"], row["reason"]) == (shown, f"{shown} is empty.")
    assert json.loads((tmp_path / "out.jsonl").read_text())["reason"] == f"{shown} is empty."
