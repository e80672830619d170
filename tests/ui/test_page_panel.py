"""The page is shown at once, also while a model is loaded that cuts pages in its own way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from docvlm.config import Settings
from docvlm.errors import ModelError
from docvlm.models.protocol import Engine
from docvlm.pipeline import Workspace
from docvlm.ui.page import Rooms
from tests.engines import WrittenEngine
from tests.ui.events import event_of, last, request_of

SECONDS = 60


class Loading:
    """A model that is being loaded until ``end`` is called."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._failure: ModelError | None = None

    def end(self, failure: ModelError | None = None) -> None:
        self._failure = failure
        self._over.set()

    def __call__(self, *_names: Any, **_options: Any) -> Engine:
        assert self._over.wait(2 * SECONDS)
        if self._failure is not None:
            raise self._failure
        return WrittenEngine(lambda _page, _prompt: "x")


@pytest.fixture
def loading(monkeypatch: pytest.MonkeyPatch) -> Loading:
    made = Loading()
    monkeypatch.setattr("docvlm.pipeline.workspace.load_engine", made)
    return made


@pytest.fixture
def workspace(tmp_path: Path, loading: Loading) -> Iterator[Workspace]:
    settings = Settings.from_environment({"DOCVLM_HOME": str(tmp_path / "home")})
    with Workspace(replace(settings, model="some/model")) as opened:
        yield opened
        loading.end()  # closing waits for whoever loads


def _click_sample(rooms: Rooms) -> dict[Any, Any]:
    """All that a click on a sample has brought, within the time that a person has patience."""
    rooms.models._loader.start(lambda: rooms.desk.workspace.engine)
    said: dict[Any, Any] = {}
    opening = rooms.documents._open_sample(event_of(choice="sample:invoice.pdf"), request_of("anna"))
    work = threading.Thread(target=lambda: said.update(last(opening)), daemon=True)
    work.start()
    work.join(SECONDS)
    assert not work.is_alive(), "the click waits for the model"
    return said


def _tick(rooms: Rooms) -> dict[Any, Any]:
    assert rooms.models._loader.wait(SECONDS)
    return last(rooms.desk.page._follow(request_of("anna")))


def test_a_click_on_a_sample_does_not_wait_for_the_model(rooms: Rooms, loading: Loading) -> None:
    page = rooms.desk.page
    said = _click_sample(rooms)
    assert said[page.view]["image"] and said[page.view]["words"] and not said[page.view]["problem"]
    assert said[page.view]["tiles"] == [] and said[page._clock].active
    loading.end()
    later = _tick(rooms)
    assert len(later[page.view]["tiles"]) > 1 and later[page.view]["words"]
    assert not later[page._clock].active


def test_the_inspector_does_not_wait_for_the_model(rooms: Rooms) -> None:
    page = rooms.desk.page
    _click_sample(rooms)
    assert last(page._act(event_of(choice="inspect:"), request_of("anna"))) == {page.inspector: ""}


def test_a_page_is_shown_where_the_model_cannot_be_loaded(rooms: Rooms, loading: Loading) -> None:
    page = rooms.desk.page
    loading.end(ModelError("There is no such model."))
    shown = _click_sample(rooms)[page.view]
    assert shown["image"] and not shown["problem"]
    assert not _tick(rooms)[page._clock].active
