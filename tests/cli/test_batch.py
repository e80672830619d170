"""Options of ``docvlm batch`` that take a part of the files, as a person writes them."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pymupdf
import pytest

from docvlm.cli.main import main
from docvlm.errors import PasswordError
from docvlm.store import Store
from tests.batch.files import write_pdf

NOW = datetime.now().astimezone().replace(tzinfo=None)


@pytest.fixture
def folder(tmp_path: Path, home: Path) -> Path:
    """Three new files, and one that was last changed ten days ago."""
    for name in "abc":
        write_pdf(tmp_path / "in" / f"{name}.pdf", [name])
    old = write_pdf(tmp_path / "in" / "old.pdf", ["old"])
    ago = (NOW - timedelta(days=10)).timestamp()
    os.utime(old, (ago, ago))
    return tmp_path / "in"


def run(capsys: pytest.CaptureFixture[str], folder: Path, *options: str) -> dict[str, Any]:
    assert main(["batch", str(folder), "--read", "--workers", "1", "--json", *options]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def read_so_far(home: Path) -> list[str]:
    with Store.open(f"sqlite:///{home / 'docvlm.sqlite'}") as store:
        return sorted(document.name for document in store.list_documents())


@pytest.mark.parametrize(
    ("since", "files"),
    [
        ("7d", 3),
        ("12h", 3),
        ("11d", 4),
        (f"{NOW - timedelta(days=9):%Y-%m-%d}", 3),
        (f"{NOW - timedelta(days=12):%Y-%m-%d}", 4),
        (f"{NOW - timedelta(hours=2):%Y-%m-%dT%H:%M}", 3),
        (f"{NOW + timedelta(hours=2):%Y-%m-%dT%H:%M}", 0),
    ],
)
def test_since_takes_an_age_or_a_local_date(
    folder: Path, capsys: pytest.CaptureFixture[str], since: str, files: int
) -> None:
    assert run(capsys, folder, "--since", since, "--dry-run")["files"] == files


def test_since_in_a_run(folder: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, folder, "--since", "7d")["states"]["done"] == 3
    assert read_so_far(home) == ["a.pdf", "b.pdf", "c.pdf"]


def test_shards_share_the_files(folder: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(4):
        write_pdf(folder / f"{number}.pdf", [f"Number {number}"])
    planned = [run(capsys, folder, "--shard", f"{part}/3", "--dry-run")["files"] for part in (1, 2, 3)]
    assert sum(planned) == 8
    done = []
    for part in (1, 2, 3):
        done.append(run(capsys, folder, "--shard", f"{part}/3")["states"]["done"])
        assert len(read_so_far(home)) == sum(done)
    assert done == planned


def test_a_limit_takes_so_many_and_the_next_run_so_many_more(
    folder: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, folder, "--limit", "1", "--dry-run")["pages"] == 1
    assert not (home / "docvlm.sqlite").exists() or read_so_far(home) == []
    for expected in (1, 2):
        run(capsys, folder, "--limit", "1")
        assert len(read_so_far(home)) == expected


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--since", "yesterday", "'yesterday' is no date"),
        ("--since", "999999d", "'999999d' is no date"),
        ("--report", "a.pdf", "a.pdf does not end like a report"),
        ("--since", "7w", "'7w' is no date"),
        ("--since", "2026-13-01", "'2026-13-01' is no date"),
        ("--shard", "0/2", "'0/2' is no shard"),
        ("--shard", "3/2", "'3/2' is no shard"),
        ("--shard", "1-2", "'1-2' is no shard"),
        ("--limit", "0", "--limit must be above zero"),
        ("--workers", "-1", "--workers must be above zero"),
        ("--model-workers", "0", "--model-workers must be above zero"),
        ("--file-seconds", "0", "--file-seconds must be above zero"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_done(
    folder: Path, home: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, told: str
) -> None:
    assert main(["batch", str(folder), "--read", f"{option}={value}"]) == 2
    assert told in capsys.readouterr().err
    assert not (home / "docvlm.sqlite").exists()


def test_a_schema_without_a_name_is_no_question(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["batch", str(folder), "--schema", ""]) == 2
    assert "schema" in capsys.readouterr().err


def test_a_password_given_afterwards_opens_what_failed_for_want_of_it(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in" / "locked.pdf"
    path.parent.mkdir()
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "Hidden treasure")
        options = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "sesame", "owner_pw": "y"}
        document.save(path, **options)
    assert main(["batch", str(path.parent), "--read", "--workers", "1"]) == PasswordError.exit_code
    capsys.readouterr()
    assert run(capsys, path.parent, "--password", "sesame")["states"]["done"] == 1


def test_a_file_that_is_cut_off_is_done_and_named(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = tmp_path / "in" / "page.jpg"
    image.parent.mkdir()
    cv2.imwrite(str(image), np.full((900, 600, 3), 240, np.uint8))
    image.write_bytes(image.read_bytes()[:-300])
    lines = tmp_path / "out.jsonl"
    assert main(["batch", str(image.parent), "--read", "--workers", "1", "--out", str(lines)]) == 0
    assert "page.jpg: The image file is cut off" in capsys.readouterr().out
    written = json.loads(lines.read_text())
    assert written["status"] == "done" and "cut off" in written["reason"]
    assert main(["read", str(image)]) == 0
    assert "page 1: The image file is cut off" in capsys.readouterr().err


def test_a_folder_without_documents_is_told(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    assert main(["batch", str(tmp_path / "in"), "--read", "--workers", "1"]) == 0
    assert "No PDF or image was found." in capsys.readouterr().out
