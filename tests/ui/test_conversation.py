"""What a document was asked, and that answers about a box and about the whole of it stand side by side."""

from __future__ import annotations

from pathlib import Path

from docvlm.types import Answer, Box, RunInfo
from docvlm.ui.ask_panel import AskPanel
from docvlm.ui.conversation import Asked, conversation_of
from docvlm.ui.page import Rooms
from docvlm.ui.sessions import Session
from tests.ui.events import event_of, last, request_of

RUN = RunInfo("model", "1", None, "", "reader", "all", "1")
IN_BOX = RunInfo("model", "1", None, "", "reader", "2 in 10,20,300,150", "1")
PLACE = (Box(20, 30, 90, 50),)
SCAN = "scanned-contract.pdf"


def _keep(rooms: Rooms, samples: Path) -> tuple[Session, int]:
    session = rooms.desk.sessions.of(request_of("anna"))
    file = rooms.desk.library(session).keep(samples / SCAN, SCAN)
    with rooms.desk.workspace.open(file.path, name=file.name, owner=session.owner) as document:
        return session, document.id


def test_the_latest_answer_to_a_question_about_the_same_place_is_shown(rooms: Rooms, samples: Path) -> None:
    session, number = _keep(rooms, samples)
    store = rooms.desk.workspace.store
    texts = (("old", RUN), ("in the box", IN_BOX), ("new", RUN))
    for text, run in texts:
        store.save_answer(number, run, Answer("Who?", text, 0.9, 2, PLACE))
    asked = conversation_of(store.answers(number))
    assert {one.answer.text: one.region and one.region.box.as_list() for one in asked} == {
        "new": None,
        "in the box": [10, 20, 300, 150],
    }
    (file,) = rooms.desk.library(session).documents(store, 5)
    kept = rooms.desk.library(session).find(store, file.id)
    assert kept is not None
    view = rooms.desk.open_view(session, kept)
    try:
        assert view.asked == asked and [answer.text for answer in view.answers] == ["new"]
        view.add_answer(Answer("Who?", "newer", 0.9, 2, PLACE))
        boxed = next(one for one in asked if one.region is not None)
        assert view.asked == [boxed, Asked(Answer("Who?", "newer", 0.9, 2, PLACE))]
        view.forget_answer("Who?", boxed.region)
        assert [one.answer.text for one in view.asked] == ["newer"]
    finally:
        view.close()


def test_the_answer_of_another_document_opens_it_where_it_stands(rooms: Rooms, samples: Path) -> None:
    session, number = _keep(rooms, samples)
    store = rooms.desk.workspace.store
    for question in ("Who signs: and when?", "Who else?"):
        store.save_answer(number, RUN, Answer(question, "Nobody", 0.9, 2, PLACE))
    click = event_of(choice=f"open:{number}:2:Who signs: and when?")
    (ask,) = (panel for panel in rooms.desk._panels if isinstance(panel, AskPanel))
    updates = last(ask._choose(click, request_of("anna")))
    view = session.view
    assert view is not None and (view.document.id, view.page_number) == (number, 2)
    shown = updates[ask._answers]
    assert shown.count("data-focus") == 1
    assert shown.index("Who signs") > shown.index("data-focus") > shown.index('data-mark="answer:0"')
    assert shown.index("Who else?") > shown.index("Who signs")
    view.close()
