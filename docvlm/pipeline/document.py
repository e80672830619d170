"""An opened document: read its pages, ask it, extract from it. What was done once is not done again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from docvlm import ingest
from docvlm.config import Settings
from docvlm.errors import InputError, ModelError
from docvlm.models.load import EMBEDDED
from docvlm.models.protocol import Engine
from docvlm.pipeline.ask import AnswerPiece, ask_windows
from docvlm.pipeline.extract import WindowDone, extract_windows
from docvlm.pipeline.windows import Window, cut_windows
from docvlm.reading import READER_VERSION, read_page
from docvlm.schemas import Schema, load_schema
from docvlm.store import Store
from docvlm.tiling import Budget, TilePlan, plan_tiles
from docvlm.types import Answer, DocumentInfo, Extraction, Page, PageStatus, Reading, RunInfo

Kind = TypeVar("Kind")

Pages = Sequence[int] | str | None
"""Page numbers from 1, a range such as ``"1-3,7"``, or None for all."""


SchemaSource = str | Path | dict[str, Any] | type | Schema
"""Whatever ``docvlm.schemas.load_schema`` understands."""


@dataclass(frozen=True, slots=True, eq=False)
class PageReading:
    """A page without its pixels, and what was read on it (None unless the page is OK)."""

    page: Page
    reading: Reading | None


class OpenDocument:
    """A document in a workspace. Use it as a context manager, or call ``close``.

    Args:
        file: the opened file; closed with this object.
        path: where the file lies, None for bytes.
        settings: budget and limits.
        store: where readings and answers are kept.
        engine: gives the model; called only when one is needed.
    """

    def __init__(
        self,
        file: ingest.Document,
        path: str | None,
        settings: Settings,
        store: Store,
        engine: Callable[[], Engine],
    ) -> None:
        self._file = file
        self._settings = settings
        self._store = store
        self._engine = engine
        self.id = store.add_document(file.info, path)

    @property
    def info(self) -> DocumentInfo:
        return self._file.info

    def page_numbers(self, pages: Pages = None) -> Sequence[int]:
        """The numbers that ``pages`` means in this document.

        Raises:
            UsageError: when a range is not understood or a page does not exist.
        """
        count = self.info.page_count
        if pages is None:
            return range(1, count + 1)
        return ingest.parse_page_range(pages, count) if isinstance(pages, str) else pages

    def page(self, number: int) -> Page:
        """One page with its pixels.

        Raises:
            UsageError: when the document has no such page.
        """
        return next(iter(self._file.pages([number])))

    def read(self, pages: Pages = None) -> Iterator[PageReading]:
        """Read pages one by one, in the order asked for; pages read before come from the store.

        A page that cannot be read comes with its reason; the others go on.
        """
        numbers = self.page_numbers(pages)
        known = {number: self._known(number) for number in numbers}
        fresh = self._file.pages([number for number in numbers if known[number] is None])
        for number in numbers:
            yield known[number] or self._read_page(next(fresh))

    def ask(self, question: str, pages: Pages = None) -> Answer:
        """Answer a question with words of the document, or with None for "not found"."""
        return _last(self.ask_stream(question, pages), Answer)

    def ask_stream(
        self, question: str, pages: Pages = None, cancel: threading.Event | None = None
    ) -> Iterator[AnswerPiece | Answer]:
        """The same, with the reply's pieces as they come; the last value is the answer.

        Raises:
            Cancelled: soon after ``cancel`` was set.
            InputError: when none of the pages could be read.
        """
        run = self._run_info(pages)
        known = self._store.find_answer(self.id, run, question)
        if known is not None:
            yield known
            return
        started = time.monotonic()
        windows = self._windows(pages)
        prepared = time.monotonic()
        for event in ask_windows(self._engine(), windows, question, cancel):
            if isinstance(event, Answer):
                timings = (("read", prepared - started), ("answer", time.monotonic() - prepared))
                self._store.save_answer(self.id, replace(run, timings=timings), event)
            yield event

    def extract(self, schema: SchemaSource, pages: Pages = None) -> Extraction:
        """Find the fields of a schema, each with its place and confidence.

        Args:
            schema: a template's name, a JSON Schema, a pydantic model, or ``"name:type, …"``.

        Raises:
            SchemaError: when the schema is not understood.
        """
        return _last(self.extract_stream(load_schema(schema), pages), Extraction)

    def extract_stream(
        self, schema: Schema, pages: Pages = None, cancel: threading.Event | None = None
    ) -> Iterator[WindowDone | Extraction]:
        """The same, with progress; the last value is the extraction.

        Raises:
            Cancelled: soon after ``cancel`` was set.
            InputError: when none of the pages could be read.
        """
        run = self._run_info(pages)
        known = self._store.extraction(self.id, run, schema.key)
        if known is not None:
            yield known
            return
        started = time.monotonic()
        windows = self._windows(pages)
        prepared = time.monotonic()
        for event in extract_windows(self._engine(), windows, schema, cancel):
            if isinstance(event, Extraction):
                timings = (("read", prepared - started), ("extract", time.monotonic() - prepared))
                self._store.save_extraction(self.id, replace(run, timings=timings), schema.key, event)
            yield event

    def tile_plan(self, number: int, budget: str | None = None) -> tuple[Page, TilePlan]:
        """A page with its pixels, and the tiles that the model sees (or will see) of it.

        Raises:
            InputError: when the page cannot be drawn.
            UsageError: when there is no such page or budget.
        """
        page = self.page(number)
        if page.status is not PageStatus.OK:
            raise InputError(f"Page {number} cannot be drawn: {page.reason}", "Choose another page.")
        wanted = Budget.parse(budget or self._settings.budget)
        if self._settings.model == EMBEDDED:
            return page, plan_tiles(page.width, page.height, wanted)  # known without loading the model
        return page, self._engine().plan_page(page.width, page.height, wanted)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> OpenDocument:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _known(self, number: int) -> PageReading | None:
        """What the store holds of a page, if this reader has read it before."""
        reading = self._store.reading(self.id, number, READER_VERSION)
        return None if reading is None else PageReading(_page_of(reading), reading)

    def _read_page(self, page: Page) -> PageReading:
        """Read a page and keep what came of it.

        The page boundary: whatever goes wrong here fails this page, with a reason, and no other.
        """
        reading = None
        if page.status is PageStatus.OK:
            try:
                reading = read_page(page)
            except ModelError:
                raise
            except Exception as error:  # noqa: BLE001 - the page boundary
                reason = f"Page {page.number} could not be read ({type(error).__name__})."
                page = replace(page, status=PageStatus.FAILED, reason=reason)
        page = replace(page, image=None)
        self._store.save_page(self.id, page)
        if reading is not None:
            self._store.save_reading(self.id, reading, READER_VERSION)
        return PageReading(page, reading)

    def _windows(self, pages: Pages) -> list[Window]:
        """The parts of the pages that were read, in page order.

        Raises:
            InputError: when no page could be read.
        """
        outcomes = list(self.read(pages))
        readings = [outcome.reading for outcome in outcomes if outcome.reading is not None]
        if outcomes and not readings:
            raise InputError(
                f"No page of '{self.info.name}' could be read: {outcomes[0].page.reason}",
                "Check that the file opens in a viewer.",
            )
        engine = self._engine()
        windows = [window for reading in readings for window in cut_windows(reading, engine.count_tokens)]
        return [self._with_pixels(window) for window in windows] if engine.card.sees_pixels else windows

    def _with_pixels(self, window: Window) -> Window:
        page, plan = self.tile_plan(window.page_number)
        key = f"{window.input.key}-{self.info.sha256}-{page.number}-{self._settings.budget}"
        return replace(window, input=replace(window.input, key=key, image=page.image, plan=plan))

    def _run_info(self, pages: Pages) -> RunInfo:
        card = self._engine().card
        return RunInfo(
            model=card.name,
            model_revision=card.revision,
            adapter=self._settings.adapter,
            tiling=self._settings.budget if card.sees_pixels else "",
            reader=READER_VERSION,
            pages="all" if pages is None else ",".join(map(str, self.page_numbers(pages))),
        )


def _page_of(reading: Reading) -> Page:
    return Page(
        reading.page_number,
        PageStatus.OK,
        reading.width,
        reading.height,
        image=None,
        points_per_pixel=reading.points_per_pixel,
        notes=reading.notes,
    )


def _last(events: Iterator[object], kind: type[Kind]) -> Kind:
    return [event for event in events if isinstance(event, kind)][-1]
