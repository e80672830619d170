"""An opened document: read its pages, ask it, extract from it. What was done once is not done again."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from docvlm import ingest
from docvlm.config import Settings
from docvlm.errors import InputError
from docvlm.model_names import EMBEDDED
from docvlm.models.protocol import Engine, PageInput
from docvlm.pipeline.ask import AnswerPiece, ask_windows
from docvlm.pipeline.extract import WindowDone, extract_windows
from docvlm.pipeline.pages import PageReader, PageReading
from docvlm.pipeline.resumable import ResumableEngine
from docvlm.pipeline.run_clock import RunClock
from docvlm.pipeline.windows import Region, Window, cut_windows, with_picture
from docvlm.reading import READER_VERSION
from docvlm.schemas import Schema, load_schema
from docvlm.store import RunKind, Store
from docvlm.tiling import Budget, TilePlan, native_views, plan_tiles
from docvlm.types import Answer, DocumentInfo, Extraction, Page, PageStatus, RgbImage, RunInfo

PIPELINE_VERSION = "10"
"""Changes with prompts, grammars, typing, merging or curves; answers of another version are not reused."""

Kind = TypeVar("Kind")

Pages = Sequence[int] | str | None
"""Page numbers from 1, a range such as ``"1-3,7"``, or None for all."""

SchemaSource = str | Path | dict[str, Any] | type | Schema
"""Whatever ``docvlm.schemas.load_schema`` understands."""


def owned_identity(sha256: str, owner: str) -> str:
    """By what the store knows a file: the hash of its bytes, and for an owner's file a hash of both.

    So the same bytes in two people's hands are two documents, and neither finds the other's questions.
    """
    return sha256 if not owner else hashlib.sha256(f"{owner}/{sha256}".encode()).hexdigest()


class OpenDocument:
    """A document in a workspace. Use it as a context manager, or call ``close``.

    Args:
        file: the opened file; closed with this object.
        path: where the file lies, None for bytes.
        settings: gives model, budget and limits, which may change while the document is open.
        store: where readings and answers are kept.
        engine: gives the model; called only when one is needed.
        owner: whose document it is, where several people share one store; see ``owned_identity``.
        loaded_engine: gives the model only where it is there already.
    """

    def __init__(
        self,
        file: ingest.Document,
        path: str | None,
        settings: Callable[[], Settings],
        store: Store,
        engine: Callable[[], Engine],
        owner: str = "",
        loaded_engine: Callable[[], Engine | None] = lambda: None,
    ) -> None:
        self.info: DocumentInfo = replace(file.info, sha256=owned_identity(file.info.sha256, owner))
        self._file = file
        self._settings = settings
        self._store = store
        self._engine = engine
        self._loaded_engine = loaded_engine
        self.id = store.add_document(self.info, path)
        self._pages = PageReader(file, store, self.id)

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

    def read(self, pages: Pages = None, cancel: threading.Event | None = None) -> Iterator[PageReading]:
        """Read pages one by one, in the order asked for; pages read before come from the store.

        A page that cannot be read comes with its reason; the others go on.
        """
        return self._pages.read(self.page_numbers(pages), cancel)

    def unread(self, pages: Pages = None) -> frozenset[int]:
        """The numbers of the pages that ``read`` would have to read now, rather than take from the store."""
        return self._pages.unread(self.page_numbers(pages))

    @property
    def step_seconds(self) -> dict[str, float]:
        """The seconds that drawing, reading and keeping pages took so far."""
        return self._pages.step_seconds

    def give_up_page(self, number: int, reason: str) -> None:
        """Keep a page as failed that cost the process which was reading it, if that had not kept it yet."""
        self._pages.give_up(number, reason)

    def recall_failures(self) -> None:
        """Take pages as failed that failed when the document was open before, without trying them again."""
        self._pages.recall_failures()

    def ask(
        self, question: str, pages: Pages = None, *, region: Region | None = None, fresh: bool = False
    ) -> Answer:
        """Answer a question with words of the document, or with None for "not found".

        Args:
            region: ask about this part of one page only, as ``ask_stream`` does.
            fresh: ask again even where the same question was answered before.
        """
        return _last(self.ask_stream(question, pages, region=region, fresh=fresh), Answer)

    def ask_stream(
        self,
        question: str,
        pages: Pages = None,
        cancel: threading.Event | None = None,
        *,
        region: Region | None = None,
        fresh: bool = False,
    ) -> Iterator[AnswerPiece | Answer]:
        """The same, with the reply's pieces as they come; the last value is the answer.

        Args:
            region: ask about this part of one page only; ``pages`` then means nothing. The model gets its
                words and, where it sees pictures, its pixels alone; boxes stay in pixels of the page.

        Raises:
            Cancelled: soon after ``cancel`` was set.
            InputError: when none of the pages could be read.
        """
        pages = pages if region is None else [region.page]
        engine, budget = self._in_use()
        run = self._run_info(pages, engine, budget)
        if region is not None:
            run = replace(run, pages=region.name)
        known = None if fresh else self._store.find_answer(self.id, run, question)
        if known is not None:
            yield known
            return
        with RunClock(self._store, self.id, RunKind.ASK, run) as clock:
            windows, _ = self._windows(engine, pages, cancel, region)
            clock.lap("read")
            asked = self._resumable(engine, RunKind.ASK, run, question, windows, fresh)
            show = partial(self._show, engine, budget, region=region)
            for event in ask_windows(asked, windows, question, show, cancel):
                if isinstance(event, Answer):
                    clock.lap("answer")
                    named = clock.run.pages if region else self._readable(pages)
                    made = replace(clock.run, pages=named)
                    self._store.save_answer(self.id, made, event, clock.started)
                yield event

    def extract(self, schema: SchemaSource, pages: Pages = None, *, fresh: bool = False) -> Extraction:
        """Find the fields of a schema, each with its place and confidence.

        Args:
            schema: a template's name, a JSON Schema, a pydantic model, or ``"name:type, …"``.
            fresh: extract again even where the same schema was extracted before.

        Raises:
            SchemaError: when the schema is not understood.
        """
        return _last(self.extract_stream(load_schema(schema), pages, fresh=fresh), Extraction)

    def extract_stream(
        self,
        schema: Schema,
        pages: Pages = None,
        cancel: threading.Event | None = None,
        *,
        fresh: bool = False,
    ) -> Iterator[WindowDone | Extraction]:
        """The same, with progress; the last value is the extraction, from then on the latest with its schema.

        Raises:
            Cancelled: soon after ``cancel`` was set.
            InputError: when none of the pages could be read.
        """
        engine, budget = self._in_use()
        run = self._run_info(pages, engine, budget)
        known = None if fresh else self._store.extraction(self.id, run, schema.key)
        if known is not None:
            self._make_latest(run, schema.key, known)
            yield known
            return
        with RunClock(self._store, self.id, RunKind.EXTRACT, run) as clock:
            windows, failed = self._windows(engine, pages, cancel)
            clock.lap("read")
            asked = self._resumable(engine, RunKind.EXTRACT, run, schema.key, windows, fresh)
            show = partial(self._show, engine, budget)
            for event in extract_windows(asked, windows, schema, show, cancel):
                if isinstance(event, Extraction):
                    event = replace(event, notes=(*event.notes, *failed))
                    clock.lap("extract")
                    made = replace(clock.run, pages=self._readable(pages))
                    self._store.save_extraction(self.id, made, schema.key, event, clock.started)
                yield event

    def kept_answer(self, question: str, pages: Pages = None) -> int | None:
        """The store's id of the answer to this question, from the pages that could be read."""
        run = replace(self._run_info(pages, *self._in_use()), pages=self._readable(pages))
        return self._store.answer_id(self.id, run, question)

    def kept_extraction(self, schema: Schema, pages: Pages = None) -> int | None:
        """The store's id of the extraction with this schema, from the pages that could be read."""
        run = replace(self._run_info(pages, *self._in_use()), pages=self._readable(pages))
        return self._store.extraction_id(self.id, run, schema.key)

    def drawn_page(self, number: int) -> Page:
        """A page with its pixels.

        Raises:
            InputError: when the page cannot be drawn.
            UsageError: when there is no such page.
        """
        page = self.page(number)
        if page.status is not PageStatus.OK:
            raise InputError(f"Page {number} cannot be drawn: {page.reason}", "Choose another page.")
        return page

    def plan_by_now(self, width: int, height: int) -> TilePlan | None:
        """The tiles that the model sees of such a page; None while it is being loaded and decides itself."""
        settings, engine = self._settings(), self._loaded_engine()
        budget = Budget.parse(settings.budget)
        if settings.model == EMBEDDED:
            return plan_tiles(width, height, budget)
        return None if engine is None else engine.plan_page(width, height, budget)

    def tile_plan(self, number: int, budget: str | None = None) -> tuple[Page, TilePlan]:
        """A page with its pixels, and the tiles that the model sees (or will see) of it.

        Raises:
            InputError: when the page cannot be drawn.
            UsageError: when there is no such page or budget.
        """
        page, settings = self.drawn_page(number), self._settings()
        wanted = Budget.parse(budget or settings.budget)
        if settings.model == EMBEDDED:
            return page, plan_tiles(page.width, page.height, wanted)  # known without loading the model
        return page, self._engine().plan_page(page.width, page.height, wanted)

    def tile_views(self, page: Page, plan: TilePlan) -> tuple[RgbImage, ...]:
        """The pixels of each view of a page's plan, as they reach the model; none of an empty page."""
        if page.image is None:
            return ()
        engine = self._loaded_engine()
        return native_views(page.image, plan) if engine is None else engine.views(page.image, plan)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> OpenDocument:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _in_use(self) -> tuple[Engine, str]:
        """The model and the tile budget of a run: others may be chosen while it goes on."""
        return self._engine(), self._settings().budget

    def _windows(
        self, engine: Engine, pages: Pages, cancel: threading.Event | None, region: Region | None = None
    ) -> tuple[list[Window], list[str]]:
        """The parts of the pages that were read, in page order, and why other pages failed.

        Raises:
            InputError: when no page could be read.
        """
        outcomes = list(self.read(pages, cancel))
        readings = [outcome.reading for outcome in outcomes if outcome.reading is not None]
        failed = [outcome.page.reason or "" for outcome in outcomes if outcome.reading is None]
        if failed and not readings:
            raise InputError(
                f"No page of '{self.info.name}' could be read: {failed[0]}",
                "Check that the file opens in a viewer.",
            )
        if region is not None:
            readings = [region.part_of(reading) for reading in readings]
        return [
            window for reading in readings for window in cut_windows(reading, engine.count_tokens)
        ], failed

    def _make_latest(self, run: RunInfo, schema_key: str, known: Extraction) -> None:
        """Keep an extraction once more where one of other pages, for instance, has been kept since."""
        kept = self._store.extraction_id(self.id, run, schema_key)
        if all(latest.id != kept for latest in self._store.extractions(self.id, latest_only=True)):
            self._store.save_extraction(self.id, run, schema_key, known)

    def _resumable(
        self,
        engine: Engine,
        kind: RunKind,
        run: RunInfo,
        subject: str,
        windows: Sequence[Window],
        fresh: bool,
    ) -> Engine:
        """The engine; for several windows, one that repeats none after it was stopped or killed."""
        if len(windows) < 2:
            return engine
        replies = self._store.replies(self.id, kind, run, subject)
        if fresh:
            replies.forget()
        return ResumableEngine(engine, replies)

    def _show(self, engine: Engine, budget: str, window: Window, region: Region | None = None) -> PageInput:
        """What the engine gets of a window: its words, and where pictures are seen that of page or region."""
        if not engine.card.sees_pixels:
            return window.input
        page, source = self.drawn_page(window.page_number), f"{self.info.sha256}-{budget}"
        if region is not None:
            page, source = region.cut_from(page, window.reading.words), f"{source}-{region.name}"
        plan = engine.plan_page(page.width, page.height, Budget.parse(budget))
        return with_picture(window, page, plan, source)

    def _readable(self, pages: Pages) -> str:
        """The pages that did not fail, as ``RunInfo.pages`` names them.

        Results of a part are kept under the pages of that part, so that they are never taken for
        results of the whole.
        """
        return self._named(self._pages.without_failures(self.page_numbers(pages)))

    def _named(self, pages: Sequence[int]) -> str:
        numbers = sorted(set(pages))
        return "all" if len(numbers) == self.info.page_count else ",".join(map(str, numbers))

    def _run_info(self, pages: Pages, engine: Engine, budget: str) -> RunInfo:
        card = engine.card
        return RunInfo(
            model=card.name,
            model_revision=card.revision,
            adapter=card.adapter,
            tiling=card.tiling(budget),
            reader=READER_VERSION,
            pages=self._named(self.page_numbers(pages)),
            pipeline=PIPELINE_VERSION,
        )


def _last(events: Iterator[object], kind: type[Kind]) -> Kind:
    return [event for event in events if isinstance(event, kind)][-1]
