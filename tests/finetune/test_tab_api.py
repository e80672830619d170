"""What programs do with trainings under way, over runs that nobody trains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from docvlm.config import Settings
from docvlm.pipeline import Workspace
from docvlm.run_lock import take_lock
from docvlm.ui.rights import NO_RIGHTS, Rights
from finetune.runner import Run, RunRequest, create, named_run
from finetune.runner.runs import STOP_FILE
from tests.finetune.test_tab import Bench, here
from tests.ui.events import called, request_from

AWAY = request_from("bela", client="192.168.1.9")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(Settings.from_environment({"DOCVLM_HOME": str(tmp_path / "home")})) as opened:
        yield opened


@pytest.fixture
def bench(workspace: Workspace) -> Bench:
    return Bench(workspace, Rights.at("127.0.0.1", False, workspace.settings.home))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the runs that were begun, of which no process is made."""
    names: list[str] = []
    monkeypatch.setattr("finetune.runner.runs._launch", lambda folder: names.append(folder.name))
    return names


def _run(workspace: Workspace, name: str) -> Run:
    return create(RunRequest(name, documents=("0" * 64,)), workspace.settings.prepare_home())


def _call(bench: Bench, call: str, request: gr.Request | None = None, **arguments: Any) -> Any:
    return called(bench.rooms.tabs, call, request or here(), **arguments)


def test_a_run_is_stopped_and_resumed(bench: Bench, workspace: Workspace, started: list[str]) -> None:
    run = _run(workspace, "slips")
    with pytest.raises(gr.Error, match="not going on"):
        _call(bench, "training_stop", name="slips")
    with closing(take_lock(run.folder)):
        told = _call(bench, "training_stop", name="slips")
        assert (told["run"], told["state"], told["stopping"]) == ("slips", "running", True)
        assert (run.folder / STOP_FILE).exists()
    assert _call(bench, "training_resume", name="slips")["run"] == "slips"
    assert started == ["slips"]


def test_one_run_goes_on_at_a_time(bench: Bench, workspace: Workspace, started: list[str]) -> None:
    first, _ = _run(workspace, "first"), _run(workspace, "second")
    with closing(take_lock(first.folder)), pytest.raises(gr.Error, match="'first' is going on"):
        _call(bench, "training_resume", name="second")
    assert started == []
    _call(bench, "training_resume", name="second")
    assert started == ["second"]


def test_a_run_is_deleted_once_it_has_ended(bench: Bench, workspace: Workspace, started: list[str]) -> None:
    run, _ = _run(workspace, "slips"), _run(workspace, "second")
    with closing(take_lock(run.folder)), pytest.raises(gr.Error, match="'slips' is going on"):
        _call(bench, "training_delete", name="slips")
    assert _call(bench, "training_delete", name="slips") == {"deleted": "slips"}
    assert [told["run"] for told in _call(bench, "training_status")["runs"]] == ["second"]
    assert not run.folder.exists()


def test_only_who_may_train_stops_and_resumes(bench: Bench, workspace: Workspace, started: list[str]) -> None:
    run = _run(workspace, "slips")
    elsewhere = Bench(workspace, NO_RIGHTS)  # as in a demo
    with closing(take_lock(run.folder)):
        for place, request in ((bench, AWAY), (elsewhere, here())):
            for call in ("training_stop", "training_resume", "training_delete"):
                with pytest.raises(gr.Error, match="Only the person at the machine"):
                    _call(place, call, request, name="slips")
    assert run.folder.exists() and not (run.folder / STOP_FILE).exists() and started == []


@pytest.mark.parametrize("call", ["training_stop", "training_resume", "training_status", "training_delete"])
def test_a_run_that_is_not_there_is_told(
    bench: Bench, workspace: Workspace, started: list[str], call: str
) -> None:
    _run(workspace, "slips")
    for name in ("nothing", "../slips", "slips/..", "x" * 300):
        with pytest.raises(gr.Error, match=r"There is no run called .* Runs: slips"):
            _call(bench, call, name=name)
    with pytest.raises(gr.Error, match="name of the run is no text"):
        _call(bench, call, name=["slips"])
    assert started == []


def test_settings_are_changed_by_name(
    bench: Bench, workspace: Workspace, started: list[str], tmp_path: Path
) -> None:
    with pytest.raises(gr.Error, match=r"'rang=3' sets no training setting.*rank"):
        _call(bench, "training_start", preset="quick rang=3")
    for preset, told in (
        ("quick epochs", "'epochs' sets no"),
        ("quick rank=0", "'rank' is 0"),
        ("quick rank=x", "'x' is no value of rank"),
        ("quick base_model=other", "are those in use"),
        ("rank=8", "no such preset"),
        (" ", "preset is no text"),
    ):
        with pytest.raises(gr.Error, match=told):
            _call(bench, "training_start", preset=preset)
    assert started == []
    bench.label(tmp_path, 1)
    _call(bench, "training_start", name="slips", preset="quick rank=4  targets=q_proj,v_proj minutes=none")
    settings = named_run("slips", workspace.settings.home).request.settings
    assert (settings.rank, settings.targets, settings.epochs) == (4, ("q_proj", "v_proj"), 2.0)
    assert started == ["slips"]
