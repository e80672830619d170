"""What becomes of files that were put in, by callbacks that are called by hand."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from docvlm.ui.page import Rooms
from tests.ui.events import last, request_of

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
