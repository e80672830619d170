"""Which files a batch takes: all of a folder's documents, nothing from outside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from docvlm.batch.find import FoundFile, PassedOver, check_sources, find_files, printable
from docvlm.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    for name in ("b.pdf", "a.PDF", "notes.txt", ".hidden.pdf", "sub/c.png", "sub/.git/d.pdf"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def names(*sources: str, lines: list[str] | None = None) -> list[str]:
    return [found.name for found in find_files(sources, lines) if isinstance(found, FoundFile)]


def reasons(*sources: str) -> dict[str, str]:
    return {found.name: found.reason for found in find_files(sources) if isinstance(found, PassedOver)}


def test_a_folder_gives_its_documents_by_name(folder: Path) -> None:
    assert names(str(folder)) == ["a.PDF", "b.pdf", "sub/c.png"]


def test_documents_of_other_types_are_listed_and_are_no_failures(folder: Path) -> None:
    for name in ("contract.docx", "sub/IMG_1.HEIC", "~$contract.docx", "data.xlsx"):
        (folder / name).write_bytes(b"x")
    passed = [found for found in find_files([str(folder)]) if isinstance(found, PassedOver)]
    assert {found.name: found.reason for found in passed} == {
        "contract.docx": "contract.docx is of a type that cannot be opened. Export it as PDF.",
        "sub/IMG_1.HEIC": "sub/IMG_1.HEIC is of a type that cannot be opened. Save it as PNG or JPEG.",
    }
    assert not any(found.is_failure for found in passed)
    assert names(str(folder)) == ["a.PDF", "b.pdf", "sub/c.png"]


def test_files_globs_lists_and_standard_input(folder: Path, tmp_path: Path) -> None:
    assert names(str(folder / "notes.txt")) == ["notes.txt"]
    assert names(str(folder / "**" / "*.png")) == ["sub/c.png"]
    (tmp_path / "list.txt").write_text(f"{folder / 'b.pdf'}\n\n{folder / 'sub'}\r\n")
    assert names(f"@{tmp_path / 'list.txt'}") == ["b.pdf", "c.png"]
    assert names("-", lines=[f"{folder / 'b.pdf'}\n"]) == ["b.pdf"]


def test_files_of_one_name_in_several_folders_are_told_apart(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.pdf").write_bytes(b"x")
    own = folder.name
    assert names(str(folder), str(tmp_path / "other")) == [
        f"{own}/a.PDF",
        f"{own}/b.pdf",
        f"{own}/sub/c.png",
        "other/b.pdf",
    ]
    assert names(str(tmp_path / "*" / "b.pdf")) == [f"{own}/b.pdf", "other/b.pdf"]


def test_a_file_named_twice_is_found_once(folder: Path) -> None:
    assert names(str(folder), str(folder / "b.pdf"), str(folder)) == ["a.PDF", "b.pdf", "sub/c.png"]


@pytest.mark.parametrize("source", ["missing", "missing/*.pdf", "@missing.txt"])
def test_a_source_that_is_not_there_is_told(source: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="missing"):
        list(find_files([str(tmp_path / source) if "@" not in source else source]))


def test_nothing_outside_the_folder_is_reached(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.pdf").write_bytes(b"x")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "e.pdf").write_bytes(b"x")
    (folder / "link.pdf").symlink_to(tmp_path / "secret.pdf")
    (folder / "up").symlink_to(tmp_path)
    (folder / "inside.pdf").symlink_to(folder / "b.pdf")
    (folder / "dangling.pdf").symlink_to(folder / "gone.pdf")
    assert names(str(folder)) == ["a.PDF", "b.pdf", "inside.pdf", "sub/c.png"]
    assert reasons(str(folder)).keys() == {"link.pdf", "dangling.pdf"}
    assert "link out of the folder" in reasons(str(folder))["link.pdf"]


def test_pipes_and_devices_are_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe.pdf")
    assert reasons(str(folder)) == {"pipe.pdf": "pipe.pdf is a pipe or a device, not a file."}


def test_hostile_names_are_found_and_can_be_shown(folder: Path) -> None:
    hostile = ["new\nline.pdf", "\x1b[31mred.pdf", "=HYPERLINK(1).pdf", "-rf.pdf", "' ; rm.pdf"]
    hostile.append(os.fsdecode(b"not-utf8-\xff.pdf"))
    for name in hostile:
        (folder / name).write_bytes(b"x")
    found = names(str(folder))
    assert set(hostile) <= set(found)
    shown = [printable(name) for name in found]
    assert all(name.isprintable() for name in shown)
    assert "new\\nline.pdf" in shown and "not-utf8-\\udcff.pdf" in shown


def test_a_pattern_does_not_follow_links_to_folders(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    (tmp_path / "elsewhere" / "deep" / "e.pdf").write_bytes(b"x")
    (folder / "up").symlink_to(tmp_path / "elsewhere")
    assert names(str(folder / "**" / "*.pdf")) == ["b.pdf"]
    with pytest.raises(UsageError, match="Nothing matches"):
        names(str(folder / "*" / "deep" / "*.pdf"))
    # A link that the person named is no find of the pattern's.
    assert names(str(folder / "up" / "**" / "*.pdf")) == ["deep/e.pdf"]


@pytest.mark.parametrize("source", ["missing", "missing/*.pdf", "@missing.txt"])
def test_sources_are_checked_without_looking_through_them(source: str, folder: Path) -> None:
    check_sources([str(folder), "-", str(folder / "*.pdf")])
    with pytest.raises(UsageError, match="missing"):
        check_sources([str(folder), source])
