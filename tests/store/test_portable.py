"""Everything that is kept goes from one database to another, of the other kind too, and comes back equal."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from docvlm.errors import StoreError
from docvlm.store import Store
from docvlm.store.database import Database
from docvlm.store.portable import export_database, import_database
from docvlm.store.tables import Base
from docvlm.types import DocumentInfo
from tests.store.filled import fill


def all_rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    database = Database(url, wait_seconds=5)
    try:
        with database.connection(read_only=True) as connection:
            return {
                table.name: [
                    tuple(row)
                    for row in connection.execute(select(table).order_by(*table.primary_key.columns))
                ]
                for table in Base.metadata.sorted_tables
            }
    finally:
        database.close()


@pytest.fixture
def full_url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'full.sqlite'}"
    with Store.open(url) as store:
        fill(store)
    return url


def test_every_row_goes_over_and_comes_back(full_url: str, database_url: str, tmp_path: Path) -> None:
    before = all_rows(full_url)
    assert all(before.values()), "a table without rows proves nothing"
    moved = export_database(full_url, tmp_path / "out.jsonl.gz")
    assert import_database(database_url, tmp_path / "out.jsonl.gz") == moved
    assert all_rows(database_url) == before

    export_database(database_url, tmp_path / "back.jsonl")
    back_url = f"sqlite:///{tmp_path / 'back.sqlite'}"
    import_database(back_url, tmp_path / "back.jsonl")
    assert all_rows(back_url) == before


def test_what_was_imported_can_be_searched_and_added_to(
    full_url: str, database_url: str, tmp_path: Path
) -> None:
    export_database(full_url, tmp_path / "out.jsonl")
    import_database(database_url, tmp_path / "out.jsonl")
    with Store.open(database_url) as store:
        assert len(store.search("total")) == 6  # three pages, three answers
        last = max(record.id for record in store.list_documents())
        assert store.add_document(DocumentInfo("new", "new.pdf", "application/pdf", 1, 1)) > last
        assert store.delete_document(last)


def test_a_database_that_holds_anything_is_not_imported_into(
    full_url: str, database_url: str, tmp_path: Path
) -> None:
    export_database(full_url, tmp_path / "out.jsonl")
    with Store.open(database_url) as store:
        store.add_document(DocumentInfo("new", "new.pdf", "application/pdf", 1, 1))
    before = all_rows(database_url)
    with pytest.raises(StoreError, match="is not empty"):
        import_database(database_url, tmp_path / "out.jsonl")
    assert all_rows(database_url) == before


@pytest.mark.parametrize("damage", ["cut", "line gone", "rubbish", "not gzip", "other columns", "newer"])
def test_a_damaged_file_changes_nothing(
    full_url: str, database_url: str, tmp_path: Path, damage: str
) -> None:
    name = tmp_path / "out.jsonl.gz"
    export_database(full_url, name)
    lines = gzip.decompress(name.read_bytes()).decode().splitlines(keepends=True)
    content = {
        "cut": name.read_bytes()[:-200],
        "line gone": gzip.compress("".join(lines[:3] + lines[4:]).encode()),
        "rubbish": gzip.compress("".join([*lines[:5], "{]\n", *lines[5:]]).encode()),
        "not gzip": b"not gzip",
        "other columns": gzip.compress("".join(lines).replace('"media_type"', '"kind"').encode()),
        "newer": gzip.compress("".join(lines).replace('"revision":"', '"revision":"9').encode()),
    }[damage]
    name.write_bytes(content)
    with pytest.raises(StoreError, match="revision" if damage == "newer" else "nothing was imported"):
        import_database(database_url, name)
    assert not any(all_rows(database_url).values())


def test_a_file_that_is_there_is_kept_unless_told_otherwise(full_url: str, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        export_database(full_url, out)
    assert out.read_text() == "mine"
    export_database(full_url, out, overwrite=True)
    assert out.stat().st_mode & 0o777 == 0o600


def test_nothing_is_made_where_there_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database"):
        export_database(f"sqlite:///{tmp_path / 'none.sqlite'}", tmp_path / "out.jsonl")
    assert list(tmp_path.iterdir()) == []
