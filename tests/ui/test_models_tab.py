"""The tab Models: real switches between tiny checkpoints and adapters; then a real browser."""

from __future__ import annotations

import base64
import io
import re
import shutil
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import gradio as gr
import pytest

from docvlm.adapters import AdapterCard, Figure
from docvlm.errors import UsageError
from docvlm.models.protocol import Engine
from docvlm.pipeline import Workspace
from docvlm.ui.adapters_list import adapters_html
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.model_header import ModelHeader
from docvlm.ui.models_tab import ModelsTab
from docvlm.ui.page import Rooms, lay_out_rooms
from docvlm.ui.rights import NO_RIGHTS, Rights
from tests.adapters.folders import save_adapter, save_trained_adapter
from tests.models.tiny_checkpoints import save_tiny_checkpoint
from tests.models.tiny_workspace import workspace_over
from tests.ui.events import event_of, last, request_of

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_checkpoint("idefics2", tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture
def workspace(tmp_path: Path, checkpoint: Path) -> Iterator[Workspace]:
    with workspace_over(checkpoint, tmp_path / "home") as opened:
        yield opened


def _here() -> gr.Request:
    """The person at this machine."""
    return _from("127.0.0.1")


def _from(client: str) -> gr.Request:
    return gr.Request(
        username="anna",
        session_hash="tab",
        headers={"host": "127.0.0.1:7860"},
        client=SimpleNamespace(host=client),
    )


def _settle(tab: ModelsTab, seconds: float = 60) -> dict[Any, Any]:
    """Let the clock tick until nothing is loaded or measured any more; all that it said."""
    said: dict[Any, Any] = {}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        updates = last(tab._follow(_here()))
        said |= updates
        if not updates[tab._clock].active:
            return said
        threading.Event().wait(0.02)
    raise AssertionError("it never came to an end")


def _choose(tab: ModelsTab, **values: str) -> dict[Any, Any]:
    return last(tab._use_model(event_of(form="model", **values), _here()))


def test_the_model_its_budgets_and_their_cost_are_shown(rooms: Rooms, checkpoint: Path) -> None:
    tab = rooms.models
    first = last(tab._show(_here()))
    assert 'name="kind"' in first[tab._choice]
    assert "93 MB" in first[tab._choice]
    assert "with another model is not known before" in first[tab._measured]
    assert "measured once the model is loaded" in first[tab._budgets] and " s</td>" not in first[tab._budgets]
    said = _settle(tab)
    assert f"<b>{checkpoint.name}</b>" in said[tab._in_use]
    assert "Measured on this machine" in said[tab._budgets]
    assert "Extraction</th>" in said[tab._budgets] and "Further question</th>" in said[tab._budgets]
    assert said[tab._budgets].count(" s</td>") == 6  # both for each of three budgets
    assert f"<b>{checkpoint.name}</b>" in said[rooms.models._header.model]


def test_another_model_answers_once_it_is_there(rooms: Rooms, checkpoint: Path, tmp_path: Path) -> None:
    tab, other = rooms.models, tmp_path / "other"
    shutil.copytree(checkpoint, other)
    tab._show(_here())
    _settle(tab)
    _choose(tab, kind="folder", folder=str(other))
    said = _settle(tab)
    assert said[tab._notice] == ""
    assert rooms.desk.workspace.engine.card.name == str(other)
    assert f"<b>{other.name}</b>" in said[tab._in_use]


def test_what_models_cost_is_kept_and_shown_to_the_person_at_the_machine_only(
    rooms: Rooms, checkpoint: Path
) -> None:
    tab, workspace = rooms.models, rooms.desk.workspace
    tab._show(_here())
    shown = _settle(tab)[tab._measured]
    assert re.search(
        rf'<th scope="row">{checkpoint.name}</th>(<td>[0-9.]+ s</td>){{2}}<td>\d+ \w+ 20\d\d</td>', shown
    )
    assert "with any other model is not known before" in shown
    assert str(checkpoint) not in shown  # a folder goes by its name

    def first_seen(rights: Rights) -> str:
        """What a page that has just started says, before it measures anything."""
        with workspace_over(checkpoint, workspace.settings.home) as fresh:
            loader = EngineLoader()
            with gr.Blocks():
                other = lay_out_rooms(fresh, loader, ModelHeader(fresh, loader), rights).models
            said: str = other._state(_here())[other._measured]
            return said

    assert first_seen(Rights.at("127.0.0.1", False, workspace.settings.home)) == shown
    assert first_seen(NO_RIGHTS) == ""
    assert tab._state(_from("192.168.1.9"))[tab._measured] == ""


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "folder", "folder": "/nowhere/at/all"}, "no folder"),
        ({"kind": "hub", "hub": ""}, "No model is named"),
        ({"kind": "hub", "hub": "http://127.0.0.1:9/v1"}, "address of a server"),
        ({"kind": "server", "server": "file:///etc/passwd"}, "not the address"),
        ({"kind": "pickle"}, "No kind of model"),
        ({"kind": "server", "server": "http://127.0.0.1:9/v1#m"}, "does not answer"),
    ],
)
def test_what_cannot_be_loaded_is_a_sentence_and_the_model_stays(
    rooms: Rooms, checkpoint: Path, values: dict[str, str], words: str
) -> None:
    tab = rooms.models
    tab._show(_here())
    _settle(tab)
    notice = _choose(tab, **values)[tab._notice] or _settle(tab)[tab._notice]
    assert words in notice and "error" in notice
    assert "/nowhere" not in notice  # a folder goes by its name
    assert rooms.desk.workspace.engine.card.name == str(checkpoint)
    assert rooms.desk.workspace.settings.model == str(checkpoint)


def _fail_to_change(loader: EngineLoader) -> None:
    def fail() -> Engine:
        raise UsageError("It came to nothing.")

    loader.change(fail)
    with pytest.raises(UsageError, match="came to nothing"):
        loader.wait_for_change(10)


def test_an_old_failure_is_not_told_of_what_is_done_next(rooms: Rooms) -> None:
    tab = rooms.models
    tab._show(_here())
    _settle(tab)
    _fail_to_change(tab._loader)
    assert "It came to nothing." in last(tab._follow(_here()))[tab._notice]
    assert last(tab._follow(_from("192.168.1.9")))[tab._notice] == ""  # who may not change it
    assert last(tab._use_budget(event_of(choice="budget:fast"), _here()))[tab._notice] == ""
    assert last(tab._follow(_here()))[tab._notice] == ""


def test_a_model_is_measured_to_the_end_after_a_change_that_failed(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = rooms.models
    tab._show(_here())
    assert tab._loader.wait(60)
    _fail_to_change(tab._loader)
    with monkeypatch.context() as measuring:
        measuring.setattr(tab._meter, "cost", lambda _card: None)
        said = last(tab._follow(_here()))
    assert said[tab._clock].active and "Measuring what a page costs" in said[tab._budgets]
    said = _settle(tab)
    assert "Measured on this machine" in said[tab._budgets] and "came to nothing" in said[tab._notice]


def test_the_budget_changes_for_documents_that_are_open(rooms: Rooms, samples: Path) -> None:
    tab, workspace = rooms.models, rooms.desk.workspace
    workspace.settings = replace(workspace.settings, model="embedded")  # its plans need no model
    with workspace.open(samples / "invoice.pdf") as document:
        before = len(document.tile_plan(1)[1].tiles)
        updates = last(tab._use_budget(event_of(choice="budget:accurate"), _here()))
        assert workspace.settings.budget == "accurate"
        assert len(document.tile_plan(1)[1].tiles) > before
        assert updates[tab._budgets].count("In use") == 1
        tab._use_own_budget(event_of(tiles="3"), _here())
        assert len(document.tile_plan(1)[1].grid) <= 3
    said = last(tab._use_own_budget(event_of(tiles="<b>"), _here()))
    assert "not a tile budget" in said[tab._notice] and "<b>" not in said[tab._notice]
    assert workspace.settings.budget == "3"


def test_only_the_person_at_the_machine_changes_anything(workspace: Workspace, checkpoint: Path) -> None:
    loader = EngineLoader()
    with gr.Blocks():
        rooms = lay_out_rooms(workspace, loader, ModelHeader(workspace, loader), NO_RIGHTS)
    tab = rooms.models
    shown = last(tab._show(_here()))
    assert "<form" not in shown[tab._choice] and "data-choice" not in shown[tab._budgets]
    said = [
        _choose(tab, kind="embedded")[tab._notice],
        last(tab._use_budget(event_of(choice="budget:fast"), _here()))[tab._notice],
        last(tab.adapters._act(event_of(choice="export:any"), _here()))[tab.adapters._notice],
        last(tab.adapters._take_in([], _here()))[tab.adapters._notice],
    ]
    assert all("Only the person at the machine" in line for line in said)
    assert (workspace.settings.model, workspace.settings.budget) == (str(checkpoint), "balanced")
    _settle(tab)


def test_administrators_are_shown_what_others_are_told_of(workspace: Workspace) -> None:
    loader, rights = EngineLoader(), Rights.of_admins(["anna"])
    with gr.Blocks():
        tab = lay_out_rooms(workspace, loader, ModelHeader(workspace, loader), rights).models
    shelf = tab.adapters
    anna, bela = (last(tab._show(request_of(person))) for person in ("anna", "bela"))
    assert anna[shelf._upload].visible and not bela[shelf._upload].visible
    assert "<form" in anna[tab._choice] and "or import one" in anna[shelf.list]
    assert "Only an administrator can change it" in bela[tab._choice] and "import" not in bela[shelf.list]
    loader.wait(60)


def test_an_adapter_is_imported_switched_on_exported_and_deleted(
    rooms: Rooms, checkpoint: Path, tmp_path: Path
) -> None:
    tab, workspace = rooms.models, rooms.desk.workspace
    shelf = tab.adapters
    tab._show(_here())
    _settle(tab)
    base = workspace.engine.card
    card = AdapterCard("receipts", str(checkpoint), base.base_revision, base.tiling("balanced"))
    source = save_trained_adapter(checkpoint, tmp_path / "trained", card)
    uploads = [shutil.copy(file, tmp_path) for file in sorted(source.iterdir()) if file.is_file()]

    said = last(shelf._take_in(uploads, _here()))
    assert "'receipts' is on the shelf" in said[shelf._notice].replace("&#x27;", "'")
    assert not any(Path(upload).exists() for upload in uploads)
    assert "Switch on" in said[shelf.list]

    shelf._act(event_of(choice="on:receipts"), _here())
    said = _settle(tab)
    assert said[tab._notice] == ""
    assert Path(str(workspace.engine.card.adapter)).name == "receipts"
    assert "In use" in said[shelf.list]
    assert workspace.adapters.active(str(checkpoint)) == "receipts"

    handed = last(shelf._act(event_of(choice="export:receipts"), _here()))[shelf._downloads.component]
    data = base64.b64decode(handed["address"].split(",")[1])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert "receipts/adapter_model.safetensors" in archive.namelist()

    shelf._act(event_of(choice="delete:receipts"), _here())
    _settle(tab)
    assert workspace.engine.card.adapter is None
    assert workspace.adapters.adapters() == []


def test_an_adapter_of_another_model_is_refused_and_nothing_changes(
    rooms: Rooms, checkpoint: Path, tmp_path: Path
) -> None:
    tab, workspace = rooms.models, rooms.desk.workspace
    tab._show(_here())
    _settle(tab)
    save_adapter(workspace.settings.adapters / "stranger", AdapterCard("stranger", str(checkpoint), "other"))
    tab.adapters._act(event_of(choice="on:stranger"), _here())
    said = _settle(tab)
    assert "trained over version other" in said[tab._notice]
    assert workspace.engine.card.adapter is None
    assert workspace.adapters.active(str(checkpoint)) is None
    gone = last(tab.adapters._act(event_of(choice="delete:../home"), _here()))
    assert "There is no adapter called" in gone[tab.adapters._notice]


def test_files_that_are_no_adapter_are_refused(rooms: Rooms, tmp_path: Path) -> None:
    shelf = rooms.models.adapters
    pickled = tmp_path / "adapter_model.bin"
    pickled.write_bytes(b"\x80\x04.")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK nothing")
    for file in (pickled, broken):
        said = last(shelf._take_in([str(file)], _here()))
        assert "error" in said[shelf._notice]
        assert not file.exists()


def test_the_list_escapes_names_and_shows_what_was_measured(tmp_path: Path) -> None:
    from docvlm.adapters import AdapterRegistry

    card = AdapterCard("a", "<b>", "r", figures=(Figure("<i>total</i>", 0.5, 0.9),), documents=20)
    save_adapter(tmp_path / "a", card)
    html = adapters_html(AdapterRegistry(tmp_path).adapters(), "embedded", None, may_change=True)
    assert "<i>total" not in html and "over <b>" not in html
    assert "0.50 → <b>0.90</b>" in html and "20 documents" in html
    assert "Of another model" in html and 'data-choice="on:' not in html
    assert "button" not in adapters_html(AdapterRegistry(tmp_path).adapters(), "<b>", "a", may_change=False)


def test_one_change_at_a_time() -> None:
    loader, go_on = EngineLoader(), threading.Event()

    def wait() -> Engine:
        go_on.wait(10)
        raise UsageError("It came to nothing.")

    loader.change(wait)
    with pytest.raises(UsageError, match="being loaded"):
        loader.change(wait)
    go_on.set()
    while loader.is_changing:
        threading.Event().wait(0.01)
    assert loader.change_failure is not None and loader.change_failure.message == "It came to nothing."
    loader.forget_change_failure()
    assert loader.change_failure is None


@pytest.mark.browser
@pytest.mark.slow
def test_models_in_the_browser(page: Page) -> None:
    page.click("role=tab[name=Models]")
    page.wait_for_selector("#model-in-use .model-name:has-text('embedded')", timeout=300_000)
    page.wait_for_selector("#model-budgets :text('Measured on this machine')", timeout=120_000)
    seconds = page.locator("#model-budgets tbody tr td:nth-child(n+4):nth-child(-n+5)").all_inner_texts()
    assert len(seconds) == 6 and len(set(seconds[::2])) == 1  # it sees no pictures
    assert all(
        0 <= float(later[:-2]) < float(first[:-2])
        for first, later in zip(seconds[::2], seconds[1::2], strict=True)
    )
    page.click('#model-budgets [data-choice="budget:fast"]')
    page.wait_for_selector("#model-budgets tr[aria-current]:has-text('fast')")
    page.check("#model-choice [value=folder]")
    page.fill("#model-choice [name=folder]", "/nowhere/at/all")
    page.press("#model-choice [name=folder]", "Enter")
    page.wait_for_selector("#model-notice .error:has-text('no folder')")
    assert page.input_value("#model-choice [name=folder]") == "/nowhere/at/all"
    page.click('#model-budgets [data-choice="budget:balanced"]')
    page.wait_for_selector("#model-budgets tr[aria-current]:has-text('balanced')")
