"""The documents that this app keeps: a copy of each file, named by its content, in the data folder.

Only what lies in this folder is ever opened again from the list, whatever path the store knows.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from docvlm.store import DocumentRecord, Store

LISTED_DOCUMENTS = 50


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of the library. ``name`` is what the user calls it; ``is_new`` is False where it was there."""

    path: Path
    name: str
    is_new: bool = False


class Library:
    """Copies of documents in ``folder``, which only its owner may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def keep(self, source: Path, name: str) -> KeptFile:
        """Copy a file in; the same bytes are kept once."""
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        path = self._folder / digest
        if path.exists():
            path.touch()
            return KeptFile(path, name)
        handle, scratch = tempfile.mkstemp(dir=self._folder, prefix="copying-")
        try:
            os.close(handle)
            shutil.copyfile(source, scratch)
            Path(scratch).replace(path)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
        return KeptFile(path, name, is_new=True)

    def discard(self, file: KeptFile) -> None:
        """Remove a file that could not be opened, unless it was there before."""
        if file.is_new:
            file.path.unlink(missing_ok=True)

    def documents(self, store: Store) -> list[DocumentRecord]:
        """The documents that lie here, the one put in last first, however many others the store knows."""
        files = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        records = (store.find_document(path.name) for path in files[:LISTED_DOCUMENTS])
        return [record for record in records if record is not None]

    def find(self, store: Store, document_id: int) -> KeptFile | None:
        """The file of a document in the list, None where it is not (or no longer) kept."""
        record = store.document(document_id)
        if record is None or not self._path(record).exists():
            return None
        return KeptFile(self._path(record), record.name)

    def _path(self, record: DocumentRecord) -> Path:
        return self._folder / record.sha256
