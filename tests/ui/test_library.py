from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from docvlm.pipeline import owned_identity
from docvlm.store import Store
from docvlm.types import Box, DocumentInfo, Line, Reading, ReadingSource, Word
from docvlm.ui.library import Library

CONTENT = b"%PDF-1.7 something"
ANNA, BELA = "a" * 32, "b" * 32


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "letter.pdf"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "documents", ANNA)


def _info(content: bytes, owner: str, name: str = "letter.pdf") -> DocumentInfo:
    identity = owned_identity(hashlib.sha256(content).hexdigest(), owner)
    return DocumentInfo(identity, name, "application/pdf", 1, len(content))


def test_same_bytes_are_kept_once(library: Library, source: Path, tmp_path: Path) -> None:
    first = library.keep(source, "letter.pdf")
    second = library.keep(source, "again.pdf")
    assert (first.is_new, second.is_new) == (True, False)
    assert first.path == second.path
    assert first.path.read_bytes() == CONTENT
    assert list((tmp_path / "documents" / ANNA).iterdir()) == [first.path]


def test_a_file_that_is_copied_or_deleted_just_now_is_not_listed(
    library: Library, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = []
    copy = shutil.copyfile

    def copy_and_list(*paths: str) -> None:
        copy(*paths)
        listed.extend(library.files())

    monkeypatch.setattr(shutil, "copyfile", copy_and_list)
    kept = library.keep(source, "letter.pdf")
    assert listed == []
    (tmp_path / "documents" / ANNA / "deleted").symlink_to("nowhere")
    assert [file.name for file in library.files()] == [kept.path.name]


def test_kept_files_are_for_the_program_only(library: Library, source: Path) -> None:
    kept = library.keep(source, "letter.pdf")
    assert kept.path.stat().st_mode & 0o077 == 0
    assert kept.path.parent.stat().st_mode & 0o077 == 0


def test_a_file_that_was_there_before_is_not_discarded(library: Library, source: Path) -> None:
    first = library.keep(source, "letter.pdf")
    library.discard(library.keep(source, "letter.pdf"))
    assert first.path.exists()
    library.discard(first)
    assert not first.path.exists()


def test_one_owner_never_reaches_a_document_of_another(
    library: Library, source: Path, tmp_path: Path
) -> None:
    bela = Library(tmp_path / "documents", BELA)
    library.keep(source, "letter.pdf")
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        number = store.add_document(_info(CONTENT, ANNA))
        words = (Word("secret", Box(0, 0, 9, 9)),)
        store.save_reading(number, Reading(1, ReadingSource.OCR, 9, 9, (Line(words),)), "r")
        assert [record.id for record in library.documents(store)] == [number]
        assert [hit.document_id for hit in library.search(store, "secret", 5)] == [number]
        assert bela.documents(store) == []
        assert bela.find(store, number) is None
        assert bela.search(store, "secret", 5) == []
        assert not bela.delete(store, number)
        assert store.document(number) is not None


def test_search_goes_on_until_enough_of_the_owners_documents_are_found(
    library: Library, tmp_path: Path
) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        words = (Word("total", Box(0, 0, 9, 9)),)
        for number in range(30):
            content = f"%PDF {number}".encode()
            owner = ANNA if number == 29 else BELA
            if owner == ANNA:
                (tmp_path / "mine.pdf").write_bytes(content)
                library.keep(tmp_path / "mine.pdf", "mine.pdf")
            document = store.add_document(_info(content, owner))
            store.save_reading(document, Reading(1, ReadingSource.OCR, 9, 9, (Line(words),)), "r")
        assert len(library.search(store, "total", 2)) == 1


def test_the_same_bytes_of_two_owners_are_two_documents(source: Path, tmp_path: Path) -> None:
    kept = [Library(tmp_path / "documents", owner).keep(source, "letter.pdf") for owner in (ANNA, BELA)]
    assert kept[0].path.name != kept[1].path.name


def test_deleting_leaves_nothing_behind(library: Library, source: Path, tmp_path: Path) -> None:
    library.keep(source, "letter.pdf")
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        number = store.add_document(_info(CONTENT, ANNA))
        library.keep_thumbnail(_info(CONTENT, ANNA).sha256, "data:image/jpeg;base64,AA==")
        assert library.thumbnails(library.documents(store)) == {number: "data:image/jpeg;base64,AA=="}
        assert library.delete(store, number)
        assert store.document(number) is None
    assert list((tmp_path / "documents" / ANNA).iterdir()) == []
