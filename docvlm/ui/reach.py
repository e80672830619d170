"""Which documents a calling program may reach: those of its own library and, for the person at this machine,
those kept by path whose files that person may name anyway."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import gradio as gr

from docvlm.errors import UsageError
from docvlm.store import DocumentOverview, DocumentRecord, SearchHit
from docvlm.ui.desk import Desk
from docvlm.ui.library import KeptFile, Library, documents_folder, search_where
from docvlm.ui.owners import owner_of
from docvlm.ui.rights import Rights


class Reach:
    """The documents in reach of a request, whoever sent it."""

    def __init__(self, desk: Desk, rights: Rights) -> None:
        self._workspace = desk.workspace
        self._rights = rights

    def library(self, request: gr.Request) -> Library:
        """The documents of whoever sent the request."""
        self._workspace.settings.prepare_home()
        return Library(documents_folder(self._workspace.settings), owner_of(request))

    def find(self, document_id: int, request: gr.Request) -> tuple[KeptFile, str]:
        """The file of a document, and who its owner is; empty where it was kept by path.

        Raises:
            UsageError: when there is none, or it is somebody else's.
        """
        library = self.library(request)
        kept = library.find(self._workspace.store, document_id)
        if kept is not None:
            return kept, library.owner
        record = self._workspace.store.document(document_id)
        path = None if record is None else self._named(record, request)
        if record is None or path is None:
            raise UsageError(f"There is no document {document_id}.", "Search for it, or name its file.")
        return KeptFile(path, record.name), ""

    def search(self, query: str, limit: int, request: gr.Request) -> list[SearchHit]:
        """Pages and answers that hold every word of ``query``, best first."""
        library, known = self.library(request), dict[str, bool]()

        def is_in_reach(hit: SearchHit) -> bool:
            if hit.sha256 not in known:
                known[hit.sha256] = self.has(hit.sha256, request, library)
            return known[hit.sha256]

        return search_where(self._workspace.store, query, limit, is_in_reach)

    def documents(self, request: gr.Request) -> list[DocumentOverview]:
        """All documents in reach with what was made of each, the library's first, each part latest first."""
        library, store = self.library(request), self._workspace.store
        known = library.overviews(store)
        if not self._rights.may_name_folders(request):
            return known
        named = [
            record.sha256
            for record in store.list_documents()
            if not library.owns(record.sha256) and self._named(record, request) is not None
        ]
        return known + store.overviews(named)

    def delete(self, document_id: int, request: gr.Request) -> bool:
        """Forget a document and all that was made of it; True where its file, a copy, went as well.

        The file of one that was kept by path stays where it is.

        Raises:
            UsageError: as for ``find``.
        """
        library, store = self.library(request), self._workspace.store
        if library.delete(store, document_id):
            return True
        self.find(document_id, request)
        store.delete_document(document_id)
        return False

    def has(self, sha256: str, request: gr.Request, library: Library | None = None) -> bool:
        """Whether the document that the store knows by ``sha256`` is in reach."""
        if (library or self.library(request)).owns(sha256):
            return True
        if not self._rights.may_name_folders(request):
            return False
        record = self._workspace.store.find_document(sha256)
        return record is not None and self._named(record, request) is not None

    def _named(self, record: DocumentRecord, request: gr.Request) -> Path | None:
        """The file of a document that was kept by path, where whoever asks may name that file."""
        for known in record.paths:
            try:
                file = self._rights.file(known, request)
                found = file.stat()
                # Another owner's document is known by another hash than that of its bytes.
                if _digest(file, found.st_mtime_ns, found.st_size) == record.sha256:
                    return file
            except (UsageError, OSError):
                continue
        return None


@lru_cache(maxsize=16384)
def _digest(file: Path, _changed: int, _size: int) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
