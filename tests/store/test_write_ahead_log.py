"""The write-ahead log: whole ones of every kind are taken, damage before later changes is refused."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from docvlm.errors import StoreError
from docvlm.store import Store
from docvlm.store.backup import salvage
from docvlm.store.write_ahead_log import find_damage
from docvlm.types import DocumentInfo
from tests.store.test_concurrency import start_writer

FRAME = 4096 + 24
HEADER = 32


@pytest.fixture
def left_behind(tmp_path: Path) -> Path:
    """A database as a crash leaves it, with forty changes in its log."""
    live = tmp_path / "live.sqlite"
    with Store.open(f"sqlite:///{live}") as store:
        for number in range(40):
            store.add_document(DocumentInfo(f"{number:03}", f"{number}.pdf", "application/pdf", 1, 1))
        crashed = tmp_path / "crashed" / "docvlm.sqlite"
        crashed.parent.mkdir()
        for ending in ("", "-wal"):
            shutil.copy(f"{live}{ending}", f"{crashed}{ending}")
    return crashed


@pytest.fixture
def log(left_behind: Path) -> Path:
    return Path(f"{left_behind}-wal")


def flip(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 0x10
    path.write_bytes(content)


def documents(path: Path) -> int:
    with Store.open(f"sqlite:///{path}") as store:
        return len(store.list_documents())


def test_a_log_that_a_crash_left_is_whole(left_behind: Path, log: Path) -> None:
    assert log.stat().st_size > 20 * FRAME
    assert find_damage(log) is None
    assert documents(left_behind) == 40


@pytest.mark.parametrize("size", [0, 5, HEADER, HEADER + 24])
def test_a_log_without_a_whole_change_is_none(log: Path, size: int) -> None:
    os.truncate(log, size)
    assert find_damage(log) is None


def test_a_log_that_ends_in_the_midst_of_a_change_is_taken(left_behind: Path, log: Path) -> None:
    os.truncate(log, log.stat().st_size - FRAME - 100)
    assert find_damage(log) is None
    assert 30 < documents(left_behind) < 40


@pytest.mark.parametrize("byte_order", ["little", "big"])
def test_checksums_are_those_of_sqlite_in_either_byte_order(tmp_path: Path, byte_order: str) -> None:
    """SQLite writes its machine's order; the other is made here, step by step as the format says."""
    database = tmp_path / "a.sqlite"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (a)")
        for number in range(30):
            connection.execute("INSERT INTO t VALUES (?)", ("x" * 50 * number,))
        data = bytearray(Path(f"{database}-wal").read_bytes())
    data[3] = 0x83 if byte_order == "big" else 0x82
    state = (0, 0)
    for start in (0, *range(HEADER, len(data), FRAME)):
        length = HEADER - 8 if start == 0 else FRAME
        parts = [data[:length]] if start == 0 else [data[start : start + 8], data[start + 24 : start + FRAME]]
        state = checksum(b"".join(parts), state, byte_order)
        place = HEADER - 8 if start == 0 else start + 16
        data[place : place + 8] = b"".join(value.to_bytes(4, "big") for value in state)
    (tmp_path / "log").write_bytes(data)
    assert find_damage(tmp_path / "log") is None
    flip(tmp_path / "log", HEADER + FRAME + 500)
    assert str(find_damage(tmp_path / "log")) == "at change 2"


def checksum(data: bytes, state: tuple[int, int], byte_order: str) -> tuple[int, int]:
    s0, s1 = state
    for start in range(0, len(data), 8):
        s0 = (s0 + int.from_bytes(data[start : start + 4], byte_order) + s1) % 2**32  # type: ignore[arg-type]
        s1 = (s1 + int.from_bytes(data[start + 4 : start + 8], byte_order) + s0) % 2**32  # type: ignore[arg-type]
    return s0, s1


@pytest.mark.parametrize(
    "offset", [0, 20, 30, HEADER + 2, HEADER + 9, HEADER + 18, HEADER + 2 * FRAME + 2000]
)
def test_damage_before_later_changes_is_refused_and_nothing_is_changed(
    left_behind: Path, log: Path, offset: int
) -> None:
    flip(log, offset)
    before = log.read_bytes(), left_behind.read_bytes()
    with pytest.raises(StoreError, match=r"write-ahead log .* is damaged .*store restore .*store salvage"):
        Store.open(f"sqlite:///{left_behind}")
    assert (log.read_bytes(), left_behind.read_bytes()) == before


def test_salvaging_goes_on_with_what_comes_before_and_keeps_the_rest(left_behind: Path, log: Path) -> None:
    flip(log, log.stat().st_size - 10 * FRAME)
    kept = salvage(f"sqlite:///{left_behind}")
    assert 20 < documents(left_behind) < 40
    assert find_damage(Path(f"{kept}-wal")) is not None
    with pytest.raises(StoreError, match="is not damaged"):
        salvage(f"sqlite:///{left_behind}")


def test_where_nothing_can_be_salvaged_all_stays_in_its_place(left_behind: Path, log: Path) -> None:
    """Else the next start would make an empty database there, without a word."""
    flip(log, HEADER + 10 * FRAME + 500)
    left_behind.write_bytes(b"\xa5" * left_behind.stat().st_size)
    before = left_behind.read_bytes(), log.read_bytes()
    with pytest.raises(StoreError, match="is damaged or not a database"):
        salvage(f"sqlite:///{left_behind}")
    assert (left_behind.read_bytes(), log.read_bytes()) == before


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "busy.sqlite"
    writer = start_writer(f"sqlite:///{path}", "one", count=0)
    assert writer.stdout is not None and writer.stdout.readline() == "writing\n"
    yield path
    writer.kill()
    writer.communicate(timeout=30)


def test_a_log_that_is_written_to_is_not_taken_for_damaged(busy: Path) -> None:
    for _ in range(60):
        Store.open(f"sqlite:///{busy}").close()
