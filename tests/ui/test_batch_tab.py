"""The tab Batch: real processes over real files; then a real browser that is loaded again in the middle."""

from __future__ import annotations

import base64
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from docvlm.batch import Task
from docvlm.batch.ledger import FileOutcome, FileState
from docvlm.ui.batch_output import output_of
from docvlm.ui.batch_view import BatchView
from docvlm.ui.page import Rooms
from docvlm.ui.sessions import Session
from tests.batch.files import write_pdf
from tests.processes import command_of
from tests.ui.events import event_of, last
from tests.ui.events import request_from as _of

if TYPE_CHECKING:
    import gradio as gr
    from playwright.sync_api import Page

SECONDS = 90


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    yield
    deadline = time.monotonic() + SECONDS
    while any("batch.runs" in " ".join(command_of(child)) for child in psutil.Process().children()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pdf(tmp_path / "in" / "a.pdf", ["Alpha one", "Alpha two"])
    write_pdf(tmp_path / "in" / "<b>.pdf", ["Beta"])
    (tmp_path / "in" / "broken.pdf").write_bytes(b"%PDF-1.7\nthis is no document\n")
    return tmp_path / "in"


@pytest.fixture(scope="module")
def allowed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the app in the browser may read, with another in it."""
    folder = tmp_path_factory.mktemp("papers")
    write_pdf(folder / "march" / "rent.pdf", ["Rent of March"])
    write_pdf(folder / "march" / "water.pdf", ["Water in March"])
    write_pdf(folder / "april.pdf", ["April"])
    return folder


@pytest.fixture(scope="module")
def app_options(allowed: Path) -> list[str]:
    return ["--folders", str(allowed)]


def _session(rooms: Rooms, person: str) -> Session:
    return rooms.desk.sessions.of(_of(person))


def _begin(rooms: Rooms, person: str, **values: str) -> dict[Any, Any]:
    wanted = {"form": "batch", "task": "read", "pages": "all", "step": "start"} | values
    return last(rooms.batch._begin(event_of(**wanted), _of(person)))


def _settle(rooms: Rooms, person: str) -> dict[Any, Any]:
    """Let the clock tick until the batch is over; what is shown then."""
    tab, deadline = rooms.batch, time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        shown = last(tab._follow(_of(person)))
        if not shown[tab._clock].active:
            return shown
        threading.Event().wait(0.1)
    raise AssertionError("it never came to an end")


def _act(rooms: Rooms, who: gr.Request, kind: str) -> dict[Any, Any]:
    """Press a button of the batch that anna or vera looks at."""
    run = rooms.batch._looked_at(rooms.desk.sessions.of(who))
    assert run is not None
    return last(rooms.batch._act(event_of(choice=f"{kind}:{run.id}"), who))


def _files(rooms: Rooms, person: str, choice: str) -> dict[Any, Any]:
    return last(rooms.batch._act_on_files(event_of(choice=choice), _of(person)))


def test_a_folder_is_read_shown_saved_and_opened(rooms: Rooms, folder: Path) -> None:
    tab = rooms.batch
    started = _begin(rooms, "anna", source="folder", folder=str(folder))
    assert started[tab._notice] == "" and started[tab._clock].active
    shown = _settle(rooms, "anna")
    assert "Finished" in shown[tab._run] and "1 failed" in shown[tab._progress]
    assert "&lt;b&gt;.pdf" in shown[tab._files] and "<b>.pdf" not in shown[tab._files]
    assert "broken.pdf" in shown[tab._files] and "Report (HTML)" in shown[tab._files]

    failed = _files(rooms, "anna", "failed:1")[tab._files]
    assert "broken.pdf" in failed and "a.pdf" not in failed
    _files(rooms, "anna", "failed:0")

    handed = _files(rooms, "anna", "save:txt")[tab._downloads.component]
    text = base64.b64decode(handed["address"].split(",")[1]).decode()
    assert handed["name"] == "batch.txt" and "Alpha two" in text and "Beta" in text
    report = _files(rooms, "anna", "report:")[tab._downloads.component]
    assert b"broken.pdf" in base64.b64decode(report["address"].split(",")[1])

    names = [outcome.name for outcome in tab._page(_session(rooms, "anna"), _run(rooms, "anna"))[0]]
    opened = _files(rooms, "anna", f"open:{names.index('a.pdf')}")
    assert opened[rooms.tabs].selected == "desk"
    view = _session(rooms, "anna").view
    assert view is not None and (view.name, view.page_count) == ("a.pdf", 2)
    view.close()
    library, store = rooms.desk.library(_session(rooms, "anna")), rooms.desk.workspace.store
    assert library.search(store, "beta", 5) == []  # a folder's files are not the library's
    kept = _files(rooms, "anna", "keep:")
    assert "1 of 2 files" in kept[tab._notice]
    assert [hit.name for hit in library.search(store, "beta", 5)] == ["<b>.pdf"]
    assert (folder / "a.pdf").is_file()


def _run(rooms: Rooms, person: str) -> Any:
    run = rooms.batch._looked_at(_session(rooms, person))
    assert run is not None
    return run


def test_added_files_are_ticked_and_worked_on_under_their_names(
    rooms: Rooms, folder: Path, samples: Path, tmp_path: Path
) -> None:
    tab = rooms.batch
    uploads = [shutil.copy(folder / name, tmp_path) for name in ("a.pdf", "broken.pdf")]
    taken = last(tab._take_in(uploads, _of("anna")))
    assert "broken.pdf" in taken[tab._notice]
    assert "1 ticked document" in taken[tab._form]
    assert not any(Path(upload).exists() for upload in uploads)
    _begin(rooms, "anna", source="ticked", step="estimate")
    shown = _settle(rooms, "anna")
    assert "1 file, 1 different content, 2 pages left to do" in shown[tab._run]
    _act(rooms, _of("anna"), "resume")
    shown = _settle(rooms, "anna")
    assert ">a.pdf</button>" in shown[tab._files]
    (document,) = rooms.desk.library(_session(rooms, "anna")).documents(rooms.desk.workspace.store)
    assert document.names == ("a.pdf",)
    _act(rooms, _of("anna"), "delete")
    assert rooms.desk.workspace.store.document(document.id) is not None  # it lies in the library
    assert tab._looked_at(_session(rooms, "anna")) is None


def test_adding_many_files_tells_how_far_it_is_and_of_every_one_that_was_not_added(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docvlm.ui.batch_tab._TOLD_EVERY", 4)
    tab, uploads = rooms.batch, [tmp_path / "upload" / f"{number}.pdf" for number in range(8)]
    uploads[0].parent.mkdir()
    for upload in uploads:
        upload.write_text(f"no document, {upload.name}")
    write_pdf(uploads[0], ["Page one"])
    updates = list(tab._take_in(list(map(str, uploads)), _of("anna")))
    first, half, end = [more[tab._notice] for more in updates if tab._notice in more]
    assert "0 of 8 are done" in first and "4 of 8 are done" in half
    assert end.count('role="alert"') == 6 and "2 more files not added" in end
    assert "In your library and ticked: 1 file." in end


def test_locked_files_are_opened_with_a_password_given_afterwards(rooms: Rooms, tmp_path: Path) -> None:
    import pymupdf

    (tmp_path / "in").mkdir()
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "Hidden treasure")
        options = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "sesame", "owner_pw": "y"}
        document.save(tmp_path / "in" / "locked.pdf", **options)
    tab = rooms.batch
    _begin(rooms, "anna", source="folder", folder=str(tmp_path / "in"))
    assert "One file needs a password" in _settle(rooms, "anna")[tab._run]
    run = _run(rooms, "anna").id
    tab._unlock(event_of(form="unlock", run=run, password="wrong"), _of("anna"))
    assert "One file needs a password" in _settle(rooms, "anna")[tab._run]
    tab._unlock(event_of(form="unlock", run=run, password="sesame"), _of("anna"))
    shown = _settle(rooms, "anna")
    assert "password" not in shown[tab._run] and "Done" in shown[tab._files]
    assert [hit.name for hit in rooms.desk.workspace.store.search("treasure")] == ["locked.pdf"]


def test_nobody_sees_or_touches_the_batches_of_another(rooms: Rooms, folder: Path) -> None:
    tab = rooms.batch
    _begin(rooms, "anna", source="folder", folder=str(folder))
    _settle(rooms, "anna")
    run = _run(rooms, "anna")
    looked = last(tab._look_at(event_of(choice=f"run:{run.id}"), _of("bela")))
    assert "a.pdf" not in looked[tab._files] and run.request.title not in looked[tab._run]
    for kind in ("delete", "resume", "retry"):
        said = last(tab._act(event_of(choice=f"{kind}:{run.id}"), _of("bela")))
        assert "no longer kept" in said[tab._notice]
    assert "no longer kept" in _files(rooms, "bela", "save:txt")[tab._notice]
    assert run.folder.is_dir()


def test_a_second_click_deletes_no_other_batch(rooms: Rooms, folder: Path) -> None:
    """Where the one that the button names is gone, here or in another tab, nothing else goes."""
    tab = rooms.batch
    for _ in range(2):
        _begin(rooms, "anna", source="folder", folder=str(folder))
        _settle(rooms, "anna")
    latest = _run(rooms, "anna")
    for told in ("", "no longer kept"):
        said = last(tab._act(event_of(choice=f"delete:{latest.id}"), _of("anna")))[tab._notice]
        assert told in said and bool(told) is bool(said)
    (left,) = tab._batches(_session(rooms, "anna")).runs()
    assert left.id != latest.id


def test_the_file_that_was_asked_for_is_handed_out_and_lies_in_the_batch_s_folder(
    rooms: Rooms, folder: Path
) -> None:
    tab = rooms.batch
    _begin(
        rooms,
        "anna",
        source="folder",
        folder=str(folder),
        output="../../../etc/April <1>",
        output_form="jsonl",
    )
    shown = _settle(rooms, "anna")
    run = _run(rooms, "anna")
    assert 'data-choice="result:0">etc-April -1.jsonl</button>' in shown[tab._files]
    assert f"batches/{run.request.owner}/{run.id}/results</code>" in shown[tab._files]
    kept = run.folder / "results" / "etc-April -1.jsonl"
    kept.write_text("as it was before something was corrected")
    handed = _files(rooms, "anna", "result:0")[tab._downloads.component]
    content = base64.b64decode(handed["address"].split(",")[1])
    assert handed["name"] == "etc-April -1.jsonl" and content.count(b"\n") == 3
    assert kept.read_bytes() == content
    assert _files(rooms, "anna", "result:1") == {}
    _act(rooms, _of("anna"), "delete")
    assert not run.folder.exists()


def test_a_visitor_has_one_batch_going_on_at_a_time(rooms: Rooms, tmp_path: Path) -> None:
    tab = rooms.batch
    visitor = _of("vera", client="192.168.1.9")
    many = [write_pdf(tmp_path / f"{number}.pdf", [f"Page {number}"] * 40) for number in range(3)]
    last(tab._take_in([str(path) for path in many], visitor))
    wanted = event_of(form="batch", task="read", source="ticked", step="start", pages="all")
    assert last(tab._begin(wanted, visitor))[tab._notice] == ""
    said = last(tab._begin(wanted, visitor))[tab._notice]
    assert "is going on" in said and "Wait until it has ended, or pause it" in said
    assert len(tab._batches(_session(rooms, "vera")).runs()) == 1
    _act(rooms, visitor, "pause")
    _settle(rooms, "vera")
    assert last(tab._begin(wanted, visitor))[tab._notice] == ""
    _settle(rooms, "vera")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("", "results"),
        ("..", "results"),
        ("/etc/passwd", "etc-passwd"),
        ("a\\b\0c.csv", "a-b-c-csv"),
        ("Rechnungen Mai (2)", "Rechnungen Mai (2)"),
        ("é" * 90, "é" * 60),
    ],
)
def test_a_typed_name_is_never_a_path(name: str, kept: str) -> None:
    assert output_of(event_of(output=name), Task.ASK) == f"{kept}.csv"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"source": "folder", "folder": "/etc"}, "outside the folders"),
        ({"source": "folder", "folder": ""}, "No folder is named"),
        ({"source": "ticked"}, "no files"),
        ({"source": "all", "task": "format"}, "Nothing is chosen"),
        ({"source": "all", "task": "ask", "question": "  "}, "question is empty"),
        ({"source": "all", "task": "extract", "schema": "/etc/passwd"}, "No schema"),
        ({"source": "all", "pages": "x-y"}, "not a page range"),
        ({"source": "folder", "folder": "IN", "output_form": "xlsx"}, "no known form"),
        ({"source": "folder", "folder": "IN", "output_form": "../x"}, "no known form"),
    ],
)
def test_what_is_missing_is_one_sentence(
    rooms: Rooms, folder: Path, values: dict[str, str], words: str
) -> None:
    said = _begin(
        rooms, "anna", **{key: str(folder) if value == "IN" else value for key, value in values.items()}
    )
    assert words in said[rooms.batch._notice]
    assert rooms.batch._looked_at(_session(rooms, "anna")) is None


def test_folders_of_the_machine_are_for_the_person_at_it(rooms: Rooms, folder: Path) -> None:
    tab, stranger = rooms.batch, _of("anna", client="192.168.1.9")
    assert "A folder on this machine" not in last(tab._show(stranger))[tab._form]
    wanted = event_of(form="batch", task="read", source="folder", folder=str(folder), step="start")
    said = last(tab._begin(wanted, stranger))
    assert "Only the person at the machine" in said[tab._notice]
    assert tab._looked_at(_session(rooms, "anna")) is None
    _begin(rooms, "anna", source="folder", folder=str(folder))
    _settle(rooms, "anna")
    again = _act(rooms, stranger, "resume")
    assert "Only the person at the machine" in again[tab._notice] and not again[tab._clock].active


def test_folders_are_offered_to_nobody_else(rooms: Rooms, folder: Path) -> None:
    tab, option = rooms.batch, f'<option value="{folder}">'
    assert option in last(tab._show(_of("anna")))[tab._form]
    assert str(folder) not in last(tab._show(_of("anna", client="192.168.1.9")))[tab._form]


def test_what_was_paused_is_resumed_to_its_end(rooms: Rooms, tmp_path: Path) -> None:
    for number in range(3):
        write_pdf(tmp_path / "in" / f"{number}.pdf", [f"Page {number}"] * 40)
    tab = rooms.batch
    _begin(rooms, "anna", source="folder", folder=str(tmp_path / "in"))
    _act(rooms, _of("anna"), "pause")
    assert "Paused" in _settle(rooms, "anna")[tab._run]
    started = _act(rooms, _of("anna"), "resume")
    assert started[tab._notice] == "" and started[tab._clock].active
    assert "Finished" in _settle(rooms, "anna")[tab._run]
    outcomes = list(_run(rooms, "anna").outcomes())
    assert [(outcome.state, outcome.pages_done) for outcome in outcomes] == [(FileState.DONE, 40)] * 3


def test_what_failed_is_done_again_on_demand_only(
    rooms: Rooms, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = rooms.batch
    monkeypatch.setenv("DOCVLM_LIMIT_MAX_PAGES", "1")  # for a batch's own process; a.pdf has two
    _begin(rooms, "anna", source="folder", folder=str(folder))
    assert "2 failed" in _settle(rooms, "anna")[tab._progress]
    monkeypatch.delenv("DOCVLM_LIMIT_MAX_PAGES")
    _act(rooms, _of("anna"), "resume")
    assert "2 failed" in _settle(rooms, "anna")[tab._progress]
    started = _act(rooms, _of("anna"), "retry")
    assert started[tab._notice] == "" and started[tab._clock].active
    shown = _settle(rooms, "anna")
    assert "1 failed" in shown[tab._progress] and "Finished" in shown[tab._run]
    failed = [outcome.name for outcome in _run(rooms, "anna").outcomes() if outcome.state is FileState.FAILED]
    assert failed == ["broken.pdf"]


def test_only_failures_can_be_shown() -> None:
    known = [FileOutcome(state.value, "", None, state) for state in FileState]
    shown = BatchView(only_failed=True).passing(known)
    assert [outcome.state for outcome in shown] == [FileState.PARTIAL, FileState.FAILED]
    assert BatchView().passing(known) == known


@pytest.mark.browser
@pytest.mark.slow
def test_a_batch_goes_on_while_the_page_is_loaded_again(page: Page, samples: Path, tmp_path: Path) -> None:
    files = [write_pdf(tmp_path / f"letter {number}.pdf", [f"Letter {number}"] * 4) for number in range(12)]
    page.click("role=tab[name=Batch]")
    page.set_input_files("#batch-upload input[type=file]", files)
    page.wait_for_selector("#batch-form :text('12 ticked documents')", timeout=120_000)
    page.check("#batch-form [value=read]")
    page.click("#batch-form .primary")
    page.wait_for_selector("#batch-progress .meter", timeout=120_000)
    page.reload()
    page.click("role=tab[name=Batch]")
    page.wait_for_selector("#batch-run .batch-state.finished", timeout=120_000)
    assert "12 of 12" in page.inner_text("#batch-progress")
    with page.expect_download() as download:
        page.click('#batch-files [data-choice="save:txt"]')
    assert "Letter 11" in Path(download.value.path()).read_text()
    page.click('#batch-files button:has-text("letter 7.pdf")')
    page.wait_for_selector('.page-title:has-text("letter 7.pdf"):visible', timeout=120_000)


@pytest.mark.browser
@pytest.mark.slow
def test_a_folder_of_the_machine_is_offered_and_typed(page: Page, allowed: Path) -> None:
    page.click("role=tab[name=Batch]")
    page.check("#batch-form [value=folder]")
    offered = page.locator("#batch-folders option").evaluate_all("all => all.map((one) => one.value)")
    assert offered == [str(allowed), str(allowed / "march")]
    field = page.locator("#batch-form [name=folder]")
    assert field.evaluate("one => one.list.id") == "batch-folders"
    field.press_sequentially(offered[1])
    page.check("#batch-form [value=read]")
    page.click("#batch-form .primary")
    page.wait_for_selector("#batch-run .batch-state.finished", timeout=120_000)
    names = page.locator("#batch-files tbody button").all_inner_texts()
    assert sorted(names) == ["rent.pdf", "water.pdf"]
