"""Label files entry by entry: one that cannot be used is told by its place, and the others go on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from docvlm.errors import InputError, LimitError

Json = dict[str, Any]
LABEL_FILE_BYTES = 512 * 2**20
"""The most bytes of a label file; its documents lie beside it and do not count."""

LONGEST_SENTENCE = 400
Entry = TypeVar("Entry")
Report = Callable[[str], None]
"""Called with one sentence for each entry that is left out."""


class BrokenEntry(Exception):
    """What is wrong with an entry, as the end of a sentence that begins with its place."""


def each_line(path: Path, use: Callable[[Json], None], report: Report | None) -> None:
    """Call ``use`` with the object on each line of a file; see :func:`each_entry`."""
    lines = enumerate(read_text(path).splitlines(), start=1)
    full = ((f"Line {number} of {path}", line) for number, line in lines if line.strip())
    each_entry(full, lambda line: use(parse_object(line)), report)


def each_entry(
    entries: Iterable[tuple[str, Entry]], use: Callable[[Entry], None], report: Report | None
) -> None:
    """Call ``use`` with each entry that comes with the name of its place.

    Raises:
        InputError: for the first one that ``use`` refuses with ``BrokenEntry``, unless ``report`` is there
            to hear of it.
    """
    for place, entry in entries:
        try:
            use(entry)
        except BrokenEntry as broken:
            error = InputError(f"{place} {_short(str(broken))}", "Correct it or take it out.")
            if report is None:
                raise error from None
            report(str(error))


def _short(sentence: str) -> str:
    """The sentence on one line, without the middle of what an entry put into it where that is long."""
    line = " ".join(sentence.split())
    return line if len(line) <= LONGEST_SENTENCE else f"{line[:200]} … {line[-100:]}"


def parse_object(text: str) -> Json:
    """The JSON object that a text holds.

    Raises:
        BrokenEntry: when it is none.
    """
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BrokenEntry("is not valid JSON.") from error
    if not isinstance(value, dict):
        raise BrokenEntry("is not a JSON object.")
    return value


def read_text(path: Path) -> str:
    """The text of a label file.

    Raises:
        InputError: when it cannot be read.
        LimitError: when it is too large to be held in memory.
    """
    try:
        if path.stat().st_size > LABEL_FILE_BYTES:
            raise LimitError(
                f"The label file {path} is larger than {LABEL_FILE_BYTES // 2**20:,} MB.",
                "Split it into parts.",
            )
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(
            f"The label file {path} cannot be read: {reason}.", "Check the path and the kind of file."
        ) from error


def labelled_file(folder: Path, name: object) -> Path:
    """The file that an entry names, relative to the folder of the label file.

    Raises:
        BrokenEntry: when it names none or one that is not there.
    """
    if not isinstance(name, str) or not name:
        raise BrokenEntry("does not name a file.")
    path = (folder / name).absolute()
    try:
        there = path.is_file()
    except (OSError, ValueError) as error:  # too long, or with a null byte
        raise BrokenEntry(f"names {name!r}, which is no file name.") from error
    if not there:
        raise BrokenEntry(f"names {name}, which is not there.")
    return path


def content_hash(path: Path) -> str:
    """The SHA-256 of a file in hex, by which docvlm knows a document.

    Raises:
        InputError: when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error
