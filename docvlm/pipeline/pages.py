"""The pages of one document, read once and kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from docvlm import ingest
from docvlm.errors import Cancelled, ModelError
from docvlm.reading import READER_VERSION, read_page
from docvlm.store import Store
from docvlm.types import Page, PageStatus, Reading


@dataclass(frozen=True, slots=True, eq=False)
class PageReading:
    """A page without its pixels, and what was read on it (None unless the page is OK).

    ``is_new`` where it was read, or tried, just now; not where this was known before.
    """

    page: Page
    reading: Reading | None
    is_new: bool = False


class PageReader:
    """Reads the pages of an open file; what this reader read before comes from the store."""

    def __init__(self, file: ingest.Document, store: Store, document_id: int) -> None:
        self._file = file
        self._store = store
        self._document_id = document_id
        # Failures are tried again when the document is opened again, not with every question.
        self._failed: dict[int, PageReading] = {}
        self.step_seconds = {"draw": 0.0, "read": 0.0, "keep": 0.0}
        """Wall-clock time waited for pages to be drawn, spent reading them, and keeping what was read."""

    def read(self, numbers: Sequence[int], cancel: threading.Event | None = None) -> Iterator[PageReading]:
        """Pages one by one, in the order asked for; one that cannot be read comes with its reason.

        Raises:
            Cancelled: between two pages, after ``cancel`` was set.
            ModelError: when OCR is needed and cannot be started.
        """
        kept = self._store.pages_read(self._document_id, READER_VERSION)
        # Decided once: others may read the same document meanwhile, and each drawn page is taken in turn.
        fresh = dict.fromkeys(n for n in numbers if n not in kept and n not in self._failed)
        drawn = self._file.pages(list(fresh), previews=True)
        for number in numbers:
            if cancel is not None and cancel.is_set():
                raise Cancelled
            if number in fresh:
                del fresh[number]
                started = time.monotonic()
                page = next(drawn)
                self.step_seconds["draw"] += time.monotonic() - started
                yield self._read(page)
            elif number in self._failed:
                yield self._failed[number]
            else:
                yield self._kept(number)

    def unread(self, numbers: Sequence[int]) -> frozenset[int]:
        """Those that were not read before and have not failed since the file was opened."""
        kept = self._store.pages_read(self._document_id, READER_VERSION)
        return frozenset(numbers).difference(kept, self._failed)

    def give_up(self, number: int, reason: str) -> None:
        """Keep a page as failed without reading it, unless it has been read: a process may end after that."""
        if number in self._store.pages_read(self._document_id, READER_VERSION):
            return
        page = Page(number, PageStatus.FAILED, 0, 0, image=None, reason=reason)
        self._store.save_page(self._document_id, page)
        self._failed[number] = PageReading(page, None)

    def recall_failures(self) -> None:
        """Take the pages as failed that are kept as failed or skipped, without trying them again."""
        for outcome in self._store.page_outcomes(self._document_id):
            if outcome.status is not PageStatus.OK:
                page = Page(outcome.number, outcome.status, 0, 0, image=None, reason=outcome.reason)
                self._failed[outcome.number] = PageReading(page, None)

    def without_failures(self, numbers: Sequence[int]) -> list[int]:
        """The numbers of those pages that are not known to have failed."""
        return [number for number in numbers if number not in self._failed]

    def _kept(self, number: int) -> PageReading:
        reading = self._store.reading(self._document_id, number, READER_VERSION)
        if reading is None:  # another process has deleted the document in between
            return self._read(next(self._file.pages([number])))
        page = Page(
            number,
            PageStatus.OK,
            reading.width,
            reading.height,
            image=None,
            points_per_pixel=reading.points_per_pixel,
            notes=reading.notes,
        )
        return PageReading(page, reading)

    def _read(self, page: Page) -> PageReading:
        """Read a page and keep what came of it.

        The page boundary: whatever goes wrong here fails this page, with a reason, and no other.
        """
        started = time.monotonic()
        reading = None
        if page.status is PageStatus.OK:
            try:
                reading = read_page(page, draw=lambda: next(self._file.pages([page.number])))
            except ModelError:
                raise
            except Exception as error:  # noqa: BLE001 - the page boundary
                reason = f"Page {page.number} could not be read ({type(error).__name__})."
                page = replace(page, status=PageStatus.FAILED, reason=reason)
        page = replace(page, image=None, preview=None)
        read = time.monotonic()
        self._store.save_page(self._document_id, page, reading, READER_VERSION)
        self.step_seconds["read"] += read - started
        self.step_seconds["keep"] += time.monotonic() - read
        if reading is None:
            self._failed[page.number] = PageReading(page, None)
        return PageReading(page, reading, is_new=page.status is not PageStatus.SKIPPED)
