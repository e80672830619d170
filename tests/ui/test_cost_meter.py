"""Whose cost is measured, also where another model takes its place meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
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


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace whose models are made by their names."""

    def load(name: str, *_rest: Any, **_options: Any) -> NamedEngine:
        return NamedEngine(name)

    monkeypatch.setattr("docvlm.pipeline.workspace.load_engine", load)
    home = tmp_path / "home"
    with Workspace(Settings(home, f"sqlite:///{home / 'd.sqlite'}", model="first")) as opened:
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
