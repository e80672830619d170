"""Checksums beside files that are unpacked once and then only read, so that damage can be told.

Loading checks the weights that docvlm brings along, not the language model, whose time it would double;
``python -m docvlm doctor`` checks both.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

CHECKSUMS_FILE = "SHA256SUMS"


def write_checksums(folder: Path) -> None:
    """Write down the SHA-256 of every file in ``folder``, in the form of ``sha256sum``."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != CHECKSUMS_FILE)
    lines = [f"{_sha256(path)}  {path.name}\n" for path in files]
    (folder / CHECKSUMS_FILE).write_text("".join(lines), encoding="utf-8")


def has_checksums(folder: Path) -> bool:
    return (folder / CHECKSUMS_FILE).is_file()


def damaged_files(folder: Path) -> list[str]:
    """The files that are missing or no longer what they were; empty also where nothing was written down."""
    if not has_checksums(folder):
        return []
    lines = (folder / CHECKSUMS_FILE).read_text(encoding="utf-8").splitlines()
    expected = [line.split("  ", 1) for line in lines]
    return [name for checksum, name in expected if _sha256(folder / name) != checksum]


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
