"""Whose cost is measured, also where another model takes its place meanwhile."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from docvlm.config import Settings
from docvlm.errors import ModelError
from docvlm.models.protocol import EngineCard
from docvlm.pipeline import Workspace
from docvlm.ui.cost_meter import CostMeter
from tests.engines import WrittenEngine


class NamedEngine(WrittenEngine):
    """Says nothing, under a name of its own; "broken" fails."""

    def __init__(self, name: str) -> None:
        super().__init__(self._reply)
        self._name = name

    @property
    def card(self) -> EngineCard:
        return EngineCard(self._name, "1", sees_pixels=False)

    def _reply(self, _page: str, _prompt: str) -> str:
        if self._name == "broken":
            raise ModelError("It is broken.")
        return "x"


def _opened(home: Path) -> Workspace:
    return Workspace(Settings(home, f"sqlite:///{home / 'd.sqlite'}", model="first"))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace whose models are made by their names."""

    def load(name: str, *_rest: Any, **_options: Any) -> NamedEngine:
        return NamedEngine(name)

    monkeypatch.setattr("docvlm.pipeline.workspace.load_engine", load)
    with _opened(tmp_path / "home") as opened:
        yield opened


def _wait_for(what: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never came to an end"
        threading.Event().wait(0.01)


def _measured(meter: CostMeter) -> bool:
    return meter._thread is not None and not meter._thread.is_alive()


def test_the_cost_is_booked_to_the_model_that_was_measured(workspace: Workspace) -> None:
    first = workspace.engine.card
    workspace.use_model("second")  # the page does not know of it yet
    second = workspace.engine.card
    meter = CostMeter(workspace)
    assert meter.cost(first) is None
    _wait_for(lambda: _measured(meter))
    assert meter.cost(second) is not None
    assert meter.cost(first) is None


def test_a_failure_is_not_booked_to_the_model_before(workspace: Workspace) -> None:
    first = workspace.engine.card
    workspace.use_model("broken")
    meter = CostMeter(workspace)
    meter.cost(first)
    _wait_for(lambda: _measured(meter))
    assert meter.failure(first) == ""
    meter.cost(workspace.engine.card)
    _wait_for(lambda: _measured(meter))
    assert meter.failure(workspace.engine.card) == "It is broken."


def _measure(workspace: Workspace) -> CostMeter:
    meter = CostMeter(workspace)
    assert meter.cost(workspace.engine.card) is None
    _wait_for(lambda: _measured(meter))
    return meter


def test_what_was_measured_is_known_at_the_next_start(workspace: Workspace) -> None:
    assert CostMeter(workspace).kept() == []
    measured = _measure(workspace).cost(workspace.engine.card)
    workspace.use_model("second")
    _measure(workspace)
    workspace.close()
    with _opened(workspace.settings.home) as fresh:
        known = {kept.name: kept for kept in CostMeter(fresh).kept()}
        assert set(known) == {"first", "second"}
        first = known["first"]
        assert measured is not None and first.revision == "1"
        assert first.extraction_seconds == pytest.approx(measured.extraction_seconds, abs=0.001)
        assert first.question_seconds == pytest.approx(measured.question_seconds, abs=0.001)
        assert timedelta(0) <= datetime.now(UTC) - first.moment < timedelta(hours=1)
        again = _measure(fresh)
        assert len(again.kept()) == 2, "measured again, it takes its own place"


_WHOLE = {
    "name": "old",
    "revision": "1",
    "extraction_seconds": 1.0,
    "question_seconds": 0.5,
    "measured": "2026-03-04T12:00:00+00:00",
}


def _file_of(**otherwise: object) -> bytes:
    return json.dumps({"format": 1, "costs": [_WHOLE | otherwise]}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe{",
        _file_of()[:-20],
        b"[" * 100_000,
        b"[]",
        json.dumps({"format": 0, "costs": [_WHOLE]}).encode(),
        _file_of(name=7),
        _file_of(question_seconds=float("nan")),
        _file_of(question_seconds="0.5"),
        _file_of(measured="yesterday"),
        _file_of(measured="2026-03-04"),
        _file_of(unheard="of"),
    ],
)
def test_a_damaged_or_older_file_is_ignored_and_replaced(workspace: Workspace, content: bytes) -> None:
    file = workspace.settings.prepare_home() / "page-costs.json"
    file.write_bytes(_file_of())
    assert [kept.name for kept in CostMeter(workspace).kept()] == ["old"]
    file.write_bytes(content)
    assert CostMeter(workspace).kept() == []
    assert [kept.name for kept in _measure(workspace).kept()] == ["first"]
    assert file.read_bytes() != content


def test_a_cost_that_cannot_be_kept_is_known_all_the_same(workspace: Workspace) -> None:
    (workspace.settings.prepare_home() / "page-costs.json").mkdir()
    meter = _measure(workspace)
    assert meter.cost(workspace.engine.card) is not None and meter.failure(workspace.engine.card) == ""
