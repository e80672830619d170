from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from docvlm.store import Store
from docvlm.types import DocumentInfo
from docvlm.ui.library import Library

CONTENT = b"%PDF-1.7 something"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "letter.pdf"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "documents")


def _info(content: bytes) -> DocumentInfo:
    return DocumentInfo(hashlib.sha256(content).hexdigest(), "letter.pdf", "application/pdf", 1, len(content))


def test_same_bytes_are_kept_once(library: Library, source: Path, tmp_path: Path) -> None:
    first = library.keep(source, "letter.pdf")
    second = library.keep(source, "again.pdf")
    assert (first.is_new, second.is_new) == (True, False)
    assert first.path == second.path
    assert first.path.read_bytes() == CONTENT
    assert list((tmp_path / "documents").iterdir()) == [first.path]


def test_kept_files_are_for_their_owner_only(library: Library, source: Path) -> None:
    kept = library.keep(source, "letter.pdf")
    assert kept.path.stat().st_mode & 0o077 == 0
    assert kept.path.parent.stat().st_mode & 0o077 == 0


def test_a_file_that_was_there_before_is_not_discarded(library: Library, source: Path) -> None:
    first = library.keep(source, "letter.pdf")
    library.discard(library.keep(source, "letter.pdf"))
    assert first.path.exists()
    library.discard(first)
    assert not first.path.exists()


def test_only_kept_documents_are_listed_and_opened(library: Library, source: Path, tmp_path: Path) -> None:
    library.keep(source, "letter.pdf")
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        kept = store.add_document(_info(CONTENT), str(source))
        elsewhere = store.add_document(replace(_info(b"other"), name="elsewhere.pdf"), "/etc/hostname")
        assert [record.id for record in library.documents(store)] == [kept]
        found = library.find(store, kept)
        assert found is not None and found.path.read_bytes() == CONTENT
        assert library.find(store, elsewhere) is None
        assert library.find(store, 999) is None


def test_a_kept_document_is_listed_however_many_others_the_store_knows(tmp_path: Path) -> None:
    source = tmp_path / "old.pdf"
    source.write_bytes(b"%PDF-old")
    library = Library(tmp_path / "documents")
    kept = library.keep(source, "old.pdf")
    with Store.open(f"sqlite:///{tmp_path / 'docvlm.sqlite'}") as store:
        for number in range(60):
            sha256 = kept.path.name if number == 0 else f"{number:064x}"
            store.add_document(DocumentInfo(sha256, f"{number}.pdf", "application/pdf", 1, 8))
        assert [record.sha256 for record in library.documents(store)] == [kept.path.name]
