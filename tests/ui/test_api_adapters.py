"""What programs do with adapters: real switches over a tiny checkpoint."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from docvlm.adapters import AdapterCard, Figure
from docvlm.pipeline import Workspace
from docvlm.ui.page import Rooms
from tests.adapters.folders import save_adapter, save_trained_adapter
from tests.models.tiny_checkpoints import save_tiny_checkpoint
from tests.models.tiny_workspace import workspace_over
from tests.ui.events import called, request_from

HERE = request_from("anna")
AWAY = request_from("bela", client="192.168.1.9")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_checkpoint("idefics2", tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture
def workspace(tmp_path: Path, checkpoint: Path) -> Iterator[Workspace]:
    with workspace_over(checkpoint, tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def shelf(workspace: Workspace, checkpoint: Path) -> Path:
    """An adapter that fits the model, and one of another."""
    base = workspace.engine.card
    figures = (Figure("field_exact", 0.5, 0.9),)
    card = AdapterCard(
        "receipts",
        str(checkpoint),
        base.base_revision,
        base.tiling("balanced"),
        documents=20,
        figures=figures,
        promoted=True,
    )
    save_trained_adapter(checkpoint, workspace.settings.adapters / "receipts", card)
    stranger = AdapterCard("stranger", "some/other", "other")
    save_adapter(workspace.settings.adapters / "stranger", stranger)
    return workspace.settings.adapters


def _call(rooms: Rooms, call: str, request: gr.Request = HERE, **arguments: Any) -> Any:
    return called(rooms.tabs, call, request, **arguments)


def test_adapters_are_listed_used_and_discarded(rooms: Rooms, shelf: Path, checkpoint: Path) -> None:
    workspace = rooms.desk.workspace
    told = _call(rooms, "adapters", AWAY)
    receipts, stranger = told["adapters"]
    assert told["model"] == checkpoint.name and told["in_use"] is None
    assert (receipts["name"], receipts["fits"], receipts["won"], receipts["documents"]) == (
        "receipts",
        True,
        True,
        20,
    )
    assert receipts["figures"] == [{"name": "field_exact", "before": 0.5, "after": 0.9}]
    assert not stranger["fits"] and str(checkpoint.parent) not in str(told)

    used = _call(rooms, "adapter_use", name="receipts")
    assert used["in_use"] == "receipts" and used["adapters"][0]["in_use"]
    assert Path(str(workspace.engine.card.adapter)).name == "receipts"
    assert workspace.adapters.active(str(checkpoint)) == "receipts"

    with pytest.raises(gr.Error, match="'some/other'"):
        _call(rooms, "adapter_use", name="stranger")
    assert _call(rooms, "adapters")["in_use"] == "receipts"  # it goes on answering

    assert _call(rooms, "adapter_use", name="none")["in_use"] is None
    assert workspace.engine.card.adapter is None and workspace.adapters.active(str(checkpoint)) is None

    _call(rooms, "adapter_use", name="receipts")
    left = _call(rooms, "adapter_discard", name="receipts")
    assert left["in_use"] is None and [each["name"] for each in left["adapters"]] == ["stranger"]
    assert workspace.engine.card.adapter is None
    assert _call(rooms, "adapter_discard", name="stranger")["adapters"] == []


def test_an_adapter_is_taken_along_and_put_on_a_shelf_again(
    rooms: Rooms, shelf: Path, tmp_path: Path
) -> None:
    taken = _call(rooms, "adapter_export", name="receipts")
    content = base64.b64decode(taken["file"].removeprefix("data:application/zip;base64,"), validate=True)
    assert taken["name"] == "receipts.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert any(name.endswith("adapter_model.safetensors") for name in packed.namelist())

    told = _call(rooms, "adapter_import", adapter=taken["file"])
    assert told["imported"] == "receipts-2" and told["in_use"] is None
    assert {each["name"] for each in told["adapters"]} == {"receipts", "receipts-2", "stranger"}
    (tmp_path / "found.zip").write_bytes(content)
    assert _call(rooms, "adapter_import", adapter=str(tmp_path / "found.zip"))["imported"] == "receipts-3"
    assert _call(rooms, "adapter_use", name="receipts-2")["in_use"] == "receipts-2"


def test_what_is_no_adapter_is_told(rooms: Rooms, shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    for rubbish, said in (
        ("data:application/zip;base64,AAAA", "adapter"),
        ("data:application/zip,AAAA", "adapter is no base64"),
        (str(tmp_path / "text.zip"), "text"),
        (str(tmp_path / "nothing.zip"), "There is no file"),
        (None, "No file is named"),
    ):
        with pytest.raises(gr.Error, match=said):
            _call(rooms, "adapter_import", adapter=rubbish)
    assert len(list(shelf.glob("*/"))) == 2


def test_only_the_person_at_the_machine_changes_adapters(rooms: Rooms, shelf: Path) -> None:
    calls = {call: {"name": "receipts"} for call in ("adapter_use", "adapter_discard", "adapter_export")}
    for call, arguments in (calls | {"adapter_import": {"adapter": "data:application/zip;base64,"}}).items():
        with pytest.raises(gr.Error, match="Only the person at the machine"):
            _call(rooms, call, AWAY, **arguments)
    assert _call(rooms, "adapters")["in_use"] is None and (shelf / "receipts").is_dir()


@pytest.mark.parametrize("name", ["../home", "nothing", "/etc"])
def test_an_adapter_that_is_not_there_is_told(rooms: Rooms, shelf: Path, name: str) -> None:
    for call in ("adapter_use", "adapter_discard", "adapter_export"):
        with pytest.raises(gr.Error, match="There is no adapter called"):
            _call(rooms, call, name=name)
        for rubbish in ("", None, ["receipts"]):
            with pytest.raises(gr.Error, match="name is no text"):
                _call(rooms, call, name=rubbish)
    assert len(list(shelf.glob("*/"))) == 2
