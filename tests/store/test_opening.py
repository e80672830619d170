"""Opening: new, again, newer, damaged, foreign, locked; the tables are those of the models."""

from __future__ import annotations

import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from docvlm.errors import StoreError
from docvlm.store import Store
from docvlm.store.database import Database
from docvlm.store.migrate import HEAD, VERSION_TABLE, alembic_config, current_revision, is_compared, migrate
from docvlm.store.tables import Base
from docvlm.types import DocumentInfo

DOCUMENT = DocumentInfo("ab" * 32, "a.pdf", "application/pdf", 1, 10)


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    return tmp_path / "docvlm.sqlite"


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def test_what_was_saved_is_there_when_opened_again(database_url: str) -> None:
    with Store.open(database_url) as store:
        store.add_document(DOCUMENT)
    with Store.open(database_url) as store:
        assert [record.name for record in store.list_documents()] == ["a.pdf"]


def test_the_migrations_make_the_tables_of_the_models(database_url: str) -> None:
    database = Database(database_url, wait_seconds=5)
    migrate(database)
    with database.connection() as connection:
        assert current_revision(connection) == HEAD
        context = MigrationContext.configure(
            connection, opts={"include_object": is_compared, "version_table": VERSION_TABLE}
        )
        assert compare_metadata(context, Base.metadata) == []
        scripts = ScriptDirectory.from_config(alembic_config(connection))
        assert scripts.get_current_head() == HEAD
    database.close()


def test_every_older_revision_is_brought_up_to_date(database_url: str) -> None:
    database = Database(database_url, wait_seconds=5)
    with database.connection() as connection:
        scripts = ScriptDirectory.from_config(alembic_config(connection))
        revisions = [script.revision for script in scripts.walk_revisions()]
    for revision in [*revisions, "base"]:
        _empty(database)
        _upgrade_to(database, revision)
        with Store.open(database_url) as store:
            store.add_document(DOCUMENT)
            assert len(store.list_documents()) == 1
    database.close()


def test_documents_of_an_older_file_keep_their_numbers_and_all_that_is_theirs(sqlite_url: str) -> None:
    database = Database(sqlite_url, wait_seconds=5)
    _upgrade_to(database, "0003")
    with database.connection() as connection:
        for statement in (
            "INSERT INTO documents VALUES (3, 'aa', 'application/pdf', 1, 9, '2026-05-01 12:00:00')",
            "INSERT INTO documents VALUES (7, 'bb', 'image/png', 2, 8, '2026-05-02 12:00:00')",
            "INSERT INTO document_names VALUES (1, 3, 'a.pdf', '', '2026-05-01 12:00:00')",
            "INSERT INTO document_names VALUES (2, 7, 'b.png', '', '2026-05-02 12:00:00')",
            "INSERT INTO labels VALUES (1, 7, 'field', 'total', '9', 1, '[]', 'corrected', '2026-05-02')",
            "INSERT INTO search_entries VALUES (1, 3, 1, NULL, 'Total', 'total')",
        ):
            connection.execute(text(statement))
    before = _rows(database)
    migrate(database)
    assert _rows(database) == before
    with database.connection() as connection:
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    database.close()

    with Store.open(sqlite_url) as store:
        assert [(record.id, record.name) for record in store.list_documents()] == [(7, "b.png"), (3, "a.pdf")]
        assert [hit.document_id for hit in store.search("total")] == [3]
        assert store.add_document(DocumentInfo("aa", "c.pdf", "application/pdf", 1, 9)) == 3
        store.delete_document(7)
        assert store.labels() == []
        assert store.add_document(DOCUMENT) > 7


def _rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the tables that all revisions of the test have."""
    tables = ("documents", "document_names", "labels", "search_entries")
    with database.connection(read_only=True) as connection:
        return {
            table: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]
            for table in tables
        }


def test_a_change_of_tables_is_refused_where_it_would_take_rows_of_others_with_it(sqlite_url: str) -> None:
    database = Database(sqlite_url, wait_seconds=5)
    with pytest.raises(RuntimeError, match="references"), database.connection() as connection:
        from alembic import command

        command.upgrade(alembic_config(connection), "head")
    database.close()


def _empty(database: Database) -> None:
    if database.is_sqlite:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{database.url.database}{suffix}").unlink(missing_ok=True)
        database.close()
        return
    with database.connection() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


def _upgrade_to(database: Database, revision: str) -> None:
    from alembic import command

    if revision != "base":
        with database.changing_tables() as connection:
            command.upgrade(alembic_config(connection), revision)


def test_a_newer_database_is_left_alone(database_url: str) -> None:
    Store.open(database_url).close()
    database = Database(database_url, wait_seconds=5)
    with database.connection() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer docvlm \(revision 9999\).*Update docvlm"):
        Store.open(database_url)
    with database.connection() as connection:
        assert current_revision(connection) == "9999"
    database.close()


def test_a_failed_migration_leaves_nothing_half_made(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(database_url, wait_seconds=5)
    with pytest.raises(RuntimeError, match="power cut"), database.changing_tables() as connection:
        from alembic import command

        command.upgrade(alembic_config(connection), "head")
        raise RuntimeError("power cut")
    with database.connection() as connection:
        assert current_revision(connection) is None
    database.close()
    Store.open(database_url).close()


@pytest.mark.postgres
def test_a_clashing_table_in_postgres_is_told(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE unrelated (id int)")
    Store.open(postgres_url).close()

    with psycopg.connect(postgres_url) as connection:
        connection.execute(f"DROP TABLE {VERSION_TABLE}")
    with pytest.raises(StoreError, match="another program"):
        Store.open(postgres_url)


def test_a_file_of_another_program_is_left_alone(sqlite_path: Path) -> None:
    with closing(sqlite3.connect(sqlite_path)) as connection:
        connection.execute("CREATE TABLE moz_places (id)")
    with pytest.raises(StoreError, match=r"another program \(moz_places\)"):
        Store.open(url_of(sqlite_path))


def test_file_and_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "home" / "docvlm.sqlite"
    with Store.open(url_of(path)) as store:
        store.add_document(DOCUMENT)
        modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert modes["docvlm.sqlite"] == modes["docvlm.sqlite-wal"] == 0o600


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7 not a database at all" * 40, b"SQLite format 3\0" + b"?" * 500]
)
def test_a_file_that_is_no_database_is_told(sqlite_path: Path, content: bytes) -> None:
    sqlite_path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged or not a database"):
        Store.open(url_of(sqlite_path))
    assert sqlite_path.read_bytes() == content


def test_a_damaged_file_is_told(sqlite_path: Path) -> None:
    with Store.open(url_of(sqlite_path)) as store:
        for number in range(200):
            store.add_document(DocumentInfo(f"{number:064}", "a.pdf", "application/pdf", 1, 10))
    content = bytearray(sqlite_path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    sqlite_path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"), Store.open(url_of(sqlite_path)) as store:
        store.list_documents()


def test_a_lock_is_waited_for_then_told(sqlite_path: Path) -> None:
    with Store.open(url_of(sqlite_path), wait_seconds=0.3) as store:
        with closing(sqlite3.connect(sqlite_path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="locked by another process"):
                store.add_document(DOCUMENT)
            assert store.list_documents() == []  # reading goes on
            Store.open(url_of(sqlite_path), wait_seconds=0.3).close()  # and so does opening
            other.execute("ROLLBACK")
        store.add_document(DOCUMENT)


@pytest.mark.postgres
def test_a_postgres_lock_is_waited_for_then_told(postgres_url: str) -> None:
    with Store.open(postgres_url, wait_seconds=0.3) as store, psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE documents IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StoreError, match="locked by another process"):
            store.add_document(DOCUMENT)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "not understood"),
        ("", "not understood"),
        ("mysql://user@host/name", "'mysql' are not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////proc/docvlm/x.sqlite", "cannot be made"),
        ("postgresql://docvlm:secret@127.0.0.1:1/none", "refused"),
    ],
)
def test_a_url_that_cannot_be_used_is_told(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        Store.open(url)
    assert caught.value.remedy
    assert "secret" not in str(caught.value)


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        Store.open(url_of(tmp_path))


def test_damage_in_a_large_file_is_found_where_that_is_wanted(sqlite_path: Path) -> None:
    """As a batch wants it, which would build on it for hours."""
    with Store.open(url_of(sqlite_path)) as store:
        store.add_document(DOCUMENT)
    with closing(sqlite3.connect(sqlite_path)) as connection:
        connection.execute("CREATE TABLE filling (content BLOB)")
        connection.executemany("INSERT INTO filling VALUES (zeroblob(?))", [(2**20,)] * 65)
        connection.commit()
    told: list[str] = []
    Store.open(url_of(sqlite_path), check_whole=True, report=told.append).close()
    assert len(told) == 1 and re.fullmatch(r"Checking the database for damage \(6\d MiB\)\.", told[0])

    with sqlite_path.open("r+b") as file:
        file.seek(40 * 2**20)
        file.write(b"\xff" * 4096)
    Store.open(url_of(sqlite_path)).close()
    with pytest.raises(StoreError, match="is damaged"):
        Store.open(url_of(sqlite_path), check_whole=True)
