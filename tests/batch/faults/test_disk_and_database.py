"""A full disk, a locked or damaged database: one sentence, and nothing of what was kept is lost."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from docvlm.store.maintenance import check_database
from docvlm.store.write_ahead_log import find_damage
from tests.batch.faults.conftest import Batch
from tests.batch.faults.test_interruptions import (
    kept_pages,
    kill_with_all_its_children_left_to_themselves,
    moments_of_reading,
    wait_until,
)
from tests.batch.files import write_pdf
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.slow

Resize = Callable[[str], None]


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Resize]:
    """A disk of so many bytes at ``folder``."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield (
            lambda new: (
                subprocess.run(["mount", "-o", f"remount,size={new}", str(folder)], check=True) and None
            )
        )
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def write_long_files(folder: Path) -> None:
    text = " ".join(f"word{number}" for number in range(15))
    for number in range(4):
        write_pdf(folder / f"long-{number}.pdf", [f"{number} {page} {text}" for page in range(60)])


def assert_sound(home: Path) -> None:
    health = check_database(f"sqlite:///{home / 'docvlm.sqlite'}")
    assert health is not None and health.problems == ()


def test_a_disk_that_fills_up_ends_the_batch_and_keeps_what_was_read(batch: Batch) -> None:
    write_long_files(batch.folder)
    with small_disk(batch.home, "900k") as resize:
        code, error = batch.error()
        assert code == 7
        assert "The disk refused to write" in error and "free space" in error
        resize("64m")
        assert_sound(batch.home)
        before = moments_of_reading(batch.home)
        assert before, "it ended before it began"
        assert batch.run()["states"]["done"] == 5
        after = moments_of_reading(batch.home)
        assert len(after) == 4 * 60 + 2
        assert {page: after[page] for page in before} == before
        assert_sound(batch.home)


def test_results_that_find_no_room_leave_no_half_file(batch: Batch) -> None:
    write_long_files(batch.folder)
    disk = batch.home.parent / "small"
    with small_disk(disk, "16k"):
        code, error = batch.error("--out", str(disk / "out.jsonl"))
        assert code == 2
        assert "out.jsonl cannot be written" in error and "space" in error
        assert list(disk.iterdir()) == []
    again = batch.run("--out", str(batch.home.parent / "out.jsonl"))
    assert again["pages"] == 0 and again["kept"] == 5, "what was read is kept"


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked_by_another_process(database: Path) -> Iterator[None]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None and holder.stdout.readline() == b"locked\n"
    try:
        yield
    finally:
        holder.communicate(timeout=30)


def test_a_database_that_stays_locked_is_told_and_one_that_is_released_is_waited_for(batch: Batch) -> None:
    batch.run()
    database = batch.home / "docvlm.sqlite"
    write_pdf(batch.folder / "new.pdf", ["New"])
    with locked_by_another_process(database):
        code, error = batch.error()
    assert code == 7
    assert "locked by another process" in error and "try again" in error

    with locked_by_another_process(database):
        process = batch.start()
        threading.Event().wait(8)
        assert process.poll() is None
    printed, _ = batch.end(process)
    assert process.returncode == 0 and '"done": 2' in printed


def run_offered(command: str, batch: Batch) -> None:
    """Do what an error offered to do, word for word."""
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "docvlm"]
    subprocess.run(
        [sys.executable, *words[1:]],
        cwd=REPOSITORY,
        env={**os.environ, "DOCVLM_HOME": str(batch.home)},
        check=True,
        timeout=60,
        stdout=subprocess.DEVNULL,
    )


def test_a_damaged_database_is_refused_and_its_backup_offered(batch: Batch) -> None:
    write_long_files(batch.folder)
    batch.run()
    run_offered("python -m docvlm store backup", batch)
    database = batch.home / "docvlm.sqlite"
    damaged = bytearray(database.read_bytes())
    damaged[12288:40960] = os.urandom(40960 - 12288)
    database.write_bytes(damaged)

    code, error = batch.error()
    assert code == 7
    assert database.read_bytes() == bytes(damaged), "it is left as it is"
    match = re.search(r"is damaged or not a database\. Put the backup in its place with '([^']+)'", error)
    assert match is not None, error
    run_offered(match[1], batch)
    again = batch.run()
    assert again["states"]["done"] == 5 and again["pages"] == 0
    (kept,) = batch.home.glob("docvlm.before-*.sqlite")
    assert kept.read_bytes() == bytes(damaged)


def test_a_damaged_write_ahead_log_is_refused_and_what_can_be_read_offered(batch: Batch) -> None:
    write_long_files(batch.folder)
    process = batch.start()
    wait_until(lambda: len(kept_pages(batch.home)) > 60)
    kill_with_all_its_children_left_to_themselves(process)
    log = batch.home / "docvlm.sqlite-wal"
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 0x10
    log.write_bytes(content)
    assert find_damage(log) is not None

    code, error = batch.error()
    assert code == 7
    assert log.read_bytes() == bytes(content)
    match = re.search(r"write-ahead log .* is damaged .* keep what comes before with '([^']+)'", error)
    assert match is not None, error
    run_offered(match[1], batch)
    assert_sound(batch.home)
    assert batch.run()["states"]["done"] == 5
    assert len(kept_pages(batch.home)) == 4 * 60 + 2
