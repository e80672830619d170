"""Files that a label file of unknown origin names: only those inside its folder, and none too large."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from docvlm.atomic import write_atomically
from docvlm.errors import InputError, UsageError
from docvlm.ingest.file_type import HEAD_BYTES, FileType, detect_file_type
from finetune.data.json_lines import BrokenEntry

PICTURE_BYTES = 64 * 2**20
"""The most bytes of one picture inside a label file."""

PICTURE_SUFFIXES = {
    FileType.PNG: ".png",
    FileType.JPEG: ".jpg",
    FileType.WEBP: ".webp",
    FileType.BMP: ".bmp",
    FileType.GIF: ".gif",
    FileType.TIFF: ".tif",
}
_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST_STEM = 60


def file_inside(folder: Path, name: object) -> Path:
    """The file of that name in a folder or deeper, links followed.

    Raises:
        BrokenEntry: when there is no name, no such file, or it lies outside the folder.
    """
    if not isinstance(name, str) or not name.strip():
        raise BrokenEntry("does not name a file.")
    try:
        path = (folder / name).resolve()
        inside = path.is_relative_to(folder.resolve())
        there = path.is_file()
    except (OSError, ValueError) as error:  # too long, or with a null byte
        raise BrokenEntry(f"names {name[:80]!r}, which is no file name.") from error
    if not inside:
        raise BrokenEntry(f"names {name[:80]!r}, which lies outside {folder}.")
    if not there:
        raise BrokenEntry(f"names {name[:80]!r}, which is not there.")
    return path


def picture_suffix(data: bytes) -> str:
    """The ending for the bytes of a picture, told by its first bytes.

    Raises:
        BrokenEntry: when they are no picture that docvlm opens, or too many.
    """
    if len(data) > PICTURE_BYTES:
        raise BrokenEntry(f"has a picture of {len(data) / 2**20:.0f} MB; {PICTURE_BYTES // 2**20} are read.")
    try:
        file_type = detect_file_type(data[:HEAD_BYTES], "the picture")
    except InputError as error:
        raise BrokenEntry(f"has a picture that cannot be used: {error.message}") from error
    if file_type not in PICTURE_SUFFIXES:
        raise BrokenEntry("has a document where a picture should be.")
    return PICTURE_SUFFIXES[file_type]


def picture_name(stem: str, data: bytes, suffix: str) -> str:
    """A file name for a picture: readable, harmless, and of its own for other bytes."""
    mark = f"-{hashlib.sha256(data).hexdigest()[:8]}"
    plain = _UNSAFE.sub("-", Path(stem).name).strip("-. ") or "page"
    return f"{plain.removesuffix(mark)[:_LONGEST_STEM]}{mark}{suffix}"


def write_once(folder: Path, name: str, data: bytes) -> Path:
    """Write a file whose name tells its bytes; one that is there already stays.

    Raises:
        UsageError: when it cannot be written.
    """
    path = make_folder(folder) / name
    if not path.is_file() or path.stat().st_size != len(data):
        write_atomically(path, data)
    return path


def make_folder(folder: Path) -> Path:
    """The folder, made where it is missing.

    Raises:
        UsageError: when it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The folder {folder} cannot be made: {error.strerror}.", "Give a place you may write to."
        ) from error
    return folder
