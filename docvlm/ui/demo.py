"""The demo: what visitors put in is deleted after a while. A Space without a login is one."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from docvlm.batch.runs import BatchRuns
from docvlm.config import Settings
from docvlm.errors import DocvlmError, UsageError
from docvlm.store import Store
from docvlm.ui.library import Library, documents_folder
from docvlm.ui.uploads import sweep_uploads

SPACE = "SPACE_ID"
"""Set where Hugging Face runs the app."""

PRIVATE_SPACE = "DOCVLM_PRIVATE_SPACE"
MINUTES = "DOCVLM_DEMO_MINUTES"
USUAL_MINUTES = 60
FILE_BYTES = 32 * 2**20
"""The largest file that a demo takes, where no other limit is set."""

MOST_BYTES = 2 * 2**30
_SWEEP_SECONDS = 30.0

_LOG = logging.getLogger(__name__)


def is_private_space(environment: Mapping[str, str]) -> bool:
    """Whether the owner of a Space says, with ``DOCVLM_PRIVATE_SPACE=1``, that it is private.

    The Hub does not tell; it lets nobody else into a private Space.
    """
    return SPACE in environment and environment.get(PRIVATE_SPACE) == "1"


@dataclass(frozen=True, slots=True)
class Demo:
    """How long the files of visitors are kept."""

    minutes: int

    @staticmethod
    def from_environment(environment: Mapping[str, str], is_closed: bool) -> Demo | None:
        """What ``DOCVLM_DEMO_MINUTES`` says (0: no demo); without it, a Space open to all is a demo.

        Args:
            is_closed: only people who are known get in.

        Raises:
            UsageError: when it is not a whole number.
        """
        text = environment.get(MINUTES, "")
        if not text:
            return Demo(USUAL_MINUTES) if SPACE in environment and not is_closed else None
        if not text.isdecimal():
            raise UsageError(
                f"{MINUTES} is '{text}', which is not a number of minutes.", "Set 0 for no demo."
            )
        return Demo(int(text)) if int(text) else None

    @property
    def notice(self) -> str:
        """What visitors are told."""
        return (
            f"This is a demo: your files are seen by you alone and deleted {self.minutes} minutes after you "
            "put them in. Try the samples, and put in nothing confidential."
        )


class Sweeper:
    """Deletes what visitors left, in the background, for as long as it is used as a context manager."""

    def __init__(self, settings: Settings, store: Store, demo: Demo) -> None:
        self._settings = settings
        self._store = store
        self._demo = demo
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._sweep_on, name="demo-sweeper", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._thread.join()

    def _sweep_on(self) -> None:
        while not self._leaving.is_set():
            before = time.time() - 60 * self._demo.minutes
            self._try(partial(sweep, documents_folder(self._settings), self._store, before))
            self._try(partial(sweep_batches, self._settings, self._store, before))
            self._try(partial(sweep_schemas, self._settings, before))
            self._try(partial(sweep_uploads, self._settings, before))
            self._leaving.wait(_SWEEP_SECONDS)

    def _try(self, delete: Callable[[], int]) -> None:
        try:
            delete()
        except (DocvlmError, OSError) as error:  # the other kinds go all the same
            _LOG.warning("Old files of visitors could not be deleted, which is tried again: %s", error)


def sweep(folder: Path, store: Store, before: float, most_bytes: int = MOST_BYTES) -> int:
    """Delete documents with all that was made of them; returns how many.

    Args:
        folder: of all owners' documents.
        before: those put in before this time (seconds since 1970) go.
        most_bytes: the oldest of the others go until no more than so many bytes are kept.
    """
    libraries = {path.name: Library(folder, path.name) for path in folder.glob("*") if path.is_dir()}
    kept = sorted((file for library in libraries.values() for file in library.files()), reverse=True)
    deleted = room = 0
    for file in kept:
        room += file.byte_count
        if file.put_in < before or room > most_bytes:
            libraries[file.owner].delete_file(store, file.name)
            deleted += 1
    return deleted


def sweep_batches(settings: Settings, store: Store, before: float) -> int:
    """Delete the batches of all owners that were begun before a time (seconds since 1970); returns how many.

    One that is going on stays until it has ended. Documents that are still in a library stay.
    """
    deleted = 0
    for path in (settings.home / "batches").glob("*/"):
        library = Library(documents_folder(settings), path.name)
        kept = frozenset(file.name for file in library.files())
        deleted += BatchRuns(settings, path.name).delete_old(store, before, kept)
    return deleted


def sweep_schemas(settings: Settings, before: float) -> int:
    """Delete the schemas that any owner saved before a time (seconds since 1970); returns how many files."""
    deleted = 0
    for file in (settings.home / "schemas").glob("*/*"):
        with contextlib.suppress(FileNotFoundError):  # deleted by its owner just now
            if file.stat().st_mtime < before:
                file.unlink()
                deleted += 1
    return deleted
