"""What a document was asked, and that answers about a box, a page and the whole of it stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unittest.mock import Mock

import pymupdf
import pytest

from docvlm.errors import Cancelled, UsageError
from docvlm.pipeline import Region
from docvlm.types import Answer, Box, RunInfo
from docvlm.ui.ask_panel import AskPanel
from docvlm.ui.conversation import Asked, conversation_of
from docvlm.ui.extract_panel import ExtractPanel
from docvlm.ui.incoming import Incoming, IncomingState
from docvlm.ui.jobs import JobKind
from docvlm.ui.label_panel import LabelPanel
from docvlm.ui.page import Rooms
from docvlm.ui.sessions import KEPT_GROUPS, Session
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


def _signers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that knows who signed a page."""

    def write(page: str, _: str) -> str:
        return next(name for name in SIGNERS if name in page)

    engine = WrittenEngine(write, follows_grammar=False)
    monkeypatch.setattr("docvlm.pipeline.workspace.load_engine", lambda *_, **__: engine)


def _tick(rooms: Rooms, *paths: Path) -> Session:
    """Keep files and tick their documents; none is open."""
    session = rooms.desk.sessions.of(request_of("anna"))
    for path in paths:
        view = rooms.desk.open_view(session, rooms.desk.library(session).keep(path, path.name))
        session.selected.add(view.document.id)
        view.close()
    return session


def _two_ticked(rooms: Rooms, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Session, AskPanel]:
    """A tab with two contracts ticked, and where they are asked."""
    _signers(monkeypatch)
    files = [_contract(folder / f"{n}.pdf", SIGNERS[n : n + 1]) for n in range(2)]
    session, (ask,) = _tick(rooms, *files), _ask_panels(rooms)
    return session, ask


def _ask_ticked(ask: AskPanel, question: str) -> str:
    told = last(ask._on_ask(event_of(question=question, scope="selected"), request_of("anna")))
    return str(told[ask._answers])


def test_questions_about_several_documents_stand_below_one_another(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, ask = _two_ticked(rooms, tmp_path, monkeypatch)
    _ask_ticked(ask, "Who <signs>?")
    asking = ask._on_ask(event_of(question="Who signs here?", scope="selected"), request_of("anna"))
    streamed = [str(update[ask._answers]) for update in asking if ask._answers in update]
    assert all("Who &lt;signs&gt;?" in html and "Anna Smith" in html for html in streamed)
    first, second = streamed[-1].split("Who signs here?</p>")
    for part in (first, second):
        assert part.index("Anna Smith") < part.index("Bela Jones")
    assert "Back to the open document" in second and "Back to" not in first
    assert second.count("pending") == 0

    elsewhere = request_of("anna", "other tab")
    assert rooms.desk.sessions.of(elsewhere).groups == ()
    for number in range(KEPT_GROUPS):
        _ask_ticked(ask, f"Who signs, {number}?")
    shown = _ask_ticked(ask, "Who, at last?")
    assert len(session.groups) == KEPT_GROUPS
    assert "Who signs here?" not in shown and shown.index("Who signs, 1?") < shown.index("Who, at last?")
    session.close()
    assert session.groups == ()


def test_a_question_about_ticked_documents_is_not_asked_of_the_open_one(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _signers(monkeypatch)
    session, (ask,) = _open(rooms, _contract(tmp_path / "0.pdf", SIGNERS[:1])), _ask_panels(rooms)
    shown = _ask_ticked(ask, "Who signs?")
    assert "No document is ticked. <span>Tick some" in shown and "Anna Smith" not in shown
    assert session.view is not None and session.view.asked == []
    session.close_view()


@pytest.mark.parametrize("opens_another", [False, True])
def test_what_stops_a_question_about_several_documents_leaves_the_earlier_ones(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opens_another: bool
) -> None:
    session, ask = _two_ticked(rooms, tmp_path, monkeypatch)
    _ask_ticked(ask, "Who signs?")
    told = {}
    for update in ask._on_ask(event_of(question="Who else?", scope="selected"), request_of("anna")):
        told |= update
        if opens_another and session.view is None:
            told |= last(rooms.documents.open_kept(session, min(session.selected)))
            assert told[ask._composer]["busy"], "its Stop is still there"
        ask._stop(request_of("anna"))
    assert "Who signs?" in told[ask._answers] and "Stopped." in told[ask._answers]
    assert "Who else?" not in told[ask._answers] and told[ask._composer]["busy"] is False
    assert [group.question for group in session.groups] == ["Who signs?"]
    session.close_view()


@pytest.mark.parametrize(
    ("failure", "end"), [(Cancelled(), "Stopped."), (ValueError("no"), "Something went wrong (ValueError).")]
)
def test_what_was_answered_of_several_documents_stays_where_the_rest_is_not(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, end: str
) -> None:
    def write(page: str, _: str) -> str:
        if "Bela" in page:
            raise failure
        return SIGNERS[0]

    session, ask = _two_ticked(rooms, tmp_path, monkeypatch)
    engine = WrittenEngine(write, follows_grammar=False)
    monkeypatch.setattr("docvlm.pipeline.workspace.load_engine", lambda *_, **__: engine)
    shown = _ask_ticked(ask, "Who signs?")
    assert "Anna Smith" in shown and end in shown
    (group,) = session.groups
    assert "Anna Smith" in group.cards and len(group.files) == 1


def test_an_answer_stays_where_the_question_is_asked_again_and_stopped(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _signers(monkeypatch)
    session, (ask,) = _open(rooms, _contract(tmp_path / "0.pdf", SIGNERS[:1])), _ask_panels(rooms)
    assert session.view is not None
    session.view.add_answer(Answer("Who signs?", "Anna Smith", 0.9, 1, PLACE))
    told = {}
    for update in ask._on_ask(event_of(question="Who signs?"), request_of("anna")):
        told |= update
        ask._stop(request_of("anna"))
    assert "Anna Smith" in told[ask._answers] and "Stopped." in told[ask._answers]
    assert [answer.text for answer in session.view.answers] == ["Anna Smith"]
    session.close_view()


def test_the_button_that_stops_a_reply_stays_while_something_else_is_shown(
    rooms: Rooms, samples: Path
) -> None:
    session = _open(rooms, samples / "invoice.pdf")
    (panel,) = _ask_panels(rooms)
    assert session.view is not None
    cancel = session.view.jobs.begin(JobKind.ASK)
    assert panel.show(session)[panel._composer]["busy"]
    cancel.set()
    assert not panel.show(session)[panel._composer]["busy"]
    other = session.view.jobs.begin(JobKind.ASK)
    del other  # as when a reply is over
    assert not panel.show(session)[panel._composer]["busy"]
    session.close_view()


def test_after_a_model_that_could_not_be_loaded_there_is_no_reply_to_stop(
    rooms: Rooms, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Mock(side_effect=UsageError("There is no such model.", "Choose another one."))
    monkeypatch.setattr("docvlm.pipeline.workspace.load_engine", failed)
    session, (panel,) = _open(rooms, samples / "invoice.pdf"), _ask_panels(rooms)
    told = last(panel._on_ask(event_of(question="Who sells?"), request_of("anna")))
    assert "no such model" in told[panel._answers]
    (label,) = [panel for panel in rooms.desk._panels if isinstance(panel, LabelPanel)]
    last(label._ask(event_of(question="Who buys?"), request_of("anna")))
    assert not panel.show(session)[panel._composer]["busy"], "though the failure is kept, to be told again"
    session.close_view()


def test_answers_of_a_document_go_with_it(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, ask = _two_ticked(rooms, tmp_path, monkeypatch)
    both = sorted(session.selected)
    assert "Bela Jones" in _ask_ticked(ask, "Who signs?")
    session.selected = {both[0]}
    _ask_ticked(ask, "Who signs first?")
    updates = rooms.documents.delete(session, both[1])
    assert "Bela Jones" not in updates[ask._answers]
    assert [group.question for group in session.groups] == ["Who signs first?"]
    rooms.desk.library(session).delete(rooms.desk.workspace.store, both[0])  # as another tab does
    added = _tick(rooms, _contract(tmp_path / "2.pdf", SIGNERS[1:]))
    assert added is session
    shown = _ask_ticked(ask, "Who signs now?")
    assert "Anna Smith" not in shown and "Bela Jones" in shown


def test_keeping_an_answer_of_a_document_that_was_deleted_elsewhere_is_told(
    rooms: Rooms, tmp_path: Path
) -> None:
    session, (ask,) = _open(rooms, _contract(tmp_path / "0.pdf", SIGNERS[:1])), _ask_panels(rooms)
    assert session.view is not None
    session.view.add_answer(Answer("Who signs?", "Anna Smith", 0.9, 1, PLACE))
    rooms.desk.library(session).delete(rooms.desk.workspace.store, session.view.document.id)
    shown = last(ask._choose(event_of(choice="right:0"), request_of("anna")))[ask._answers]
    assert "Anna Smith" in shown and "not in the database" in shown
    session.close_view()


def _locked(path: Path) -> Path:
    with pymupdf.open(_contract(path.with_name("open.pdf"), SIGNERS[:1])) as document:
        options = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "sesame", "owner_pw": "y"}
        document.save(path, **options)
    return path


def test_a_password_opens_its_document_again_in_the_same_tab_alone(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _signers(monkeypatch)
    (ask,) = _ask_panels(rooms)
    (extract,) = [panel for panel in rooms.desk._panels if isinstance(panel, ExtractPanel)]
    session = _tick(rooms, _contract(tmp_path / "plain.pdf", SIGNERS[1:]))
    file = rooms.desk.library(session).keep(_locked(tmp_path / "locked.pdf"), "locked.pdf")
    session.incoming = (Incoming("locked.pdf", IncomingState.LOCKED, "", file),)
    for password in ("wrong", "sesame"):
        unlock = event_of(form="unlock:0", password=password)
        told = last(rooms.documents._unlock(unlock, request_of("anna")))
    assert session.view is not None and session.view.name == "locked.pdf"
    number = session.view.document.id
    session.close_view()
    session.selected.add(number)

    shown = _ask_ticked(ask, "Who signs?")
    assert "Anna Smith" in shown and "Bela Jones" in shown and "password" not in shown
    told |= last(extract._on_extract(event_of(scope="selected"), request_of("anna")))
    assert "password" not in told[extract._notice] and "locked.pdf" in told[extract._results]
    last(rooms.documents.open_kept(session, number))
    assert session.view is not None and session.view.document.id == number
    session.close_view()

    other = rooms.desk.sessions.of(request_of("anna", "other tab"))
    last(rooms.documents.open_kept(other, number))
    assert other.view is None and other.passwords == {}
    home = rooms.desk.workspace.settings.home
    assert not any(b"sesame" in kept.read_bytes() for kept in home.rglob("*") if kept.is_file())
    assert not any("sesame" in text for text in (repr(session), str(told), shown, caplog.text))
    rooms.documents.delete(session, number)
    assert session.passwords == {}


def test_a_password_ends_with_the_tab(rooms: Rooms, tmp_path: Path) -> None:
    session = rooms.desk.sessions.of(request_of("anna"))
    file = rooms.desk.library(session).keep(_locked(tmp_path / "locked.pdf"), "locked.pdf")
    rooms.desk.open_view(session, file, "sesame").close()
    assert set(session.passwords.values()) == {"sesame"}
    rooms.desk.sessions.end(request_of("anna"))
    assert session.passwords == {}


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


def test_a_question_asked_while_the_page_is_shown_keeps_its_stop(rooms: Rooms) -> None:
    """What was drawn before it was asked may arrive after it."""
    (ask,) = _ask_panels(rooms)
    session, busy, jobs = rooms.desk.sessions.of(request_of("anna")), [], []
    for updates in rooms.documents._open_sample(event_of(choice="sample:invoice.pdf"), request_of("anna")):
        if ask._composer in updates:
            busy.append(updates[ask._composer]["busy"])
            if len(busy) == 2:  # the page has just been read
                assert session.view is not None
                jobs.append(session.view.jobs.begin(JobKind.ASK))
    assert busy == [False, False, True]
    session.close_view()
