"""What was read on labelled documents: no page is read twice, in no run and no process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from docvlm.config import Settings
from docvlm.errors import InputError
from docvlm.pipeline import Workspace
from docvlm.reading import READER_VERSION
from docvlm.store import DocumentRecord, Store
from docvlm.types import Page, Reading
from finetune.data.documents import LabelledDocument


class Readings:
    """Readings and pages of labelled documents, by content hash and version of the reader.

    They are kept in a database of their own (``<home>/finetune/readings.sqlite``), so that sets for
    training and evaluation never show up among the user's documents. What docvlm has read in the user's
    store is taken from there. Use it as a context manager, or call ``close``.
    """

    def __init__(self, settings: Settings) -> None:
        file = settings.home / "finetune" / "readings.sqlite"
        self._kept = Workspace(replace(settings, database_url=f"sqlite:///{file}"))
        self._library = Workspace(settings)
        self._incomplete: dict[str, tuple[Reading, ...]] = {}  # pages that failed are tried once a run

    @classmethod
    def open(cls, settings: Settings | None = None) -> Self:
        """Open the readings of a data folder, by default the environment's.

        Raises:
            StoreError: when one of the databases cannot be opened.
        """
        return cls(settings or Settings.from_environment())

    def of(self, document: LabelledDocument) -> tuple[Reading, ...]:
        """The readings of a document's pages, by number; a page that cannot be read is left out.

        Raises:
            InputError: when the file is gone, cannot be opened or is another one by now, or when no page
                can be read.
        """
        for store in (self._kept.store, self._library.store):
            readings = _all_readings(store, document.sha256)
            if readings is not None:
                return readings
        if document.sha256 not in self._incomplete:
            self._incomplete[document.sha256] = self._read(document)
        return self._incomplete[document.sha256]

    def page(self, document: LabelledDocument, number: int) -> Page:
        """A page with its pixels.

        Raises:
            InputError: when the file is gone or cannot be opened.
            UsageError: when the document has no such page.
        """
        with self._kept.open(self._file(document), name=document.name) as opened:
            return opened.page(number)

    def close(self) -> None:
        self._kept.close()
        self._library.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, document: LabelledDocument) -> tuple[Reading, ...]:
        with self._kept.open(self._file(document), name=document.name) as opened:
            if opened.info.sha256 != document.sha256:
                raise InputError(
                    f"The file of '{document.name}' is no longer the one that was labelled.",
                    "Label it again, or put the labelled file back.",
                )
            outcomes = list(opened.read())
        readings = tuple(outcome.reading for outcome in outcomes if outcome.reading is not None)
        if not readings:
            reason = outcomes[0].page.reason if outcomes else "it has no pages."
            raise InputError(
                f"No page of '{document.name}' could be read: {reason}", "Leave the document out."
            )
        return readings

    def _file(self, document: LabelledDocument) -> Path:
        """Where the document's bytes lie: as labelled, or where the user's store last saw them."""
        record = self._library.store.find_document(document.sha256)
        known = [Path(path) for path in record.paths] if record else []
        for path in ([document.path] if document.path else []) + known:
            if path.is_file():
                return path
        raise InputError(
            f"The file of '{document.name}' is not there any more.",
            "Put it back where it was, or leave the document out.",
        )


def _all_readings(store: Store, sha256: str) -> tuple[Reading, ...] | None:
    """The readings of all pages; None where the store lacks the document or one of its pages."""
    record: DocumentRecord | None = store.find_document(sha256)
    if record is None or len(store.pages_read(record.id, READER_VERSION)) < record.page_count:
        return None
    numbers = range(1, record.page_count + 1)
    readings = [store.reading(record.id, number, READER_VERSION) for number in numbers]
    return tuple(reading for reading in readings if reading is not None)
