from __future__ import annotations

import threading
from pathlib import Path

import pytest

from docvlm.config import Settings
from docvlm.errors import ModelError, UsageError
from docvlm.models.protocol import Engine
from docvlm.pipeline import DocumentLabels, Workspace
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.incoming import Incoming, IncomingState
from docvlm.ui.jobs import JobKind
from docvlm.ui.sessions import MAX_SESSIONS, OpenView, Sessions

ANNA, BELA = "a" * 32, "b" * 32


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(Settings.from_environment({"DOCVLM_HOME": str(tmp_path)}))


def _open(workspace: Workspace, path: Path) -> OpenView:
    document = workspace.open(path)
    return OpenView(document, DocumentLabels(workspace.store, document.id))


def test_tabs_do_not_see_each_other(workspace: Workspace, samples: Path) -> None:
    sessions = Sessions()
    sessions.get(ANNA, "tab").show(_open(workspace, samples / "invoice.pdf"))
    assert sessions.get(ANNA, "other tab").view is None
    assert sessions.get(BELA, "tab").view is None  # a tab's name is no key to it
    view = sessions.get(ANNA, "tab").view
    assert view is not None
    view.close()


def test_tabs_that_are_unused_for_longest_are_closed(workspace: Workspace, samples: Path) -> None:
    sessions = Sessions()
    view = _open(workspace, samples / "invoice.pdf")
    sessions.get(ANNA, "old").show(view)
    for number in range(MAX_SESSIONS):
        sessions.get(ANNA, str(number))
    assert view.closing.is_set()
    with pytest.raises(UsageError):
        view.document.page(1)
    assert sessions.get(ANNA, "old").view is None


def test_tabs_for_which_something_is_done_are_closed_last() -> None:
    sessions = Sessions()
    asking, filing = sessions.get(ANNA, "asking"), sessions.get(ANNA, "filing")
    job = asking.jobs.begin(JobKind.ASK)
    filing.incoming = (Incoming("a.pdf", IncomingState.WORKING),)
    for number in range(MAX_SESSIONS):
        sessions.get(BELA, str(number))
    assert not job.is_set() and not filing.leaving.is_set()
    filing.incoming = ()
    sessions.get(BELA, "one more")
    assert not job.is_set() and filing.leaving.is_set()


def test_stopping_ends_work_of_its_kind_on_the_open_document_and_on_others(
    workspace: Workspace, samples: Path
) -> None:
    session = Sessions().get(ANNA, "tab")
    session.show(_open(workspace, samples / "invoice.pdf"))
    assert session.view is not None
    places = (session.view.jobs, session.jobs)
    asking = [jobs.begin(JobKind.ASK) for jobs in places]
    extracting = [jobs.begin(JobKind.EXTRACT) for jobs in places]
    session.stop(JobKind.EXTRACT)
    assert [one.is_set() for one in asking + extracting] == [False, False, True, True]
    session.stop(JobKind.ASK)
    assert all(one.is_set() for one in asking)
    later = [jobs.begin(kind) for jobs in places for kind in JobKind]
    assert not any(one.is_set() for one in later) and not session.view.closing.is_set()
    session.close()
    assert session.leaving.is_set() and all(one.is_set() for one in later)


def test_turning_stops_at_the_first_and_last_page(workspace: Workspace, samples: Path) -> None:
    view = _open(workspace, samples / "scanned-contract.pdf")
    view.turn_to(99)
    assert view.page_number == 2
    view.turn_to(-3)
    assert view.page_number == 1
    view.close()


def test_words_come_with_the_reading(workspace: Workspace, samples: Path) -> None:
    view = _open(workspace, samples / "invoice.pdf")
    picture = view.picture()
    assert picture.words is None
    assert view.thumbnail.startswith("data:image/jpeg")
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
