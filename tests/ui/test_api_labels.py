"""What programs say is right: answers to questions, and what lines of a page say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from docvlm.store import LabelKind
from docvlm.ui.page import Rooms
from tests.ui.events import called, request_from

HERE = request_from("anna")
QUESTION = "What is the total?"


def _call(rooms: Rooms, name: str, **arguments: Any) -> Any:
    return called(rooms.tabs, name, HERE, **arguments)


def test_the_right_answer_to_a_question_is_kept_with_its_place(rooms: Rooms, two_totals: Path) -> None:
    asked = {"document": str(two_totals), "question": QUESTION}
    kept = _call(rooms, "label_question", **asked, answer="12.50")
    assert (kept["answer"], kept["page"]) == ("12.50", 1) and kept["boxes"]
    assert _call(rooms, "label_question", **asked, answer="77.70")["page"] is None
    assert _call(rooms, "label_question", **asked, answer="")["answer"] is None
    (record,) = rooms.desk.workspace.store.labels(kept["document"], LabelKind.QA)
    assert (record.label.name, record.label.value) == (QUESTION, None)
    with pytest.raises(gr.Error, match="question is no text"):
        _call(rooms, "label_question", **(asked | {"question": " "}), answer="1")


def test_lines_are_listed_and_checked_one_by_one(rooms: Rooms, two_totals: Path) -> None:
    page = {"document": str(two_totals), "page": 1}
    listed = _call(rooms, "lines", **page)["lines"]
    assert [(line["line"], line["read"], line["checked"]) for line in listed] == [
        (1, "Total 9.00", False),
        (2, "Total 12.50", False),
    ]
    assert listed[0]["box"][1] < listed[1]["box"][1]
    kept = _call(rooms, "label_line", **page, line=1, text=" Total  9.50 ")
    assert (kept["text"], kept["read"], kept["checked"], kept["left"]) == (
        "Total 9.50",
        "Total 9.00",
        True,
        1,
    )
    assert _call(rooms, "label_line", **page, line=2, text="")["left"] == 0
    assert [line["text"] for line in _call(rooms, "lines", **page)["lines"]] == ["Total 9.50", ""]
    labels = rooms.desk.workspace.store.labels(kept["document"], LabelKind.TRANSCRIPT)
    assert {record.label.name: record.label.value for record in labels}["text of page 1"] == "Total 9.50"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"line": 3}, "no longer there"),
        ({"line": 0}, "no longer there"),
        ({"line": "1"}, "line is no whole number"),
        ({"page": 2}, "page 2"),
        ({"page": True}, "page is no whole number"),
        ({"text": None}, "value is no text"),
        ({"text": "x" * 100_000}, "value is no text"),
    ],
)
def test_what_is_no_line_is_told(rooms: Rooms, two_totals: Path, changed: dict[str, Any], told: str) -> None:
    asked = {"document": str(two_totals), "page": 1, "line": 1, "text": "Total"}
    with pytest.raises(gr.Error, match=told):
        _call(rooms, "label_line", **(asked | changed))
