"""Runs in processes of their own: started, watched from outside, paused, killed, resumed, deleted."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from docvlm.batch import Task
from docvlm.batch.find import NamedFile
from docvlm.batch.ledger import FileState
from docvlm.batch.runs import BatchRun, BatchRuns, RunRequest, RunState
from docvlm.batch.runs.handle import MOST_AT_ONCE
from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.pipeline import owned_identity
from docvlm.run_lock import process_of
from docvlm.store import Store
from tests.batch.files import write_pdf
from tests.processes import left_after

ANNA, BELA = "a" * 32, "b" * 32
SECONDS = 90
PASSWORD = "open sesame"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    write_pdf(folder / "a.pdf", ["Alpha one", "Alpha two"])
    write_pdf(folder / "sub" / "b.pdf", ["Beta"])
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nthis is no document\n")
    return folder


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    yield
    assert left_after(SECONDS) == []


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def request(folder: Path | None = None, files: tuple[NamedFile, ...] = (), owner: str = ANNA) -> RunRequest:
    created = datetime.now(UTC).isoformat()
    return RunRequest("Text", Task.READ, created, folder=str(folder or ""), files=files, owner=owner)


def finish(runs: BatchRuns, run: BatchRun, retry_failed: bool = False) -> dict[str, FileState]:
    runs.start(run, retry_failed)
    assert run.state is RunState.RUNNING
    until(lambda: not run.state.is_live)
    assert run.state is RunState.FINISHED, run.message
    return {outcome.name: outcome.state for outcome in run.outcomes()}


def test_a_folder_is_read_for_its_owner(folder: Path, settings: Settings, tmp_path: Path) -> None:
    runs = BatchRuns(settings, ANNA)
    run = runs.create(request(folder))
    assert run.state is RunState.NEW and run.progress is None
    states = finish(runs, run)
    assert states == {"a.pdf": FileState.DONE, "sub/b.pdf": FileState.DONE, "broken.pdf": FileState.FAILED}
    progress = run.progress
    assert progress is not None
    assert (progress.files, progress.pages, progress.done, progress.failed) == (3, 3, 2, 1)
    assert "broken.pdf" in run.report.read_text()
    with Store.open(settings.database_url) as store:
        (hit, *_) = store.search("beta")
        assert hit.name == "b.pdf"
        plain = {outcome.name: outcome.sha256 for outcome in run.outcomes()}["sub/b.pdf"]
        assert hit.sha256 == owned_identity(str(plain), ANNA) != plain
        run.write_results(store, tmp_path / "out.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    read = {line["file"]: [page["lines"][0]["text"] for page in line["pages"]] for line in lines}
    assert read == {"a.pdf": ["Alpha one", "Alpha two"], "broken.pdf": [], "sub/b.pdf": ["Beta"]}

    assert BatchRuns(settings, BELA).runs() == []
    (again,) = BatchRuns(settings, ANNA).runs()  # another process, or this page after it was loaded again
    assert again.id == run.id and again.state is RunState.FINISHED


def test_the_file_that_is_wanted_is_written_by_the_run_itself(folder: Path, settings: Settings) -> None:
    runs = BatchRuns(settings, ANNA)
    run = runs.create(replace(request(folder), output="Texts of April.jsonl"))
    assert run.results == ()
    finish(runs, run)  # and nobody looks at it any more
    (file,) = run.results
    assert file.parent.parent == run.folder
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["file"], line["status"]) for line in lines] == [
        ("a.pdf", "done"),
        ("broken.pdf", "failed"),
        ("sub/b.pdf", "done"),
    ]
    with pytest.raises(UsageError, match="names a folder"):
        replace(request(folder), output="../../b.jsonl")
    with pytest.raises(UsageError, match="no known form"):
        replace(request(folder), output="b.xlsx")


def test_files_have_the_names_that_their_owner_gave_them(folder: Path, settings: Settings) -> None:
    kept = folder / "0123abcd"
    (folder / "a.pdf").rename(kept)
    runs = BatchRuns(settings, ANNA)
    states = finish(runs, runs.create(request(files=(NamedFile(str(kept), "letter.pdf"),))))
    assert states == {"letter.pdf": FileState.DONE}
    with Store.open(settings.database_url) as store:
        assert [record.names for record in store.list_documents()] == [("letter.pdf",)]


def test_two_owners_of_the_same_file_have_a_document_each(folder: Path, settings: Settings) -> None:
    for owner in (ANNA, BELA):
        runs = BatchRuns(settings, owner)
        finish(runs, runs.create(request(folder, owner=owner)))
    with Store.open(settings.database_url) as store:
        assert len(store.list_documents("a.pdf")) == 2


def test_an_estimate_keeps_nothing(folder: Path, settings: Settings) -> None:
    runs = BatchRuns(settings, ANNA)
    run = runs.create(request(folder))
    runs.estimate(run)
    until(lambda: not run.state.is_live)
    found = run.estimate
    assert run.state is RunState.ESTIMATED and found is not None
    assert (found.files, found.contents, found.refused, found.pages) == (3, 2, 1, 3)
    assert found.seconds is not None and found.seconds > 0
    with Store.open(settings.database_url) as store:
        assert store.list_documents() == []


def test_a_paused_run_goes_on_where_it_was(tmp_path: Path, settings: Settings) -> None:
    for number in range(40):
        write_pdf(tmp_path / "many" / f"{number:02}.pdf", [f"Number {number}"] * 3)
    runs = BatchRuns(settings, ANNA)
    run = runs.create(request(tmp_path / "many"))
    runs.start(run)
    with pytest.raises(UsageError, match="going on already"):
        runs.start(run)
    until(lambda: (progress := run.progress) is not None and progress.finished > 0)
    run.pause()
    assert run.state in (RunState.PAUSING, RunState.PAUSED)
    until(lambda: not run.state.is_live)
    before = run.progress
    assert run.state is RunState.PAUSED and before is not None
    assert 0 < before.finished < 40
    states = finish(runs, run)
    assert list(states.values()) == [FileState.DONE] * 40
    after = run.progress
    assert after is not None and after.kept >= before.finished


def test_a_killed_run_is_told_and_resumed(folder: Path, settings: Settings) -> None:
    runs = BatchRuns(settings, ANNA)
    run = runs.create(request(folder))
    runs.start(run)
    pid = process_of(run.folder)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: not run.state.is_live)
    assert run.state is RunState.INTERRUPTED
    assert finish(runs, run)["a.pdf"] is FileState.DONE


def test_failures_are_tried_again_only_when_that_is_wanted(folder: Path, settings: Settings) -> None:
    write_secret(folder / "broken.pdf")
    runs = BatchRuns(settings, ANNA)
    run = runs.create(request(folder))
    kept = []
    for retry_failed in (False, False, True):
        assert finish(runs, run, retry_failed)["broken.pdf"] is FileState.FAILED
        progress = run.progress
        assert progress is not None
        kept.append(progress.kept)
    assert kept == [0, 3, 2]
    runs.start(run, retry_failed=True, password=PASSWORD)
    until(lambda: not run.state.is_live)
    assert {outcome.state for outcome in run.outcomes()} == {FileState.DONE}
    assert not any(PASSWORD.encode() in file.read_bytes() for file in run.folder.iterdir())


def write_secret(path: Path) -> None:
    """An encrypted PDF, which can be identified and not opened."""
    import pymupdf

    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "secret")
        document.save(path, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=PASSWORD, owner_pw="y")


def test_what_was_deleted_is_read_again(folder: Path, settings: Settings) -> None:
    runs = BatchRuns(settings, ANNA)
    run = runs.create(request(folder))
    finish(runs, run)
    with Store.open(settings.database_url) as store:
        (record,) = store.list_documents("a.pdf")
        store.delete_document(record.id)
    finish(runs, run)
    with Store.open(settings.database_url) as store:
        assert len(store.list_documents("a.pdf")) == 1
        assert [hit.name for hit in store.search("alpha two")] == ["a.pdf"]


def test_deleting_a_run_forgets_what_only_it_knew(folder: Path, settings: Settings) -> None:
    runs = BatchRuns(settings, ANNA)
    run, other = runs.create(request(folder)), runs.create(request(folder / "sub"))
    finish(runs, run)
    finish(runs, other)
    with Store.open(settings.database_url) as store:
        runs.delete(run, store)
        assert [record.name for record in store.list_documents()] == ["b.pdf"]
        runs.delete(other, store, keep=frozenset({store.list_documents()[0].sha256}))
        assert [record.name for record in store.list_documents()] == ["b.pdf"]
    assert runs.runs() == [] and not run.folder.exists()


def test_what_cannot_be_done_is_one_sentence(settings: Settings, tmp_path: Path) -> None:
    runs = BatchRuns(settings, ANNA)
    run = runs.create(request(tmp_path / "gone"))
    runs.start(run)
    until(lambda: not run.state.is_live)
    assert run.state is RunState.FAILED
    assert run.message.startswith("There is no file or folder")
    with pytest.raises(UsageError, match="no files"):
        request()


def test_only_so_many_run_at_once(tmp_path: Path, settings: Settings) -> None:
    for number in range(30):
        write_pdf(tmp_path / "many" / f"{number}.pdf", [f"Number {number}"] * 5)
    runs = BatchRuns(settings, ANNA)
    going = [runs.create(request(tmp_path / "many")) for _ in range(MOST_AT_ONCE)]
    for run in going:
        runs.start(run)
    with pytest.raises(UsageError, match="going on already"):
        others = BatchRuns(settings, BELA)
        others.start(others.create(request(tmp_path / "many", owner=BELA)))
    with pytest.raises(UsageError, match="Pause it first"), Store.open(settings.database_url) as store:
        runs.delete(going[0], store)
    for run in going:
        run.pause()
    until(lambda: not any(run.state.is_live for run in going))


def test_a_damaged_folder_is_left_out(settings: Settings, folder: Path) -> None:
    runs = BatchRuns(settings, ANNA)
    run = runs.create(request(folder))
    (run.folder / "request.json").write_text("{")
    assert runs.runs() == [] and runs.find(run.id) is None
