"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docvlm.errors import UsageError


@contextmanager
def atomic_file(target: Path) -> Iterator[Path]:
    """A path beside ``target`` to write to; it takes the target's place when the block ends well.

    Whatever ends the block otherwise, Ctrl-C included, leaves the target as it was and nothing beside it.

    Raises:
        UsageError: when the file cannot be written there.
    """
    target = Path(os.path.realpath(target))  # a link stays a link
    with _told_as_usage_error(target):
        if target.exists() and not target.is_file():
            raise UsageError(f"{target} is not a file.", "Give the name of a file to write.")
        temporary = _new_file_beside(target)
    try:
        with _told_as_usage_error(target):
            yield temporary
            _flush_to_disk(temporary)
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(target: Path, content: bytes) -> None:
    """Write a whole file.

    Raises:
        UsageError: when the file cannot be written there.
    """
    with atomic_file(target) as temporary:
        temporary.write_bytes(content)


def check_writable(target: Path) -> None:
    """See whether ``atomic_file`` can begin to write there, leaving everything as it is.

    Raises:
        UsageError: when it cannot.
    """
    target = Path(os.path.realpath(target))
    with _told_as_usage_error(target):
        if target.exists() and not target.is_file():
            raise UsageError(f"{target} is not a file.", "Give the name of a file to write.")
        _new_file_beside(target).unlink()


@contextmanager
def _told_as_usage_error(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"The file {target} cannot be written: {error.strerror or error}.",
            "Give a place you may write to, with space left.",
        ) from error


def _new_file_beside(target: Path) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.", suffix=".part", dir=target.parent)
    try:
        os.fchmod(handle, _mode_of(target))
    finally:
        os.close(handle)
    return Path(name)


def _mode_of(target: Path) -> int:
    """The permissions of the file that is replaced, or those a new file gets here."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _flush_to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
