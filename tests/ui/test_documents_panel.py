"""What becomes of files that were put in, by callbacks that are called by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pymupdf
import pytest

from docvlm.reading import READER_VERSION
from docvlm.ui.incoming import IncomingState
from docvlm.ui.page import Rooms
from docvlm.ui.sessions import MAX_SESSIONS
from tests.ui.events import event_of, last, request_of

ANNA = request_of("anna")


def _letter(path: Path, pages: int = 1) -> Path:
    with pymupdf.open() as document:
        for number in range(pages):
            document.new_page().insert_text((72, 120), f"Page {number} of {path.stem}")
        document.save(path)
    return path


def _keep(rooms: Rooms, path: Path) -> int:
    """Put a file into the library; the document's number."""
    session = rooms.desk.sessions.of(ANNA)
    view = rooms.desk.open_view(session, rooms.desk.library(session).keep(path, path.name))
    view.close()
    return view.document.id


@pytest.mark.parametrize("what", ["another is opened", "it is deleted"])
def test_a_reading_that_was_ended_is_no_longer_shown(rooms: Rooms, tmp_path: Path, what: str) -> None:
    session = rooms.desk.sessions.of(ANNA)
    first, second = (_keep(rooms, _letter(tmp_path / name, pages=3)) for name in ("a.pdf", "b.pdf"))
    reading = rooms.documents.open_kept(session, first)
    while not (session.incoming and "Reading page" in session.incoming[0].line):
        next(reading)
    if what == "it is deleted":
        rooms.documents.delete(session, first)
    else:
        last(rooms.documents.open_kept(session, second))
    shown = last(reading)[rooms.documents._incoming]
    assert shown == "", "nothing is left that spins"
    session.close_view()


@pytest.mark.parametrize("way", ["kept", "sample", "unlocked", "put in", "put in behind a locked one"])
def test_of_two_documents_the_one_that_was_asked_for_last_is_shown(
    rooms: Rooms, tmp_path: Path, way: str
) -> None:
    session, documents = rooms.desk.sessions.of(ANNA), rooms.documents
    first, second = (_keep(rooms, _letter(tmp_path / name, pages=2)) for name in ("a.pdf", "b.pdf"))
    if way == "kept":
        slow = documents.open_kept(session, first)
    elif way == "sample":
        slow = documents._open_sample(event_of(choice="sample:invoice.pdf"), ANNA)
    elif way == "unlocked":
        _put_in(rooms, _locked(tmp_path / "locked.pdf"))
        slow = documents._unlock(event_of(form="unlock:0", password="sesame"), ANNA)
    else:
        files = [_letter(tmp_path / "c.pdf"), _letter(tmp_path / "d.pdf")]
        if way == "put in behind a locked one":
            files.insert(0, _locked(tmp_path / "locked.pdf"))
        slow = documents._take_in([str(path) for path in files], ANNA)
    updates = next(slow)
    last(documents.open_kept(session, second))
    view = session.view
    assert view is not None and view.document.id == second
    for more in slow:
        updates |= more
    assert session.view is view and not view.closing.is_set()
    assert rooms.desk.page.view not in updates, "nothing is drawn over what is shown"
    store, name = rooms.desk.workspace.store, session.incoming[-2].name
    (other,) = [record for record in store.list_documents() if record.name == name]
    assert len(store.pages_read(other.id, READER_VERSION)) == other.page_count, "it is read all the same"
    assert name in updates[documents.list]
    session.close_view()


def test_of_files_that_are_put_in_together_each_is_listed_before_the_next_is_read(
    rooms: Rooms, tmp_path: Path
) -> None:
    session, documents = rooms.desk.sessions.of(ANNA), rooms.documents
    files = [_letter(tmp_path / f"{name}.pdf") for name in "abc"]
    begun = []
    for update in documents._take_in([str(path) for path in files], ANNA):
        waiting = [file.name for file in session.incoming if file.state is IncomingState.WAITING]
        if documents.list in update and (not begun or waiting != begun[-1]):
            begun.append(waiting)
    assert begun == [["b.pdf", "c.pdf"], ["c.pdf"], []]
    session.close_view()


@pytest.mark.parametrize("is_shown", [True, False])
def test_a_tick_while_the_strip_is_on_its_way_is_drawn_behind_it(
    rooms: Rooms, tmp_path: Path, is_shown: bool
) -> None:
    """The page keeps what is sent last: the strip without the tick, drawn before and sent after."""
    session, documents = rooms.desk.sessions.of(ANNA), rooms.documents
    files = [_letter(tmp_path / f"{name}.pdf") for name in "ab"]
    ticked = _keep(rooms, _letter(tmp_path / "ticked.pdf"))
    opening = documents._take_in([str(path) for path in files[: 1 if is_shown else 2]], ANNA)
    of_last = len(files) if not is_shown else 1
    strips: list[str] = []
    for update in opening:
        if documents.list in update:
            strips.append(update[documents.list])
            if len(strips) == of_last and not session.selected:
                session.selected.add(ticked)
    assert "selected" not in strips[of_last - 1]
    assert "1 selected" in strips[-1]
    session.close_view()


def test_the_strip_counts_every_tick_and_says_where_the_others_are(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docvlm.ui.documents_panel.LISTED_DOCUMENTS", 2)
    session, documents = rooms.desk.sessions.of(ANNA), rooms.documents
    for name in "ab":
        session.selected.add(_keep(rooms, _letter(tmp_path / f"{name}.pdf")))
    assert "under Library" not in documents.listed(session)[documents.list]
    session.selected.add(_keep(rooms, _letter(tmp_path / "c.pdf")))
    shown = documents.listed(session)[documents.list]
    assert shown.count("data-choice-toggle") == 2 and "3 selected" in shown
    assert "The latest 2. All are under Library." in shown


def _locked(path: Path) -> Path:
    with pymupdf.open() as document:
        document.new_page()
        options = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "sesame", "owner_pw": "y"}
        document.save(path, **options)
    return path


def _put_in(rooms: Rooms, path: Path) -> None:
    """Put a copy in, because an upload is moved."""
    upload = path.parent / "upload" / path.name
    upload.parent.mkdir(exist_ok=True)
    shutil.copyfile(path, upload)
    last(rooms.documents._take_in([str(upload)], ANNA))


def _kept(rooms: Rooms) -> list[str]:
    return [file.name for file in rooms.desk.library(rooms.desk.sessions.of(ANNA)).files()]


@pytest.mark.parametrize("end", ["dismissed", "another is put in", "tab closed", "tab unused for long"])
def test_a_file_that_nobody_unlocked_is_not_kept(rooms: Rooms, tmp_path: Path, end: str) -> None:
    session = rooms.desk.sessions.of(ANNA)
    _put_in(rooms, _locked(tmp_path / "locked.pdf"))
    assert [entry.state for entry in session.incoming] == [IncomingState.LOCKED]
    assert len(_kept(rooms)) == 1
    if end == "dismissed":
        rooms.documents._dismiss(ANNA)
    elif end == "another is put in":
        _put_in(rooms, _letter(tmp_path / "letter.pdf"))
    elif end == "tab closed":
        rooms.desk.sessions.end(ANNA)
    else:
        for number in range(MAX_SESSIONS):
            rooms.desk.sessions.of(request_of("bela", str(number)))
    session.close_view()
    library, store = rooms.desk.library(session), rooms.desk.workspace.store
    assert [file.name for file in library.files()] == [record.sha256 for record in library.documents(store)]


def test_a_locked_file_that_is_a_known_document_stays(rooms: Rooms, tmp_path: Path) -> None:
    session, path = rooms.desk.sessions.of(ANNA), _locked(tmp_path / "locked.pdf")
    _put_in(rooms, path)
    (waiting,) = session.incoming
    last(rooms.documents._unlock(event_of(form="unlock:0", password="sesame"), ANNA))
    assert session.view is not None
    session.incoming = (waiting,)  # as in another tab of the same person
    rooms.documents._dismiss(ANNA)
    assert len(_kept(rooms)) == 1
    session.close_view()
