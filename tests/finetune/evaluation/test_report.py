"""What an evaluation leaves for people and programs to read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import pytest

from docvlm.errors import InputError, UsageError
from finetune.evaluation import compare, evaluation_json, read_evaluation, write_evaluation
from finetune.evaluation.report import (
    MOST_FIELDS,
    changes_list,
    comparison_table,
    figures_table,
    headline_table,
    reliability_plot,
    write_report,
)
from tests.finetune.evaluation.judged import document, evaluation, judged

BEFORE = evaluation(
    document(0, judged("total", "1|2", None), judged("date", "x", "x")),
    document(1, judged("total", "3", "3")),
)
AFTER = evaluation(
    document(0, judged("total", "1|2", "1|2"), judged("date", "x", "y\nz")),
    document(1, judged("total", "3", "3"), failure="no memory"),
)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("| ").split(" | ")]


def test_a_table_has_every_figure_and_every_field() -> None:
    lines = figures_table(AFTER).splitlines()
    assert lines[0] == "2 documents, model written (1)"
    assert lines[1] == "1 of them failed and count as wrong."
    tables = [cells(line) for line in lines if line.startswith("|")]
    (typed,) = [row for row in tables if row[0] == "field_typed"]
    assert re.fullmatch(r"0\.500 \(\d\.\d{3}–\d\.\d{3}\)", typed[1])
    assert [row[0] for row in tables if row[0] in ("total", "date")] == ["total", "date"]
    assert len({len(line) for line in lines if line.startswith("| total") or line.startswith("| date")}) == 1


def test_more_fields_than_fit_are_counted() -> None:
    fields = [judged(f"field {number}", "x", "x") for number in range(MOST_FIELDS + 3)]
    text = figures_table(evaluation(document(0, *fields)))
    assert f"| field {MOST_FIELDS - 1} " in text and f"| field {MOST_FIELDS} " not in text
    assert text.endswith("3 more fields are in the JSON.")


def test_a_comparison_has_both_figures_and_the_difference() -> None:
    text = comparison_table(compare(BEFORE, AFTER))
    row = next(cells(line) for line in text.splitlines() if line.startswith("| total typed"))
    assert row[:3] == ["total typed", "0.500", "1.000"] and row[3].startswith("0.500 (")
    assert text.endswith("1 values fixed, 1 broken.")


def test_the_headline_has_a_row_a_field() -> None:
    lines = headline_table(compare(BEFORE, AFTER)).splitlines()
    names = [cells(line)[0] for line in lines if line.startswith("|")]
    assert names[0] == "share right" and names[2:] == ["total", "date", "all fields"]
    assert lines[-1] == "1 values fixed, 1 broken."


def test_changes_are_listed_and_keep_their_columns() -> None:
    text = changes_list(compare(BEFORE, AFTER))
    assert "| document-0.pdf | total             | 1\\|2  | not found | 1\\|2  |" in text
    assert "y z" in text  # a line break would end the row
    assert "## Fixed: 1" in text and "## Broken: 1" in text


def test_a_folder_holds_everything(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "report"
    write_report(folder, AFTER, BEFORE, compare(BEFORE, AFTER))
    assert sorted(path.name for path in folder.iterdir()) == [
        "baseline.jsonl",
        "comparison.json",
        "comparison.md",
        "documents.jsonl",
        "evaluation.json",
        "figures.json",
        "reliability.png",
        "report.md",
    ]
    assert read_evaluation(folder / "evaluation.json") == AFTER
    assert json.loads((folder / "figures.json").read_text(encoding="utf-8")) == evaluation_json(AFTER)
    lines = (folder / "documents.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["document-0.pdf", "document-1.pdf"]
    assert json.loads((folder / "comparison.json").read_text(encoding="utf-8"))["documents"] == 2


def test_without_a_baseline_there_is_no_comparison(tmp_path: Path) -> None:
    write_report(tmp_path, AFTER)
    assert not list(tmp_path.glob("comparison*")) and not (tmp_path / "baseline.jsonl").exists()


def test_a_folder_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be made"):
        write_report(tmp_path / "file" / "report", AFTER)


def test_the_json_has_stable_names() -> None:
    found = evaluation_json(AFTER)
    assert list(found) == ["documents", "metrics", "fields", "failed", "model", "revision", "adapter", "seed"]
    assert found["documents"] == 2 and set(found["metrics"]["field_typed"]) == {"value", "low", "high"}
    assert found["failed"] == [{"file": "document-1.pdf", "reason": "no memory"}]


def test_what_is_no_evaluation_is_told(tmp_path: Path) -> None:
    write_evaluation(tmp_path / "kept.json", AFTER)
    assert read_evaluation(tmp_path / "kept.json") == AFTER
    (tmp_path / "kept.json").write_text('{"model": 1}', encoding="utf-8")
    for name in ("kept.json", "none.json"):
        with pytest.raises(InputError, match="not a kept evaluation"):
            read_evaluation(tmp_path / name)


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    (tmp_path / "plot.png").write_bytes(reliability_plot(AFTER.reliability))
    picture = cv2.imread(str(tmp_path / "plot.png"))
    assert picture.shape == (720, 600, 3) and picture.std() > 5
