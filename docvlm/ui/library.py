"""The documents that this app keeps for one owner: a copy of each file in the owner's own folder.

Only what lies in this folder is ever listed or opened again, whatever the store knows.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from docvlm.config import Settings
from docvlm.pipeline import owned_identity
from docvlm.store import DocumentOverview, DocumentRecord, SearchHit, Store

_THUMBNAIL = ".thumbnail"


@dataclass(frozen=True, slots=True, order=True)
class StoredFile:
    """A file as it lies in an owner's folder, by when it was put in (seconds since 1970)."""

    put_in: float
    name: str
    owner: str
    byte_count: int


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of the library. ``name`` is what the user calls it; ``is_new`` is False where it was there."""

    path: Path
    name: str
    is_new: bool = False


def documents_folder(settings: Settings) -> Path:
    """Where the folders of all owners lie."""
    return settings.home / "documents"


def search_where(
    store: Store, query: str, limit: int, is_shown: Callable[[SearchHit], bool]
) -> list[SearchHit]:
    """Pages and answers that hold every word of ``query``, best first; of those only what is shown."""
    # The store ranks over everybody's documents; of those ranked before, none of another's is shown.
    wanted = limit
    while True:
        hits = store.search(query, wanted)
        own = [hit for hit in hits if is_shown(hit)]
        if len(own) >= limit or len(hits) < wanted:
            return own[:limit]
        wanted *= 4


class Library:
    """One owner's documents below ``folder``, which only the person who runs the app may read."""

    def __init__(self, folder: Path, owner: str) -> None:
        self.owner = owner
        self._folder = folder / owner
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def keep(self, source: Path, name: str) -> KeptFile:
        """Copy a file in; the same bytes are kept once."""
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        path = self._folder / owned_identity(digest, self.owner)
        if path.exists():
            path.touch()
            return KeptFile(path, name)
        handle, scratch = tempfile.mkstemp(dir=self._folder, prefix=".copying-")
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

    def discard_unknown(self, store: Store, file: KeptFile) -> None:
        """Remove a file of which no document came, whenever it was put in."""
        if store.find_document(file.path.name) is None:
            self._remove(file.path)

    def documents(self, store: Store, limit: int | None = None) -> list[DocumentRecord]:
        """The owner's documents, the one put in last first, however many others the store knows."""
        return [overview.record for overview in self.overviews(store, limit)]

    def overviews(self, store: Store, limit: int | None = None) -> list[DocumentOverview]:
        """The same, with what was made of each."""
        files = sorted(self.files(), reverse=True)
        return store.overviews([file.name for file in files[:limit]])

    def files(self) -> list[StoredFile]:
        """The owner's files, in any order."""
        with os.scandir(self._folder) as entries:
            found = [entry for entry in entries if "." not in entry.name]
        files = []
        for entry in found:
            with suppress(FileNotFoundError):  # deleted just now
                kept = entry.stat()
                files.append(StoredFile(kept.st_mtime, entry.name, self.owner, kept.st_size))
        return files

    def find(self, store: Store, document_id: int) -> KeptFile | None:
        """The file of one of the owner's documents, None for any other."""
        record = store.document(document_id)
        if record is None or not self.owns(record.sha256):
            return None
        return KeptFile(self._folder / record.sha256, record.name)

    def path_of(self, record: DocumentRecord) -> Path:
        """Where the file of one of the owner's documents lies."""
        return self._folder / record.sha256

    def owns(self, sha256: str) -> bool:
        """Whether the document that the store knows by ``sha256`` is kept for this owner."""
        return (self._folder / sha256).is_file()

    def search(
        self, store: Store, query: str, limit: int, among: Collection[int] | None = None
    ) -> list[SearchHit]:
        """Pages and answers of the owner's documents that hold every word of ``query``, best first.

        Args:
            among: the numbers of the documents that are looked through; None for all.
        """

        def is_shown(hit: SearchHit) -> bool:
            return (among is None or hit.document_id in among) and self.owns(hit.sha256)

        return search_where(store, query, limit, is_shown)

    def delete(self, store: Store, document_id: int) -> bool:
        """Delete a document for good: its file, its words, answers, fields and labels; False if not owned."""
        file = self.find(store, document_id)
        if file is None:
            return False
        store.delete_document(document_id)
        self._remove(file.path)
        return True

    def delete_file(self, store: Store, name: str) -> None:
        """The same for a file of the folder, whether the store knows it or not."""
        record = store.find_document(name)
        if record is not None:
            store.delete_document(record.id)
        self._remove(self._folder / name)

    @staticmethod
    def _remove(path: Path) -> None:
        path.with_name(path.name + _THUMBNAIL).unlink(missing_ok=True)
        path.unlink(missing_ok=True)

    def keep_thumbnail(self, sha256: str, address: str) -> None:
        """Remember the small picture of a document, a ``data:`` address."""
        if self.owns(sha256):
            (self._folder / (sha256 + _THUMBNAIL)).write_text(address, encoding="ascii")

    def thumbnails(self, records: Iterable[DocumentRecord]) -> dict[int, str]:
        """The small pictures that are known, by document."""
        paths = {record.id: self._folder / (record.sha256 + _THUMBNAIL) for record in records}
        return {number: path.read_text(encoding="ascii") for number, path in paths.items() if path.exists()}
