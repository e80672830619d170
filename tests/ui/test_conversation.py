"""What a document was asked, and that answers about a box, a page and the whole of it stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pymupdf
import pytest

from docvlm.pipeline import Region
from docvlm.types import Answer, Box, RunInfo
from docvlm.ui.ask_panel import AskPanel
from docvlm.ui.conversation import Asked, conversation_of
from docvlm.ui.page import Rooms
from docvlm.ui.sessions import Session
from tests.engines import WrittenEngine
from tests.ui.events import event_of, last, request_of

RUN = RunInfo("model", "1", None, "", "reader", "all", "1")
ON_PAGE = RunInfo("model", "1", None, "", "reader", "2", "1")
OF_SOME = RunInfo("model", "1", None, "", "reader", "1,3", "1")
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
    texts = (
        ("old", RUN),
        ("on the page", ON_PAGE),
        ("in the box", IN_BOX),
        ("of some", OF_SOME),
        ("new", RUN),
    )
    for text, run in texts:
        store.save_answer(number, run, Answer("Who?", text, 0.9, 2, PLACE))
    asked = conversation_of(store.answers(number))
    assert {one.answer.text: one.part for one in asked} == {
        "new": None,
        "on the page": 2,
        "in the box": Region(2, Box(10, 20, 300, 150)),
    }
    (file,) = rooms.desk.library(session).documents(store, 5)
    kept = rooms.desk.library(session).find(store, file.id)
    assert kept is not None
    view = rooms.desk.open_view(session, kept)
    try:
        assert view.asked == asked and [answer.text for answer in view.answers] == ["new"]
        view.add_answer(Answer("Who?", "newer", 0.9, 2, PLACE))
        paged, boxed = (one for one in asked if one.part is not None)
        assert view.asked == [paged, boxed, Asked(Answer("Who?", "newer", 0.9, 2, PLACE))]
        view.forget_answer("Who?", boxed.part)
        assert [one.answer.text for one in view.asked] == ["on the page", "newer"]
        view.forget_answer("Who?")
        assert [answer.text for answer in view.answers] == ["on the page"]
    finally:
        view.close()


def test_the_answer_of_another_document_opens_it_where_it_stands(rooms: Rooms, samples: Path) -> None:
    session, number = _keep(rooms, samples)
    store = rooms.desk.workspace.store
    for question in ("Who signs: and when?", "Who else?"):
        store.save_answer(number, RUN, Answer(question, "Nobody", 0.9, 2, PLACE))
    click = event_of(choice=f"open:{number}:2:Who signs: and when?")
    (ask,) = _ask_panels(rooms)
    updates = last(ask._choose(click, request_of("anna")))
    view = session.view
    assert view is not None and (view.document.id, view.page_number) == (number, 2)
    shown = updates[ask._answers]
    assert shown.count("data-focus") == 1
    assert shown.index("Who signs") > shown.index("data-focus") > shown.index('data-mark="answer:0"')
    assert shown.index("Who else?") > shown.index("Who signs")
    view.close()


SIGNERS = ("Anna Smith", "Bela Jones")


def test_a_question_about_this_page_leaves_the_answer_about_the_document(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = WrittenEngine(
        lambda page, _: next(name for name in SIGNERS if name in page), follows_grammar=False
    )
    monkeypatch.setattr("docvlm.pipeline.workspace.load_engine", lambda *_, **__: engine)
    session, (ask,) = _open(rooms, _contract(tmp_path / "contract.pdf", SIGNERS)), _ask_panels(rooms)
    view = session.view
    assert view is not None
    view.turn_to(2)
    for scope in ("document", "page", "document"):
        told = last(ask._on_ask(event_of(question="Who signs?", scope=scope), request_of("anna")))
    whole, page = sorted(view.asked, key=lambda one: one.part is not None)
    assert (whole.part, page.part, page.answer.text) == (None, 2, "Bela Jones")
    assert view.asked == [page, whole]  # what was asked last stands last
    shown = told[ask._answers]
    assert shown.count("Who signs?") == 2 and shown.count("Page 2 alone") == 1
    number, kept = view.document.id, set(view.asked)
    last(rooms.documents.open_kept(session, number))
    assert session.view is not None and set(session.view.asked) == kept
    session.close_view()


def test_the_only_page_of_a_document_is_the_document(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = WrittenEngine(lambda *_: SIGNERS[0], follows_grammar=False)
    monkeypatch.setattr("docvlm.pipeline.workspace.load_engine", lambda *_, **__: engine)
    session, (ask,) = _open(rooms, _contract(tmp_path / "letter.pdf", SIGNERS[:1])), _ask_panels(rooms)
    for scope in ("document", "page"):
        last(ask._on_ask(event_of(question="Who signs?", scope=scope), request_of("anna")))
    assert session.view is not None
    assert [one.part for one in session.view.asked] == [None]
    session.close_view()


def _contract(path: Path, signers: Sequence[str]) -> Path:
    with pymupdf.open() as document:
        for signer in signers:
            document.new_page().insert_text((72, 120), f"Signed: {signer}")
        document.save(path)
    return path


def _open(rooms: Rooms, path: Path) -> Session:
    session = rooms.desk.sessions.of(request_of("anna"))
    session.show(rooms.desk.open_view(session, rooms.desk.library(session).keep(path, path.name)))
    return session


def _ask_panels(rooms: Rooms) -> list[AskPanel]:
    return [panel for panel in rooms.desk._panels if isinstance(panel, AskPanel)]
