"""What programs do with the model: real switches between tiny checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from docvlm.pipeline import Workspace
from docvlm.ui.page import Rooms
from tests.models.tiny_checkpoints import save_tiny_checkpoint
from tests.models.tiny_workspace import workspace_over
from tests.ui.events import called, request_from

HERE = request_from("anna")
AWAY = request_from("bela", client="192.168.1.9")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("checkpoints")
    return [save_tiny_checkpoint("idefics2", folder / name) for name in ("first", "second")]


@pytest.fixture
def workspace(tmp_path: Path, checkpoints: list[Path]) -> Iterator[Workspace]:
    with workspace_over(checkpoints[0], tmp_path / "home") as opened:
        yield opened


def _call(rooms: Rooms, call: str, request: gr.Request = HERE, **arguments: Any) -> Any:
    return called(rooms.tabs, call, request, **arguments)


def test_another_model_answers_for_everybody(rooms: Rooms, checkpoints: list[Path]) -> None:
    workspace = rooms.desk.workspace
    before = _call(rooms, "model", AWAY)
    assert before["model"] == "first" and before["state"]
    rooms.desk.loader.wait(60)
    loaded = _call(rooms, "model", AWAY)  # the first call had it loaded
    assert loaded["state"] == "ready" and loaded["revision"]
    told = _call(rooms, "model_use", name=str(checkpoints[1]))
    assert (told["model"], told["state"], told["adapter"]) == ("second", "ready", None)
    assert told["sees_pictures"] and told["revision"] == workspace.engine.card.revision
    assert workspace.settings.model == str(checkpoints[1])
    assert _call(rooms, "model", AWAY) == told and str(checkpoints[1].parent) not in str(told)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/nowhere/at/all", "There is no folder all"),
        ("~/nowhere", "There is no folder"),
        ("~nobody-of-this-name/x", "There is no folder"),
        ("/" + "x" * 300, "There is no folder"),
        ("x" * 401, "name of the model is too long"),
        ("http://127.0.0.1:9/v1#any", "model server 127.0.0.1 does not answer"),
        ("", "name of the model is no text"),
        (None, "name of the model is no text"),
    ],
)
def test_a_model_that_is_not_there_leaves_the_one_before(rooms: Rooms, name: Any, said: str) -> None:
    _call(rooms, "budget_use", budget="fast")
    with pytest.raises(gr.Error, match=said):
        _call(rooms, "model_use", name=name)
    assert rooms.desk.workspace.settings.model.endswith("first")
    assert rooms.desk.workspace.engine.card.name.endswith("first")


def test_pages_are_cut_by_another_budget(rooms: Rooms) -> None:
    assert _call(rooms, "budget_use", budget="Accurate")["budget"] == "accurate"
    assert _call(rooms, "budget_use", budget="7")["budget"] == "7" == rooms.desk.workspace.settings.budget
    for rubbish in ("huge", "0", "65", "-1"):
        with pytest.raises(gr.Error, match="budget"):
            _call(rooms, "budget_use", budget=rubbish)
    assert _call(rooms, "model")["budget"] == "7"


def test_only_the_person_at_the_machine_changes_the_model(rooms: Rooms, checkpoints: list[Path]) -> None:
    for call, arguments in (
        ("model_use", {"name": str(checkpoints[1])}),
        ("model_use", {"name": "/etc"}),
        ("budget_use", {"budget": "fast"}),
    ):
        with pytest.raises(gr.Error, match="Only the person at the machine"):
            _call(rooms, call, AWAY, **arguments)
    settings = rooms.desk.workspace.settings
    assert settings.model == str(checkpoints[0]) and settings.budget == "balanced"
