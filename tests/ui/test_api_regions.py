"""A part of a page by call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from docvlm.ui.page import Rooms
from tests.engines import WrittenEngine
from tests.ui.events import called, request_from

HERE = request_from("anna")
QUESTION = "What is the total?"


@pytest.fixture
def asking(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> Rooms:
    """The rooms with a model that answers with the last word that it is shown."""
    engine = WrittenEngine(lambda page, _prompt: f" {page.split()[-1]}\n")
    monkeypatch.setattr("docvlm.pipeline.workspace.load_engine", lambda *_, **__: engine)
    return rooms


def _call(rooms: Rooms, name: str, **arguments: Any) -> Any:
    return called(rooms.tabs, name, HERE, **arguments)


def test_a_part_of_a_page_is_asked_about_alone(asking: Rooms, two_totals: Path) -> None:
    page = {"document": str(two_totals), "question": QUESTION}
    whole = _call(asking, "ask", **page)
    assert whole["answer"] == "12.50"
    (box,) = whole["boxes"]
    lower = ",".join(str(side) for side in (0, box[1] - 9, 10_000, box[3] + 9))
    assert _call(asking, "ask_region", **page, page=1, box=lower)["boxes"] == whole["boxes"]
    upper = f"0, 0, 10000, {box[1] - 9}"
    assert _call(asking, "ask_region", **page, page=1, box=upper)["answer"] == "9.00"


@pytest.mark.parametrize(
    ("page", "box", "told"),
    [
        (1, "1,2,3", "no part of page 1, which has"),
        (1, "50,50,20,90", "no part of page 1"),
        (1, "90000,0,99999,50", "no part of page 1"),
        (1, "nan,0,10,10", "no part of page 1"),
        (1, "left", "no part of page 1"),
        (1, "", "box is no text"),
        (2, "0,0,10,10", "page 2"),
        (0, "0,0,10,10", "page 0"),
        ("1", "0,0,10,10", "page is no whole number"),
    ],
)
def test_what_is_no_part_of_the_page_is_told(
    asking: Rooms, two_totals: Path, page: Any, box: str, told: str
) -> None:
    with pytest.raises(gr.Error, match=told):
        _call(asking, "ask_region", document=str(two_totals), question=QUESTION, page=page, box=box)
