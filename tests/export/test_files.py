from __future__ import annotations

import json
from pathlib import Path

import pytest

from docvlm.errors import UsageError
from docvlm.export import ExportedDocument, write_documents
from tests.export.documents import OTHER, RECEIPT


@pytest.mark.parametrize("name", ["out.json", "out.md", "out.xlsx", "OUT.JSON"])
def test_the_ending_names_the_form(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    assert write_documents([RECEIPT], out) == [out]
    assert out.stat().st_size > 0


def test_csv_lists_go_to_a_second_file(tmp_path: Path) -> None:
    written = write_documents([RECEIPT, OTHER], tmp_path / "out.csv")
    assert [path.name for path in written] == ["out.csv", "out-items.csv"]
    assert [len(path.read_text().splitlines()) for path in written] == [3, 3]


def test_rows_of_an_earlier_run_do_not_stay_beside_others(tmp_path: Path) -> None:
    write_documents([RECEIPT], tmp_path / "out.csv")
    written = write_documents([OTHER], tmp_path / "out.csv")
    assert [path.name for path in written] == ["out.csv", "out-items.csv"]
    assert len(written[1].read_text().splitlines()) == 1


def test_csv_without_lists_is_one_file(tmp_path: Path) -> None:
    assert [path.name for path in write_documents([OTHER], tmp_path / "out.csv")] == ["out.csv"]
    (written,) = write_documents([RECEIPT], tmp_path / "rows.csv", items=True)
    assert written.read_text().startswith("document,schema,list,row,")


def test_pairs_of_name_and_extraction_are_taken(tmp_path: Path) -> None:
    assert RECEIPT.extraction is not None
    (out,) = write_documents([ExportedDocument("a.pdf", RECEIPT.extraction)], tmp_path / "out.json")
    assert json.loads(out.read_text())["documents"][0]["document"] == "a.pdf"


def test_text_that_utf8_cannot_hold_is_written(tmp_path: Path) -> None:
    assert OTHER.extraction is not None
    (out,) = write_documents([ExportedDocument("caf\udce9.pdf", OTHER.extraction)], tmp_path / "out.csv")
    assert "caf?.pdf" in out.read_text()


def test_an_unknown_ending_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no known form"):
        write_documents([RECEIPT], tmp_path / "out.docx")
