"""Backups made while others write; restoring never loses what was there."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from docvlm.errors import StoreError
from docvlm.store import Store
from docvlm.store.backup import back_up, restore
from docvlm.store.maintenance import check_database, vacuum
from docvlm.store.migrate import VERSION_TABLE
from docvlm.types import DocumentInfo
from tests.store.filled import fill
from tests.store.test_concurrency import REPOSITORY, start_writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "docvlm.sqlite"


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def names(path: Path) -> list[str]:
    with Store.open(url_of(path)) as store:
        return sorted(record.name for record in store.list_documents())


def add(path: Path, name: str) -> None:
    with Store.open(url_of(path)) as store:
        store.add_document(DocumentInfo(name, name, "application/pdf", 1, 1))


def test_a_backup_made_while_another_process_writes_is_whole(path: Path, tmp_path: Path) -> None:
    writer = start_writer(url_of(path), "one", count=0)
    assert writer.stdout is not None and writer.stdout.readline() == "writing\n"
    try:
        copies = [back_up(url_of(path), tmp_path / f"{number}.sqlite") for number in range(3)]
    finally:
        writer.kill()
        writer.communicate(timeout=30)
    sizes = []
    for copy in copies:
        health = check_database(url_of(copy))
        assert health is not None and health.problems == ()
        with Store.open(url_of(copy)) as store:
            assert {len(record.extraction.fields) for record in store.extractions()} == {20}
        sizes.append(health.documents)
    assert sizes == sorted(sizes) and sizes[0] > 0


def test_a_backup_is_one_file_for_its_owner_and_goes_beside_the_database(path: Path) -> None:
    add(path, "a")
    copy = back_up(url_of(path))
    assert copy.parent == path.parent / "backups"
    assert list(copy.parent.iterdir()) == [copy]
    assert copy.stat().st_mode & 0o077 == 0


def test_a_backup_does_not_replace_a_file_unless_told(path: Path, tmp_path: Path) -> None:
    add(path, "a")
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        back_up(url_of(path), tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "mine"
    back_up(url_of(path), tmp_path / "mine", overwrite=True)


def test_restoring_needs_force_and_keeps_what_was_there(path: Path, tmp_path: Path) -> None:
    add(path, "a")
    copy = back_up(url_of(path), tmp_path / "copy.sqlite")
    add(path, "b")
    with pytest.raises(StoreError, match=r"There is a database.*--force"):
        restore(url_of(path), copy)
    assert names(path) == ["a", "b"]
    kept = restore(url_of(path), copy, overwrite=True)
    assert names(path) == ["a"]
    assert kept is not None and names(kept) == ["a", "b"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_restoring_twice_in_a_second_keeps_what_was_there_each_time(path: Path, tmp_path: Path) -> None:
    add(path, "a")
    copy = back_up(url_of(path), tmp_path / "copy.sqlite")
    add(path, "b")
    kept = [restore(url_of(path), copy, overwrite=True) for _ in range(3)]
    assert [names(each) for each in kept if each is not None] == [["a", "b"], ["a"], ["a"]]


def test_restoring_where_nothing_is(path: Path, tmp_path: Path) -> None:
    add(path, "a")
    copy = back_up(url_of(path), tmp_path / "copy.sqlite")
    elsewhere = tmp_path / "new" / "docvlm.sqlite"
    assert restore(url_of(elsewhere), copy) is None
    assert names(elsewhere) == ["a"]


def test_the_log_of_a_database_that_was_deleted_does_not_get_into_the_backup(
    path: Path, tmp_path: Path
) -> None:
    """SQLite takes whatever log lies beside a database for its own."""
    add(path, "a")
    copy = back_up(url_of(path), tmp_path / "copy.sqlite")
    with Store.open(url_of(path)) as store:
        store.add_document(DocumentInfo("b", "b", "application/pdf", 1, 1))
        log = Path(f"{path}-wal").read_bytes()
    path.unlink()
    Path(f"{path}-wal").write_bytes(log)  # as a crash leaves it
    kept = restore(url_of(path), copy)
    assert names(path) == ["a"]
    assert kept is not None and kept.read_bytes() == log


@pytest.mark.parametrize("fault", ["missing", "rubbish", "cut", "other program", "newer", "itself"])
def test_a_backup_that_is_none_changes_nothing(path: Path, tmp_path: Path, fault: str) -> None:
    with Store.open(url_of(path)) as store:
        fill(store, documents=40)
    copy = back_up(url_of(path), tmp_path / "copy.sqlite")
    if fault == "missing":
        copy.unlink()
    elif fault == "rubbish":
        copy.write_bytes(b"rubbish" * 1000)
    elif fault == "cut":
        copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    elif fault == "other program":
        copy.unlink()
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("CREATE TABLE moz_places (id)")
    elif fault == "newer":
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    else:
        copy = path
    before = path.read_bytes()
    with pytest.raises(StoreError) as caught:
        restore(url_of(path), copy, overwrite=True)
    assert caught.value.remedy
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["docvlm.sqlite"]


def test_a_database_that_is_open_elsewhere_is_not_replaced(path: Path, tmp_path: Path) -> None:
    add(path, "a")
    copy = back_up(url_of(path), tmp_path / "copy.sqlite")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url_of(path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None and holder.stdout.readline() == b"open\n"
    try:
        with pytest.raises(StoreError, match="in use by another process"):
            restore(url_of(path), copy, overwrite=True)
    finally:
        holder.communicate(timeout=30)
    restore(url_of(path), copy, overwrite=True)


HOLDER = """
import sys
from docvlm.store import Store
with Store.open(sys.argv[1]) as store:
    store.list_documents()
    print("open", flush=True)
    sys.stdin.read()
"""


def test_a_damaged_database_gives_way_to_its_backup(path: Path) -> None:
    with Store.open(url_of(path)) as store:
        fill(store, documents=40)
    copy = back_up(url_of(path))
    damaged = bytearray(path.read_bytes())
    damaged[8192:20480] = b"\xa5" * (20480 - 8192)
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match=rf"store restore {copy} --force"):
        Store.open(url_of(path))
    with pytest.raises(StoreError, match="damaged"):
        back_up(url_of(path), path.parent / "bad.sqlite")
    assert not (path.parent / "bad.sqlite").exists()
    kept = restore(url_of(path), copy, overwrite=True)
    assert kept is not None and kept.read_bytes() == bytes(damaged)
    assert len(names(path)) == 40


def test_vacuum_gives_space_back_and_loses_nothing(path: Path) -> None:
    with Store.open(url_of(path)) as store:
        fill(store, documents=120)
        for record in store.list_documents()[:100]:
            store.delete_document(record.id)
    done = vacuum(url_of(path))
    assert done.bytes_after < done.bytes_before / 2
    health = check_database(url_of(path))
    assert health is not None and health.documents == 20 and health.problems == ()


@pytest.mark.postgres
def test_postgres_is_vacuumed_checked_and_refers_to_its_own_backups(postgres_url: str) -> None:
    with Store.open(postgres_url) as store:
        fill(store)
    vacuum(postgres_url)
    health = check_database(postgres_url)
    assert health is not None and health.documents == 3 and health.byte_count > 0
    with pytest.raises(StoreError, match="pg_dump"):
        back_up(postgres_url)
