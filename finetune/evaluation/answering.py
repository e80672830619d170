"""What the model says about a labelled document, asked exactly as docvlm asks it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from docvlm.models.around import EngineAround
from docvlm.models.protocol import Engine, GenerationRequest, PageInput
from docvlm.pipeline.ask import ask_windows
from docvlm.pipeline.extract import extract_windows
from docvlm.pipeline.windows import Window, cut_windows, with_picture
from docvlm.schemas import Schema
from docvlm.tiling import Budget
from docvlm.types import Answer, Extraction, Page, Reading, TokenStep
from finetune.data.documents import LabelledDocument
from finetune.evaluation.results import Cost

Kind = TypeVar("Kind")


class ReadPages(Protocol):
    """Where readings come from, usually ``finetune.data.readings.Readings``."""

    def of(self, document: LabelledDocument) -> tuple[Reading, ...]:
        """The readings of a document's pages."""

    def page(self, document: LabelledDocument, number: int) -> Page:
        """A page with its pixels."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was predicted for one document; ``extraction`` is None where no field was asked for."""

    extraction: Extraction | None
    answers: tuple[Answer, ...]
    cost: Cost


def ask_document(
    engine: Engine,
    document: LabelledDocument,
    readings: ReadPages,
    schema: Schema | None,
    budget: str,
    cancel: threading.Event | None = None,
) -> Said | None:
    """Extract the schema's fields and ask the document's questions; None where it has neither.

    Raises:
        Cancelled: soon after ``cancel`` was set.
        InputError: when the document cannot be read.
        ModelError: when a page does not fit the model.
    """
    wanted = schema if document.fields else None
    if wanted is None and not document.questions:
        return None
    counted = _CountedEngine(engine)
    windows = [window for page in readings.of(document) for window in cut_windows(page, engine.count_tokens)]

    def show(window: Window) -> PageInput:
        if not engine.card.sees_pixels:
            return window.input
        page = readings.page(document, window.page_number)
        plan = engine.plan_page(page.width, page.height, Budget.parse(budget))
        return with_picture(window, page, plan, f"{document.sha256}-{budget}")

    started = time.monotonic()
    extraction = None
    if wanted is not None:
        extraction = _last(extract_windows(counted, windows, wanted, show, cancel), Extraction)
    answers = tuple(
        _last(ask_windows(counted, windows, label.question, show, cancel), Answer)
        for label in document.questions
    )
    seconds = time.monotonic() - started
    return Said(extraction, answers, Cost(seconds, counted.prompt_tokens, counted.reply_tokens))


class _CountedEngine(EngineAround):
    """An engine that adds up the tokens it is asked with and replies with."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.prompt_tokens = 0
        self.reply_tokens = 0

    def generate(
        self, page: PageInput, request: GenerationRequest, cancel: threading.Event | None = None
    ) -> Iterator[TokenStep]:
        self.prompt_tokens += self.count_tokens(page.reader_text) + self.count_tokens(request.prompt)
        self.prompt_tokens += page.plan.tokens if page.plan is not None else 0
        for step in self._engine.generate(page, request, cancel):
            self.reply_tokens += 1
            yield step


def _last(events: Iterator[object], kind: type[Kind]) -> Kind:
    return [event for event in events if isinstance(event, kind)][-1]
