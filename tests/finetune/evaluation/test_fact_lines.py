from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.evaluation.fact_lines import read_facts
from finetune.evaluation.facts import Fact, FactKind


def write(folder: Path, *lines: object) -> Path:
    (folder / "a.pdf").write_bytes(b"a")
    path = folder / "cases.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def page_fact(**values: object) -> dict[str, object]:
    return {"file": "a.pdf", "task": "page_fact", "page": 2, "id": "f1", **values}


def test_facts_are_read_with_their_documents(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        page_fact(type="present", text="Bath", max_diffs=1, case_sensitive=False, last_n=20),
        page_fact(type="order", before="one", after="two"),
        page_fact(type="table", cell="5", up="4", left_heading="Tax"),
        {"file": "a.pdf", "task": "ocr", "text": "x"},
    )
    problems: list[str] = []
    (document,), facts = read_facts(path, problems.append)
    assert problems == []
    assert document.path == tmp_path / "a.pdf"
    assert facts[document.sha256] == (
        Fact("f1", FactKind.PRESENT, 2, "Bath", max_diffs=1, case_sensitive=False, last_characters=20),
        Fact("f1", FactKind.ORDER, 2, "one", after="two"),
        Fact("f1", FactKind.TABLE, 2, "5", beside=(("up", "4"), ("left_heading", "Tax"))),
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (page_fact(type="present"), "has no 'text'"),
        (page_fact(type="smell", text="x"), "no kind of fact"),
        (page_fact(type="present", text="x", file="b.pdf"), "b.pdf, which is not there"),
        (page_fact(type="present", text="x", max_diffs="many"), "max_diffs"),
    ],
)
def test_a_broken_line_is_told_with_its_number(tmp_path: Path, line: object, reason: str) -> None:
    path = write(tmp_path, line, page_fact(type="present", text="Bath"))
    problems: list[str] = []
    documents, facts = read_facts(path, problems.append)
    assert [len(some) for some in facts.values()] == [1]
    assert len(documents) == len(problems) == 1
    assert problems[0].startswith("Line 1 of") and reason in problems[0]
