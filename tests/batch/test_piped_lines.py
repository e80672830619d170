"""A list of files on a pipe whose writer takes its time."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from docvlm.batch.find import FoundFile, find_files
from docvlm.batch.piped_lines import PipedLines
from docvlm.batch.watch import watch_files
from tests.batch.files import write_pdf
from tests.processes import left_after


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def test_lines_come_one_by_one_and_nobody_waits(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    lines = PipedLines(reading)
    coming = lines.as_they_come()
    assert next(coming) is None
    os.write(writing, b"a.pdf\nb \xff.pdf\nc.")
    until(lambda: len(lines.so_far()) == 2)
    assert [next(coming), next(coming), next(coming)] == ["a.pdf", os.fsdecode(b"b \xff.pdf"), None]
    os.write(writing, b"pdf")
    os.close(writing)
    rest = [line for line in coming if line is not None]
    assert rest == ["c.pdf"] and lines.so_far()[-1] == "c.pdf"


def test_a_descriptor_that_is_closed_is_an_empty_list() -> None:
    assert [line for line in PipedLines(999).as_they_come() if line] == []


def test_files_are_found_while_the_writer_still_writes(pipe: tuple[int, int], tmp_path: Path) -> None:
    reading, writing = pipe
    file = write_pdf(tmp_path / "a.pdf", ["Alpha"])
    found = find_files(["-"], PipedLines(reading).as_they_come())
    assert next(found) is None
    os.write(writing, f"{file}\n".encode())
    assert next(each for each in found if each is not None).path == str(file)
    os.close(writing)
    assert [each for each in found if each is not None] == []


def test_a_watch_takes_up_what_the_pipe_names(pipe: tuple[int, int], tmp_path: Path) -> None:
    reading, writing = pipe
    file = write_pdf(tmp_path / "a.pdf", ["Alpha"])
    watch = watch_files(["-"], look_seconds=0.05, lines=PipedLines(reading))
    assert next(watch) is None
    os.write(writing, f"{file}\n".encode())
    os.close(writing)
    given = next(each for each in watch if each is not None)
    assert isinstance(given, FoundFile) and given.path == str(file)


def states(home: Path) -> set[str]:
    with closing(sqlite3.connect(home / "docvlm.sqlite")) as connection:
        try:
            return {str(state) for (state,) in connection.execute("SELECT state FROM work_units")}
        except sqlite3.OperationalError:  # before the tables are there
            return set()


def test_a_slow_pipe_holds_nothing_up_and_the_first_interrupt_ends_the_run(tmp_path: Path) -> None:
    file = write_pdf(tmp_path / "a.pdf", ["Alpha"])
    home, out = tmp_path / "home", tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "docvlm", "batch", "-", "--read", "--json", "--out", str(out)]
    process = subprocess.Popen(
        [*command, "--workers", "1"],
        env={**os.environ, "DOCVLM_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    print(file, file=process.stdin, flush=True)
    # The pipe stays open: what came through it is done all the same, and kept.
    until(lambda: (home / "docvlm.sqlite").exists() and "done" in states(home))
    process.send_signal(signal.SIGINT)
    printed = process.stdout.read()
    assert process.wait(timeout=30) == 130
    summary = json.loads(printed)
    assert summary["stopped"] is True and summary["states"]["done"] == 1
    assert json.loads(out.read_text())["file"] == "a.pdf"
    process.stdin.close()
    assert left_after(10) == []
