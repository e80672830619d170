from __future__ import annotations

import threading
from pathlib import Path

import pytest

from docvlm.config import Settings
from docvlm.errors import ModelError, UsageError
from docvlm.models.protocol import Engine
from docvlm.pipeline import Workspace
from docvlm.types import Box
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.sessions import MAX_SESSIONS, OpenView, Sessions


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(Settings.from_environment({"DOCVLM_HOME": str(tmp_path)}))


def _open(workspace: Workspace, path: Path) -> OpenView:
    return OpenView(workspace.open(path))


def test_tabs_do_not_see_each_other(workspace: Workspace, samples: Path) -> None:
    sessions = Sessions()
    sessions.get("a").show(_open(workspace, samples / "invoice.pdf"))
    assert sessions.get("b").view is None
    assert sessions.get("a").view is not None
    sessions.end("a")


def test_leaving_stops_the_work_and_closes_the_document(workspace: Workspace, samples: Path) -> None:
    sessions = Sessions()
    view = _open(workspace, samples / "invoice.pdf")
    sessions.get("a").show(view)
    sessions.end("a")
    assert view.cancel.is_set()
    with pytest.raises(UsageError):
        view.document.page(1)
    assert sessions.get("a").view is None


def test_tabs_that_are_unused_for_longest_are_closed(workspace: Workspace, samples: Path) -> None:
    sessions = Sessions()
    view = _open(workspace, samples / "invoice.pdf")
    sessions.get("old").show(view)
    for number in range(MAX_SESSIONS):
        sessions.get(str(number))
    assert view.cancel.is_set()
    assert sessions.get("old").view is None


def test_evidence_is_shown_on_its_own_page_only(workspace: Workspace, samples: Path) -> None:
    view = _open(workspace, samples / "scanned-contract.pdf")
    box = Box(1, 2, 3, 4)
    view.light("answer:0", 2, (box,))
    assert (view.page_number, view.evidence) == (2, (box,))
    view.turn_to(1)
    elsewhere = view.evidence
    assert elsewhere == ()
    view.turn_to(99)
    assert (view.page_number, view.evidence) == (2, (box,))
    view.close()


def test_words_come_with_the_reading(workspace: Workspace, samples: Path) -> None:
    view = _open(workspace, samples / "invoice.pdf")
    picture = view.picture()
    assert picture.words is None
    read = view.picture_with_words()
    assert read.words is not None and "INVOICE" in {word.text for word in read.words}
    assert read.image_uri == picture.image_uri
    assert view.picture() is read
    view.close()


def test_loading_is_tried_again_after_a_failure_only() -> None:
    loader = EngineLoader()
    attempts: list[threading.Thread] = []

    def fail() -> Engine:
        attempts.append(threading.current_thread())
        raise ModelError("There is no model.", "Fetch it.")

    for _ in range(2):
        loader.start(fail)
        assert loader.wait(10)
        assert str(loader.failure) == "There is no model. Fetch it."
    assert len(attempts) == 2
    assert loader.card is None


def test_what_nobody_foresaw_becomes_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    loader = EngineLoader()

    def crash() -> Engine:
        raise ZeroDivisionError

    loader.start(crash)
    assert loader.wait(10)
    assert loader.failure is not None
    assert "ZeroDivisionError" in loader.failure.message
    assert "Traceback" in caplog.text
