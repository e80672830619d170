"""Whole runs with real worker processes."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from docvlm.batch import Task
from docvlm.batch.estimate import estimate
from docvlm.batch.feed import Selection
from docvlm.batch.ledger import FileState
from docvlm.batch.run import BatchOptions, BatchSummary, run_batch
from docvlm.config import Limits, Settings
from docvlm.errors import UsageError
from docvlm.reading import READER_VERSION
from docvlm.schemas import load_schema
from docvlm.store import Store
from tests.batch.files import pdf_bytes, write_pdf
from tests.processes import left_after


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    write_pdf(folder / "a.pdf", ["Alpha one", "Alpha two"])
    write_pdf(folder / "sub" / "b.pdf", ["Beta"])
    return folder


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    yield
    assert left_after(10) == []


def run(folder: Path, settings: Settings, **options: object) -> BatchSummary:
    wanted = BatchOptions((str(folder),), Task.READ)
    return run_batch(replace(wanted, **options), settings)  # type: ignore[arg-type]


def states(summary: BatchSummary) -> dict[str, FileState]:
    return {outcome.name: outcome.state for outcome in summary.outcomes}


def test_a_folder_is_read_and_written(folder: Path, settings: Settings, tmp_path: Path) -> None:
    out, report = tmp_path / "out.jsonl", tmp_path / "report.html"
    summary = run(folder, settings, out=out, report=report)
    assert states(summary) == {"a.pdf": FileState.DONE, "sub/b.pdf": FileState.DONE}
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["file"] for line in lines] == ["a.pdf", "sub/b.pdf"]
    assert [[page["lines"][0]["text"] for page in line["pages"]] for line in lines] == [
        ["Alpha one", "Alpha two"],
        ["Beta"],
    ]
    assert summary.totals.pages == 3
    assert "2 done" in report.read_text()


def test_a_second_run_does_only_what_is_new(folder: Path, settings: Settings) -> None:
    run(folder, settings)
    write_pdf(folder / "c.pdf", ["Gamma"])
    write_pdf(folder / "a.pdf", ["Alpha changed"])
    summary = run(folder, settings)
    # First of all, so that a file that was given up on a busy machine says why.
    told = {each.name: (each.state, each.reason) for each in summary.outcomes}
    assert told == dict.fromkeys(["a.pdf", "c.pdf", "sub/b.pdf"], (FileState.DONE, None))
    assert summary.totals.kept == 1
    assert summary.totals.pages == 2
    with Store.open(settings.database_url) as store:
        assert [hit.name for hit in store.search("changed")] == ["a.pdf"]


def test_the_same_bytes_are_done_once_and_listed_under_every_name(
    folder: Path, settings: Settings, tmp_path: Path
) -> None:
    shutil.copy(folder / "a.pdf", folder / "copy of a.pdf")
    summary = run(folder, settings, out=tmp_path / "out.jsonl")
    assert states(summary) == dict.fromkeys(["a.pdf", "copy of a.pdf", "sub/b.pdf"], FileState.DONE)
    assert summary.totals.contents == 2
    assert summary.totals.pages == 3
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert written[0]["pages"] == written[1]["pages"]


def test_shards_share_the_contents_without_overlap(tmp_path: Path, settings: Settings) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(8):
        # The same bytes each time, as their hash decides which shard has a file.
        (many / f"{number}.pdf").write_bytes(pdf_bytes([f"Number {number}"], no_new_id=True))
    parts = [states(run(many, settings, selection=Selection(shard=(part, 2)))) for part in (1, 2)]
    assert sorted([*parts[0], *parts[1]]) == [f"{number}.pdf" for number in range(8)]
    assert parts[0] and parts[1]


def test_a_limit_is_kept_and_the_rest_comes_later(folder: Path, settings: Settings) -> None:
    assert run(folder, settings, limit=1).totals.states[FileState.WAITING] == 1
    assert run(folder, settings, limit=1).totals.states[FileState.DONE] == 2


def test_failed_files_are_tried_again_only_when_asked(folder: Path, settings: Settings) -> None:
    broken = folder / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nrubbish")
    first = run(folder, settings)
    assert states(first)["broken.pdf"] is FileState.FAILED
    assert run(folder, settings).totals.kept == 3
    again = run(folder, settings, selection=Selection(retry_failed=True))
    assert again.totals.kept == 2
    assert states(again)["broken.pdf"] is FileState.FAILED


def test_only_files_changed_since_are_taken(folder: Path, settings: Settings) -> None:
    summary = run(folder, settings, selection=Selection(modified_since=time.time() + 60))
    assert summary.outcomes == ()


def test_an_unknown_form_is_refused_before_the_work(folder: Path, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"out\.csv"):
        run(folder, settings, out=tmp_path / "out.csv")
    assert not settings.home.exists()


def test_a_run_that_could_not_end_well_does_not_begin(
    folder: Path, settings: Settings, tmp_path: Path
) -> None:
    wrong: list[dict[str, object]] = [
        {"out": tmp_path / "missing" / "out.jsonl"},
        {"report": tmp_path / "missing" / "report.html"},
        {"out": tmp_path / "out.jsonl", "sources": (str(folder), str(tmp_path / "missing"))},
        {"pages": "3-1"},
    ]
    for options in wrong:
        with pytest.raises(UsageError, match=r"missing|3-1"):
            run(folder, settings, **options)
        with pytest.raises(UsageError, match=r"missing|3-1"):
            estimate(replace(BatchOptions((str(folder),), Task.READ), **options), settings)  # type: ignore[arg-type]
    assert not settings.home.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_page_range_is_clipped_to_each_file(folder: Path, settings: Settings, tmp_path: Path) -> None:
    options = BatchOptions((str(folder),), Task.READ, pages="2-3")
    counted = estimate(options, settings)
    assert (counted.pages, counted.refused) == (1, 1)
    told = {each.name: each for each in run(folder, settings, pages="1-3").outcomes}
    assert {name: (each.state, each.pages_done) for name, each in told.items()} == {
        "a.pdf": (FileState.DONE, 2),
        "sub/b.pdf": (FileState.DONE, 1),
    }
    told = {each.name: each for each in run(folder, settings, pages="2-3").outcomes}
    assert told["a.pdf"].pages_done == 1
    assert told["sub/b.pdf"].state is FileState.FAILED
    assert "has 1 page, none of them in 2-3" in (told["sub/b.pdf"].reason or "")


@pytest.mark.slow
def test_an_extraction_goes_through_the_model(samples: Path, model_home: Path, tmp_path: Path) -> None:
    settings = Settings(model_home, f"sqlite:///{tmp_path / 'docvlm.sqlite'}")
    shutil.copy(samples / "receipt.jpg", tmp_path / "in.jpg")
    out = tmp_path / "out.csv"
    options = BatchOptions(
        (str(tmp_path / "in.jpg"),), Task.EXTRACT, schema=load_schema("company, total:amount"), out=out
    )
    summary = run_batch(options, settings)
    assert [outcome.state for outcome in summary.outcomes] == [FileState.DONE]
    (row,) = csv.DictReader(out.read_text().splitlines())
    assert row["document"] == "in.jpg" and {"company", "total"} <= row.keys()


def test_watching_takes_up_what_comes_and_ends_when_told(
    folder: Path, settings: Settings, tmp_path: Path
) -> None:
    """In a process of its own, because only a main thread can be told to stop."""
    out = tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "docvlm", "batch", str(folder), "--read", "--watch", "--out", str(out)]
    process = subprocess.Popen(
        [*command, "--workers", "1"],
        env={**os.environ, "DOCVLM_HOME": str(settings.home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    wait_for_lines(out, 2)
    write_pdf(tmp_path / "part.pdf", ["Late"])
    (tmp_path / "part.pdf").rename(folder / "late.pdf")
    wait_for_lines(out, 3)
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "3 done" in printed
    assert not list(tmp_path.glob(".*.part"))


def wait_for_lines(out: Path, count: int) -> None:
    deadline = time.monotonic() + 90
    while not out.exists() or len(out.read_text().splitlines()) < count:
        assert time.monotonic() < deadline, "the results did not come"
        threading.Event().wait(0.1)


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_given_up_and_its_pages_are_kept(
    folder: Path, settings: Settings
) -> None:
    write_pdf(folder / "z-long.pdf", [f"Page {number}" for number in range(2400)])
    summary = run(folder, settings, file_seconds=10.0)
    assert states(summary)["a.pdf"] is FileState.DONE
    long = next(outcome for outcome in summary.outcomes if outcome.name == "z-long.pdf")
    assert long.state is FileState.FAILED and long.exit_code == 5
    assert "took longer than 10 seconds" in (long.reason or "")
    assert 0 < long.pages_done < 2400
    with Store.open(settings.database_url) as store:
        document = next(each for each in store.list_documents() if each.name == "z-long.pdf")
        assert store.reading(document.id, 1, READER_VERSION) is not None


def test_a_dry_run_counts_and_keeps_nothing(folder: Path, settings: Settings) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nrubbish")
    shutil.copy(folder / "a.pdf", folder / "copy.pdf")
    counted = estimate(BatchOptions((str(folder),), Task.READ), settings)
    assert (counted.files, counted.contents, counted.refused) == (4, 2, 1)
    assert (counted.done, counted.pages) == (0, 3)
    assert counted.seconds is not None and counted.seconds > 0
    with Store.open(settings.database_url) as store:
        assert store.list_documents() == []
    run(folder, settings)
    assert estimate(BatchOptions((str(folder),), Task.READ), settings).done == 2


def test_a_dry_run_counts_what_the_same_options_would_do(folder: Path, settings: Settings) -> None:
    wanted = BatchOptions((str(folder),), Task.READ)
    assert estimate(replace(wanted, limit=1), settings).pages < estimate(wanted, settings).pages == 3
    strict = replace(settings, limits=Limits(max_pages=1))
    assert states(run(folder, strict)) == {"a.pdf": FileState.FAILED, "sub/b.pdf": FileState.DONE}
    assert estimate(wanted, settings).pages == 0
    assert estimate(replace(wanted, selection=Selection(retry_failed=True)), settings).pages == 2
