"""Links, pipes, devices and hostile names in a folder: only its own files are opened, all are told of."""

from __future__ import annotations

import contextlib
import json
import os
import stat

import pytest

from tests.batch.faults.conftest import Batch
from tests.batch.files import pdf_bytes, write_pdf

pytestmark = pytest.mark.slow

HOSTILE = ["new\nline.pdf", "\x1b[31mred.pdf", "=HYPERLINK(1).pdf", "-rf.pdf", "' ; rm -rf .pdf"]
HOSTILE += [os.fsdecode(b"not-utf8-\xff.pdf"), "n" * 250 + ".pdf"]


def test_what_is_no_file_of_the_folder_is_told_and_not_opened(batch: Batch) -> None:
    secret = write_pdf(batch.home.parent / "secret.pdf", ["Secret"])
    (batch.folder / "link.pdf").symlink_to(secret)
    (batch.folder / "up").symlink_to(batch.folder.parent)
    os.mkfifo(batch.folder / "pipe.pdf")
    expected = {"link.pdf": "link out of the folder", "pipe.pdf": "a pipe or a device"}
    with contextlib.suppress(PermissionError):  # only root may make one
        os.mknod(batch.folder / "zero.pdf", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
        expected["zero.pdf"] = "a pipe or a device"
    out = batch.home.parent / "out.jsonl"
    reasons = batch.reasons("--out", str(out))
    assert reasons.keys() == expected.keys()
    assert all(words in reasons[name] for name, words in expected.items())
    assert "Secret" not in out.read_text()


def test_files_with_hostile_names_are_read_under_names_that_can_be_shown(batch: Batch) -> None:
    for number, name in enumerate(HOSTILE):
        (batch.folder / name).write_bytes(pdf_bytes([f"Number {number}"]))
    out = batch.home.parent / "out.jsonl"
    assert batch.reasons("--out", str(out)) == {}
    files = [json.loads(line) for line in out.read_text().splitlines()]
    assert {file["status"] for file in files} == {"done"} and len(files) == len(HOSTILE) + 1
    assert all(file["file"].isprintable() for file in files)
