"""A document of many windows that is stopped midway goes on where it was."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pymupdf
import pytest

from docvlm import ingest
from docvlm.config import Settings
from docvlm.pipeline import OpenDocument
from docvlm.pipeline.ask import ASKED_WINDOWS
from docvlm.pipeline.extract import WindowDone
from docvlm.schemas import load_schema
from docvlm.store import Store
from tests.engines import WrittenEngine

PAGES = 4
SCHEMA = load_schema("total:amount")


def write(page: str, prompt: str) -> str:
    amount = page.split()[-1]
    return f"total: {amount}\n" if prompt.startswith("Find") else f" {amount}\n"


class Desk:
    """A document of ``PAGES`` pages in a store, and an engine that counts what it is asked."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "long.pdf"
        with pymupdf.open() as document:
            for number in range(PAGES):
                document.new_page(width=300, height=200).insert_text((30, 50), f"Total {number}.50")
            document.save(self.path)
        self.store = Store.open(f"sqlite:///{folder / 'docvlm.sqlite'}")
        self.engine = WrittenEngine(write, probability=0.5)  # unsure, so that a question goes on

    def open(self) -> OpenDocument:
        settings = Settings(self.path.parent, "", model="written")
        return OpenDocument(
            ingest.open_document(self.path), str(self.path), lambda: settings, self.store, lambda: self.engine
        )

    def stop_after(self, windows: int) -> None:
        """Extract until so many windows are done."""
        with self.open() as document:
            events = document.extract_stream(SCHEMA)
            assert isinstance(events, Generator)
            for event in events:
                if isinstance(event, WindowDone) and event.done == windows:
                    events.close()

    def asked(self) -> int:
        """How often the engine was asked since the last call."""
        count = len(self.engine.requests)
        self.engine.requests.clear()
        return count


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_windows_that_were_done_are_not_asked_again(desk: Desk, tmp_path: Path) -> None:
    desk.stop_after(3)
    assert desk.asked() == 3
    with desk.open() as document:
        resumed = document.extract(SCHEMA)
    assert desk.asked() == PAGES - 3
    other = tmp_path / "other"
    other.mkdir()
    with Desk(other).open() as document:
        assert document.extract(SCHEMA) == resumed


def test_another_schema_is_asked_in_full(desk: Desk) -> None:
    desk.stop_after(3)
    desk.asked()
    with desk.open() as document:
        document.extract("sum:amount")
    assert desk.asked() == PAGES


def test_asking_anew_asks_every_window(desk: Desk) -> None:
    desk.stop_after(3)
    desk.asked()
    with desk.open() as document:
        document.extract(SCHEMA, fresh=True)
        assert desk.asked() == PAGES
        document.extract(SCHEMA, fresh=True)
    assert desk.asked() == PAGES


def test_a_question_goes_on_as_well(desk: Desk) -> None:
    with desk.open() as document:
        events = document.ask_stream("Which total?")
        assert isinstance(events, Generator)
        while len(desk.engine.requests) < 2:
            next(events)
        events.close()
        desk.asked()
        document.ask("Which total?")
    assert desk.asked() == ASKED_WINDOWS - 1, "the window that was read in full was asked again"
