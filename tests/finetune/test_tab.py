"""The tab Fine-tune by hand: its callbacks over real labels, and real runs on a tiny checkpoint."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import psutil
import pytest

from docvlm.errors import StoreError, UsageError
from docvlm.models.protocol import Engine
from docvlm.pipeline import Workspace
from docvlm.store import Label, LabelKind
from docvlm.ui.api_calls import Calls
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.model_header import ModelHeader
from docvlm.ui.page import Rooms, lay_out_rooms
from docvlm.ui.rights import NO_RIGHTS, Rights
from finetune import tab_api
from finetune.page.view import TuneView
from finetune.runner import Run, RunStatus, list_runs
from finetune.tab import FineTuneTab
from tests.finetune.runner.conftest import write_slip
from tests.models.tiny_checkpoints import save_tiny_checkpoint
from tests.models.tiny_workspace import workspace_over
from tests.ui.events import event_of, last

DOCUMENTS = 6
PATIENCE_SECONDS = 240


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_checkpoint("idefics3", tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture
def workspace(tmp_path: Path, checkpoint: Path) -> Iterator[Workspace]:
    with workspace_over(checkpoint, tmp_path / "home") as opened:
        yield opened
        for run in list_runs(opened.settings.home):
            if run.process is not None:
                psutil.Process(run.process).kill()


class Bench:
    """The tab on a page of its own; ``view`` is what its browser tab remembers."""

    def __init__(self, workspace: Workspace, rights: Rights) -> None:
        self.workspace = workspace
        self.loader = EngineLoader()
        self.view = TuneView()
        with gr.Blocks() as self.blocks:
            header = ModelHeader(workspace, self.loader)
            self.rooms: Rooms = lay_out_rooms(workspace, self.loader, header, rights)
            with gr.Tab("Fine-tune") as tab:
                self.tab = FineTuneTab(self.rooms.desk, header, rights)
            self.tab.connect(tab)

    def label(self, folder: Path, count: int = DOCUMENTS) -> None:
        """Keep slips in the library of the person at this machine, read, with a reference and a total."""
        session = self.rooms.desk.sessions.of(here())
        for number in range(1, count + 1):
            reference, total = f"R{number * 1357}", f"{number * 11}.{number}0"
            file = folder / f"slip-{number}.pdf"
            write_slip(file, f"Invoice {reference} goods {number * 31} Total {total}")
            kept = self.rooms.desk.library(session).keep(file, file.name)
            view = self.rooms.desk.open_view(session, kept)
            list(view.document.read())
            for name, value in {"reference": reference, "total": total}.items():
                label = Label(LabelKind.FIELD, name, value, 1)
                self.workspace.store.save_label(view.document.id, label)
            view.close()

    def show(self, request: gr.Request | None = None) -> dict[Any, Any]:
        """Everything that is sent when the tab comes to the front."""
        request = request or here()
        return self.tab._show(self.view, request) | last(self.tab._split(self.view, request))

    def start(self, **form: str) -> dict[Any, Any]:
        sent = {"preset": "quick", "run_name": "slips"} | form
        return last(self.tab._start(event_of(**sent), self.view, here()))

    def act(self, choice: str) -> dict[Any, Any]:
        return last(self.tab._act(event_of(choice=choice), self.view, here()))

    @property
    def run(self) -> Run:
        return list_runs(self.workspace.settings.home)[0]


def here() -> gr.Request:
    """The person at this machine."""
    return gr.Request(
        username="anna",
        session_hash="tab",
        headers={"host": "127.0.0.1:7860"},
        client=SimpleNamespace(host="127.0.0.1"),
    )


@pytest.fixture
def bench(workspace: Workspace) -> Bench:
    return Bench(workspace, Rights.at("127.0.0.1", False, workspace.settings.home))


def test_what_yields_more_than_once_fills_no_curve(bench: Bench) -> None:
    """A second yield empties, in the browser, what the first one gave a plot."""
    filled = [function for function in bench.blocks.fns.values() if _fills_a_curve(function.outputs)]
    assert len(filled) >= 3
    assert not [function.name for function in filled if function.types_generator]


def _fills_a_curve(outputs: Sequence[Any]) -> bool:
    return any(isinstance(output, gr.LinePlot) for output in outputs)


def test_without_labels_it_says_how_to_make_some(bench: Bench) -> None:
    shown = bench.show()
    assert "go to Label" in shown[bench.tab._choice]
    assert shown[bench.tab._form] == ""


def test_labels_that_cannot_be_read_are_told_of_and_hide_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_store: Any) -> None:
        raise StoreError("The database is damaged.", "Restore a backup.")

    monkeypatch.setattr("finetune.tab.labelled_documents", fail)
    shown = bench.show()
    assert "The database is damaged." in shown[bench.tab._choice] and "No run yet" in shown[bench.tab._run]
    assert "<h3>" in shown[bench.tab._choice]  # on a phone the style sheet waits for it
    assert shown[bench.tab._form] == ""
    chosen = last(bench.tab._set(event_of(choice="preset:quick"), bench.view, here()))
    assert "The database is damaged." in chosen[bench.tab._choice]


def test_the_split_and_the_bad_labels_are_shown_before_anything_is_trained(
    bench: Bench, tmp_path: Path
) -> None:
    bench.label(tmp_path)
    document = bench.workspace.store.list_documents()[0]
    bench.workspace.store.save_label(document.id, Label(LabelKind.FIELD, "total", "77777.00", 1))
    shown = bench.show()
    choice = shown[bench.tab._choice]
    assert f"{DOCUMENTS} of {DOCUMENTS} documents" in choice
    preview = bench.view.preview
    assert preview is not None and preview.train and preview.held_out
    assert choice.count("held back</em>") == len(preview.held_out)
    if document.sha256 in preview.train:
        assert "77777.00" in choice
    assert 'name="run_name" value="labels"' in shown[bench.tab._form]


def test_documents_are_left_out_and_taken_again(bench: Bench, tmp_path: Path) -> None:
    bench.label(tmp_path)
    bench.show()
    sha256 = bench.workspace.store.list_documents()[0].sha256
    shown = last(bench.tab._choose(event_of(choice=f"take:{sha256}:0"), bench.view, here()))
    assert f"{DOCUMENTS - 1} of {DOCUMENTS} documents" in shown[bench.tab._choice]
    preview = bench.view.preview
    assert preview is not None
    assert sha256 not in preview.train | preview.validation | preview.held_out
    shown = last(bench.tab._choose(event_of(choice="take:all"), bench.view, here()))
    assert f"{DOCUMENTS} of {DOCUMENTS} documents" in shown[bench.tab._choice]


def test_another_person_s_labels_are_not_offered(bench: Bench, tmp_path: Path) -> None:
    bench.label(tmp_path)
    stranger = gr.Request(username="bela", session_hash="tab", headers={}, client=None)
    shown = bench.show(stranger)
    assert "slip-" not in "".join(str(value) for value in shown.values())


def test_only_the_person_at_the_machine_trains_and_sees_runs(workspace: Workspace, tmp_path: Path) -> None:
    bench = Bench(workspace, NO_RIGHTS)
    bench.label(tmp_path, 3)
    shown = bench.show()
    assert "Only the person" in shown[bench.tab._form]
    assert "Only the person" in bench.start()[bench.tab._notice]
    assert list_runs(workspace.settings.home) == []


def test_what_cannot_be_trained_with_is_told_by_name(bench: Bench, tmp_path: Path) -> None:
    bench.label(tmp_path, 3)
    bench.show()
    assert "many" in bench.start(**{"set.rank": "many"})[bench.tab._notice]
    bench.view.left_out = {document.sha256 for document in bench.workspace.store.list_documents()}
    assert "No labelled document is chosen" in bench.start()[bench.tab._notice]
    for choice in ("stop:../x", "resume:nothing", "delete:", "promote:../x", "discard:nothing"):
        assert 'role="alert"' in bench.act(choice)[bench.tab._notice]
    assert list_runs(bench.workspace.settings.home) == []


def test_an_old_failure_of_the_model_is_not_told_of_a_run(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Engine:
        raise UsageError("It came to nothing.")

    def fail_to_change() -> None:
        bench.loader.change(fail)
        with pytest.raises(UsageError, match="came to nothing"):
            bench.loader.wait_for_change(10)

    bench.label(tmp_path, 3)
    monkeypatch.setattr("finetune.runner.runs._launch", lambda _folder: None)
    fail_to_change()
    assert "came to nothing" in bench.tab._follow(bench.view, here())[bench.tab._notice]
    assert bench.start()[bench.tab._notice] == ""
    assert bench.view.ongoing and bench.tab._notice not in bench.tab._follow(bench.view, here())
    fail_to_change()
    assert bench.tab._show(bench.view, here())[bench.tab._notice] == ""
    assert bench.tab._notice not in bench.tab._follow(bench.view, here())


def test_a_form_that_cannot_be_shown_again_is_told_after_the_start(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> str:
        raise UsageError("The speed of a run cannot be told.")

    bench.label(tmp_path, 3)
    monkeypatch.setattr("finetune.runner.runs._launch", lambda _folder: None)
    monkeypatch.setattr("finetune.tab.form_html", fail)
    assert "The speed of a run cannot be told." in bench.start()[bench.tab._notice]
    assert bench.view.run == bench.run.name == "slips"


def test_a_program_trains_on_the_caller_s_labels_only(bench: Bench, tmp_path: Path) -> None:
    bench.label(tmp_path, 3)
    api = tab_api.TrainingApi(Calls(bench.rooms.desk, bench.tab._rights))
    made = api._request(here(), "my / slips", api._settings("quick"))
    assert (made.name, made.promote, len(made.documents)) == ("my-slips", False, 3)
    assert made.settings.base_model == bench.workspace.settings.model
    stranger = gr.Request(username="bela", session_hash="tab", headers={}, client=None)
    with pytest.raises(UsageError, match="None of your documents has a label"):
        api._request(stranger, "slips", api._settings("quick"))


@pytest.mark.slow
def test_a_run_is_stopped_resumed_seen_by_a_reloaded_page_and_its_adapter_used(
    bench: Bench, tmp_path: Path
) -> None:
    bench.label(tmp_path)
    bench.show()
    started = bench.start(**{"set.epochs": "60", "set.rank": "2"} | _ticked("language"))
    assert 'class="run' in started[bench.tab._run], started[bench.tab._notice]
    _wait(lambda: any(event for event in bench.run.events() if getattr(event, "loss", None)), bench.run)
    said = bench.start(run_name="second")[bench.tab._notice]
    assert "slips" in said and "is going on" in said
    assert len(list_runs(bench.workspace.settings.home)) == 1
    assert (told := tab_api._run(bench.run))["state"] == "running" and told["step"] > 0
    bench.act(f"stop:{bench.run.name}")
    _wait(lambda: bench.run.status is RunStatus.STOPPED, bench.run)

    bench.view = TuneView()  # a page that was loaded again
    shown = bench.show()
    assert "slips" in shown[bench.tab._runs] and "resume:slips" in shown[bench.tab._run]
    assert len(shown[bench.tab._loss]) > 0
    bench.act("resume:slips")
    _wait(lambda: bench.run.status is RunStatus.FINISHED, bench.run)

    assert tab_api._run(bench.run)["adapter"] == "slips"
    followed = bench.tab._follow(bench.view, here())
    assert "promote:slips" in followed[bench.tab._outcome]
    bench.act("promote:slips")
    _wait(lambda: not bench.loader.is_changing, bench.run)
    assert bench.loader.change_failure is None
    assert bench.workspace.adapters.active(bench.workspace.settings.model) == "slips"
    assert "In use" in bench.tab._follow(bench.view, here())[bench.tab._outcome]
    bench.act("discard:slips")
    _wait(lambda: not bench.loader.is_changing, bench.run)
    assert bench.workspace.adapters.adapters() == []
    assert "Deleted" in bench.tab._follow(bench.view, here())[bench.tab._outcome]
    bench.act("delete:slips")
    assert list_runs(bench.workspace.settings.home) == []


def _ticked(*names: str) -> dict[str, str]:
    return {f"set.{name}": "yes" for name in names}


def _wait(condition: Any, run: Run) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"it did not come to that: {run.events()[-3:]}"
        time.sleep(0.05)
