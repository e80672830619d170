"""The demo: visitors' files go after a while, and in a Space's frame a browser keeps its cookie."""

from __future__ import annotations

import json
import os
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pymupdf
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from docvlm.batch import Task
from docvlm.batch.find import NamedFile
from docvlm.batch.runs import BatchRun, BatchRuns, RunRequest
from docvlm.errors import UsageError
from docvlm.pipeline import Workspace
from docvlm.run_lock import take_lock
from docvlm.schemas import Schema, SchemaShelf, load_schema
from docvlm.store import Label, LabelKind
from docvlm.ui.assets import SAMPLES
from docvlm.ui.demo import USUAL_MINUTES, Demo, Sweeper, is_private_space, sweep, sweep_batches, sweep_schemas
from docvlm.ui.library import Library, documents_folder
from docvlm.ui.page import Rooms
from tests.ui.events import event_of, last, request_of
from tests.ui.http_browser import SECONDS

HOUR = 3600.0
ANNA, BELA = "a" * 32, "b" * 32


@pytest.fixture(scope="module")
def app_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    none = tmp_path_factory.mktemp("none") / "no-model"
    return {"DOCVLM_MODEL": str(none), "SPACE_ID": "someone/docvlm"}


@pytest.mark.parametrize(
    ("environment", "is_closed", "minutes"),
    [
        ({}, False, None),
        ({"SPACE_ID": "a/b"}, False, USUAL_MINUTES),
        ({"SPACE_ID": "a/b"}, True, None),
        ({"SPACE_ID": "a/b", "DOCVLM_DEMO_MINUTES": "0"}, False, None),
        ({"DOCVLM_DEMO_MINUTES": "15"}, True, 15),
    ],
)
def test_a_space_without_a_login_is_a_demo(
    environment: dict[str, str], is_closed: bool, minutes: int | None
) -> None:
    demo = Demo.from_environment(environment, is_closed)
    assert (demo.minutes if demo else None) == minutes
    assert demo is None or f"deleted {minutes} minutes" in demo.notice


def test_the_owner_says_that_a_space_is_private() -> None:
    assert is_private_space({"SPACE_ID": "a/b", "DOCVLM_PRIVATE_SPACE": "1"})
    assert not is_private_space({"SPACE_ID": "a/b"})
    assert not is_private_space({"DOCVLM_PRIVATE_SPACE": "1"})  # no Space at all


def test_minutes_that_are_no_number_are_told() -> None:
    with pytest.raises(UsageError, match="'soon'"):
        Demo.from_environment({"DOCVLM_DEMO_MINUTES": "soon"}, False)


def _keep(workspace: Workspace, folder: Path, owner: str, text: str, age: float) -> int:
    """Put a document in as a visitor does, ``age`` seconds ago, and have its page read."""
    library, source = Library(folder, owner), folder.parent / "upload.pdf"
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), text)
        document.save(source)
    file = library.keep(source, f"{text}.pdf")
    with workspace.open(file.path, name=file.name, owner=owner) as opened:
        list(opened.read())
        number = opened.id
    library.keep_thumbnail(file.path.name, "data:,")
    os.utime(file.path, (time.time() - age,) * 2)
    return number


def test_what_was_put_in_long_ago_goes_with_all_that_was_made_of_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder, store = tmp_path / "documents", workspace.store
    old = _keep(workspace, folder, ANNA, "Parsnips and turnips", 2 * HOUR)
    fresh = _keep(workspace, folder, ANNA, "Carrots", 60)
    others = _keep(workspace, folder, BELA, "Beetroot", 60)
    stray = folder / BELA / ("c" * 64)
    stray.write_bytes(b"never opened")
    os.utime(stray, (0, 0))
    assert store.search("turnips", 5)
    assert sweep(folder, store, time.time() - HOUR) == 2
    assert store.document(old) is None and not store.search("turnips", 5) and not stray.exists()
    assert store.document(fresh) is not None and store.document(others) is not None
    assert len(list((folder / ANNA).iterdir())) == 2  # one file and its small picture
    assert sweep(folder, store, time.time() - HOUR) == 0


def test_the_oldest_go_where_room_is_scarce(workspace: Workspace, tmp_path: Path) -> None:
    folder, store = tmp_path / "documents", workspace.store
    older = _keep(workspace, folder, ANNA, "Parsnips", 120)
    newer = _keep(workspace, folder, BELA, "Carrots", 60)
    room = max(file.byte_count for file in Library(folder, BELA).files())
    assert sweep(folder, store, 0.0, most_bytes=room) == 1
    assert store.document(older) is None and store.document(newer) is not None


def _batch(workspace: Workspace, owner: str, age: float) -> BatchRun:
    """Ask for a batch as a visitor does, ``age`` seconds ago."""
    created = datetime.fromtimestamp(time.time() - age, UTC).isoformat(timespec="milliseconds")
    files = (NamedFile("/nowhere/a", "payslip.pdf"),)
    request = RunRequest("Text", Task.READ, created, files=files, owner=owner)
    return BatchRuns(workspace.settings, owner).create(request)


def _schema(workspace: Workspace, owner: str, name: str, age: float) -> Path:
    """Save a schema as a visitor does, ``age`` seconds ago."""
    folder = workspace.settings.home / "schemas" / owner
    SchemaShelf(folder).save(Schema(name, name, load_schema("receipt").fields))
    file = folder / f"{name}.json"
    os.utime(file, (time.time() - age,) * 2)
    return file


def test_old_batches_go_whole_and_one_that_is_going_on_stays(workspace: Workspace) -> None:
    old, fresh = _batch(workspace, ANNA, 2 * HOUR), _batch(workspace, ANNA, 60)
    live, damaged = _batch(workspace, BELA, 2 * HOUR), _batch(workspace, BELA, 60)
    old.report.write_text("<p>payslip.pdf</p>")
    (damaged.folder / "request.json").write_text("{")
    os.utime(damaged.folder, (0, 0))

    def swept() -> int:
        return sweep_batches(workspace.settings, workspace.store, time.time() - HOUR)

    with closing(take_lock(live.folder)):
        assert swept() == 2
        assert live.report.parent.is_dir() and (live.folder / "request.json").is_file()
    assert not old.folder.exists() and not damaged.folder.exists() and fresh.folder.is_dir()
    assert swept() == 1 and not live.folder.exists()  # it has ended


def test_old_schemas_go(workspace: Workspace) -> None:
    old = _schema(workspace, ANNA, "my payslip", 2 * HOUR)
    fresh, others = _schema(workspace, ANNA, "my bill", 60), _schema(workspace, BELA, "my slip", 60)
    assert sweep_schemas(workspace.settings, time.time() - HOUR) == 1
    assert not old.exists() and fresh.exists() and others.exists()


def test_the_sweeper_works_by_itself(workspace: Workspace) -> None:
    folder = documents_folder(workspace.settings)
    old = _keep(workspace, folder, ANNA, "Parsnips", 2 * HOUR)
    run, schema = _batch(workspace, ANNA, 2 * HOUR), _schema(workspace, ANNA, "my bill", 2 * HOUR)
    upload = workspace.settings.uploads / ANNA / "letter.pdf"
    upload.parent.mkdir(parents=True)
    upload.write_bytes(b"never taken in")
    os.utime(upload, (time.time() - 2 * HOUR,) * 2)
    with Sweeper(workspace.settings, workspace.store, Demo(60)):
        until = time.monotonic() + 20
        while (run.folder.exists() or upload.exists()) and time.monotonic() < until:
            time.sleep(0.05)
    assert workspace.store.document(old) is None and not run.folder.exists()
    assert not schema.exists() and not upload.exists()


def test_samples_stay_as_they_are_whatever_visitors_do(rooms: Rooms) -> None:
    """One visitor labels and deletes, another's are swept away; a third finds all as they came."""
    workspace, before = rooms.desk.workspace, {each.file_name: each.path.read_bytes() for each in SAMPLES}
    anna, bela = _open_samples(rooms, "anna"), _open_samples(rooms, "bela")
    for name, number in (*anna.items(), *bela.items()):
        workspace.store.save_label(number, Label(LabelKind.FIELD, "total", name, 1))
    for number in anna.values():
        last(rooms.documents._act(event_of(choice=f"delete:{number}"), request_of("anna")))
    assert sweep(documents_folder(workspace.settings), workspace.store, time.time() + 1) == len(SAMPLES)
    assert [workspace.store.document(number) for number in (*anna.values(), *bela.values())] == [None] * 8

    assert {each.file_name: each.path.read_bytes() for each in SAMPLES} == before
    cora = _open_samples(rooms, "cora")
    assert cora.keys() == before.keys()
    assert [workspace.store.labels(number) for number in cora.values()] == [[]] * len(SAMPLES)


def _open_samples(rooms: Rooms, person: str) -> dict[str, int]:
    """Click each sample as a visitor does; the numbers of the documents by file name."""
    session, numbers = rooms.desk.sessions.of(request_of(person)), {}
    for sample in SAMPLES:
        last(rooms.documents._open_sample(event_of(choice=f"sample:{sample.file_name}"), request_of(person)))
        assert session.view is not None and session.view.name == sample.file_name
        numbers[sample.file_name] = session.view.document.id
    session.close_view()
    return numbers


def test_programs_are_refused_in_a_demo_what_its_page_refuses(address: str, tmp_path: Path) -> None:
    client = Client(address, verbose=False)
    refused: dict[str, dict[str, str]] = {
        "adapter_use": {"name": "none"},
        "adapter_discard": {"name": "any"},
        "adapter_export": {"name": "any"},
        "adapter_import": {"adapter": "data:application/zip;base64,UEsDBA=="},
        "model_use": {"name": "embedded"},
        "budget_use": {"budget": "fast"},
        "training_status": {},
        "training_stop": {"name": "labels"},
        "training_resume": {"name": "labels"},
        "training_delete": {"name": "labels"},
        "batch_start": {"files": str(tmp_path), "task": "read"},
    }
    for name, arguments in refused.items():
        with pytest.raises(AppError, match="Only the person at the machine"):
            client.predict(**arguments, api_name=f"/{name}")
    assert json.loads(client.predict(api_name="/documents"))["documents"] == []
    client.close()


def test_a_space_tells_visitors_and_gives_a_cookie_that_works_in_its_frame(address: str) -> None:
    with httpx.Client(base_url=address, timeout=SECONDS) as browser:
        page = browser.get("/")
        assert "SameSite=None; Secure; Partitioned" in page.headers["set-cookie"]
        assert f"deleted {USUAL_MINUTES} minutes" in browser.get("config").text
        own = {"origin": "https://someone-docvlm.hf.space", "x-forwarded-host": "someone-docvlm.hf.space"}
        assert browser.get("config", headers=own).status_code == 200
        assert browser.get("config", headers=own | {"x-forwarded-host": "evil.test"}).status_code == 403
