"""The files of a batch: from folders, globs, lists and standard input.

Nothing outside a folder is reached through it: links to folders are not followed, links to files only
where they stay inside. Pipes, sockets and devices are never opened.
"""

from __future__ import annotations

import glob
import itertools
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from docvlm.errors import UsageError

SUFFIXES = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
"""What is taken from a folder; a file that is named itself is taken whatever it is called."""

_EXPORT, _AS_IMAGE = "Export it as PDF.", "Save it as PNG or JPEG."
OTHER_DOCUMENTS = {
    **dict.fromkeys((".doc", ".docx", ".odt", ".rtf", ".djvu", ".ps"), _EXPORT),
    **dict.fromkeys((".heic", ".heif", ".avif", ".jp2", ".jxl"), _AS_IMAGE),
}
"""What people keep documents in, too, and what to do with it: listed, so that none is left out unseen."""
_LOCK_FILE = "~$"
"""Begins the names of files that Word puts beside those that are open."""

_GLOB_CHARACTERS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as it was when it was found.

    Attributes:
        path: absolute.
        name: the path below the folder it was found in, else the file's own name.
        version: size in bytes, time of change in nanoseconds and inode; another version is another content.
    """

    path: str
    name: str
    version: tuple[int, int, int]

    @property
    def modified(self) -> float:
        """When it was last changed, in seconds since 1970."""
        return self.version[1] / 1e9


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Something that looks like a document and is not taken, with the reason in a sentence.

    ``is_failure`` is False where docvlm never takes such files: the batch is not at fault for them.
    """

    path: str
    name: str
    reason: str
    is_failure: bool = True


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that is called otherwise than its path says."""

    path: str
    name: str


Found = FoundFile | PassedOver
Source = str | NamedFile


def find_files(
    sources: Sequence[Source], standard_input: Iterable[str | None] | None = None, may_be_gone: bool = False
) -> Iterator[Found | None]:
    """Every file once, in a fixed order; None now and then while the next is not known.

    Args:
        sources: folders, files, glob patterns (``**`` for any depth), ``@list.txt`` for a file with one path
            a line, ``-`` for such a list on standard input; or files under names of their own.
        standard_input: the lines of standard input, None where the next has not come yet; by default
            ``sys.stdin``, which is waited for.
        may_be_gone: pass over sources that do not exist or match nothing.

    Raises:
        UsageError: when a source does not exist or matches nothing.
    """
    seen: set[str] = set()
    lines = sys.stdin if standard_input is None else standard_input
    folders = {os.path.realpath(each) for each in sources if isinstance(each, str) and Path(each).is_dir()}
    for source in sources:
        try:
            for found in _in_source(source, lines, several_folders=len(folders) > 1):
                if found is None:
                    yield None
                elif found.path not in seen:
                    seen.add(found.path)
                    yield found
        except UsageError:
            if not may_be_gone:
                raise


def check_sources(sources: Sequence[Source]) -> None:
    """Refuse a source that does not exist or matches nothing, without looking through folders.

    Raises:
        UsageError: naming the first such source.
    """
    for source in sources:
        if not isinstance(source, NamedFile) and source != "-" and not os.path.lexists(source):
            _check_source(source)


def _check_source(source: str) -> None:
    if source.startswith("@"):
        _lines_of(source[1:])
    elif not _GLOB_CHARACTERS & set(source):
        raise UsageError(f"There is no file or folder {source}.", "Check the path.")
    elif next(_matches(source), None) is None:
        raise UsageError(f"Nothing matches {source}.", "Check the pattern.")


def _lines_of(name: str) -> list[str]:
    """The lines of a list of files."""
    try:
        return os.fsdecode(Path(name).read_bytes()).splitlines()
    except OSError as error:
        raise UsageError(f"The list {name} cannot be read: {error.strerror}.", "Check the path.") from error


def _matches(pattern: str) -> Iterator[str]:
    """What a pattern matches, without what lies behind links to folders that the pattern itself found."""
    fixed = len(_fixed_part(pattern).parts)
    for match in glob.iglob(pattern, recursive=True):  # noqa: PTH207 - keeps absolute patterns apart
        if not any(folder.is_symlink() for folder in Path(match).parents if len(folder.parts) > fixed):
            yield match


def _fixed_part(pattern: str) -> Path:
    """The folder that a pattern names before its first wildcard."""
    parts = Path(pattern).parts
    return Path(*itertools.takewhile(lambda part: not _GLOB_CHARACTERS & set(part), parts))


def printable(name: str) -> str:
    """A file name for people: control characters and what is no character are written as escapes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in name
    )


def _in_source(
    source: Source, standard_input: Iterable[str | None], several_folders: bool
) -> Iterator[Found | None]:
    if isinstance(source, NamedFile):
        yield from _named(source.path, source.name)
    elif source == "-":
        yield from _in_list(standard_input)
    elif source.startswith("@") and not os.path.lexists(source):
        yield from _in_list(_lines_of(source[1:]))
    elif os.path.lexists(source):
        yield from _in_folder(source, several_folders) if Path(source).is_dir() else _named(source)
    else:
        _check_source(source)
        top = _fixed_part(source)
        for match in sorted(_matches(source)):
            if not Path(match).is_dir():
                yield from _named(match, _below(match, str(top)))  # two folders may hold files of one name


def _in_list(lines: Iterable[str | None]) -> Iterator[Found | None]:
    for line in lines:
        if line is None:
            yield None
        elif path := line.rstrip("\r\n"):
            yield from _in_folder(path) if Path(path).is_dir() else _named(path)


def _named(source: str, name: str = "") -> Iterator[Found]:
    """A file that was named itself; what is wrong with it is told when it is opened."""
    path = os.path.abspath(source)  # noqa: PTH100 - a link keeps its own name
    try:
        yield _file(path, name or Path(path).name, os.stat(path))  # noqa: PTH116
    except OSError as error:
        reason = f"{printable(name or source)} cannot be read: {error.strerror}."
        yield PassedOver(path, name or Path(path).name, reason)


def _in_folder(folder: str, with_its_name: bool = False) -> Iterator[Found]:
    """Its files by their paths below it, or, since others may hold files of one name, below its parent."""
    root = os.path.realpath(folder)
    waiting = [os.path.abspath(folder)]  # noqa: PTH100
    top = str(Path(waiting[0]).parent) if with_its_name else waiting[0]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            reason = f"The folder {printable(current)} cannot be read: {error.strerror}."
            yield PassedOver(current, _below(current, top), reason)
            continue
        folders = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
                continue
            ending = Path(entry.name).suffix.lower()
            if ending in SUFFIXES:
                yield from _in_entry(entry, root, top)
            elif ending in OTHER_DOCUMENTS and not entry.name.startswith(_LOCK_FILE):
                name = _below(entry.path, top)
                reason = f"{printable(name)} is of a type that cannot be opened. {OTHER_DOCUMENTS[ending]}"
                yield PassedOver(entry.path, name, reason, is_failure=False)
        waiting += reversed(folders)


def _in_entry(entry: os.DirEntry[str], root: str, top: str) -> Iterator[Found]:
    name = _below(entry.path, top)
    shown = printable(name)
    if entry.is_symlink() and not _is_inside(os.path.realpath(entry.path), root):
        yield PassedOver(entry.path, name, f"{shown} is a link out of the folder and was not followed.")
        return
    try:
        status = entry.stat()
    except OSError as error:
        yield PassedOver(entry.path, name, f"{shown} cannot be read: {error.strerror}.")
        return
    if stat.S_ISREG(status.st_mode):
        yield _file(entry.path, name, status)
    elif not stat.S_ISDIR(status.st_mode):
        yield PassedOver(entry.path, name, f"{shown} is a pipe or a device, not a file.")


def _is_inside(path: str, root: str) -> bool:
    return os.path.commonpath([path, root]) == root


def _below(path: str, top: str) -> str:
    return os.path.relpath(path, top)


def _file(path: str, name: str, status: os.stat_result) -> FoundFile:
    return FoundFile(path, name, (status.st_size, status.st_mtime_ns, status.st_ino))
