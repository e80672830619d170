"""What the store gives back beside the values of ``docvlm.types``: frozen, detached from the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from docvlm.types import Answer, Box, Extraction, PageStatus, RunInfo


class RunKind(StrEnum):
    READ = "read"
    ASK = "ask"
    EXTRACT = "extract"


class RunStatus(StrEnum):
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class UnitState(StrEnum):
    """Where a unit of batch work stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class LabelKind(StrEnum):
    """``field``: ``name`` is the field; ``qa``: the question; ``transcript``: what was transcribed."""

    FIELD = "field"
    QA = "qa"
    TRANSCRIPT = "transcript"


class HitKind(StrEnum):
    PAGE = "page"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document and what is kept about it.

    ``names`` are those under which the same bytes were seen, latest first; ``paths`` those known.
    """

    id: int
    sha256: str
    media_type: str
    page_count: int
    byte_count: int
    names: tuple[str, ...]
    paths: tuple[str, ...]
    added: datetime
    runs: int
    answers: int
    extractions: int
    labels: int

    @property
    def name(self) -> str:
        """The name under which the document was seen last."""
        return self.names[0]


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """What became of a page; the fields are those of ``Page``."""

    number: int
    status: PageStatus
    reason: str | None
    width: int
    height: int
    points_per_pixel: float | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One piece of work on a document. ``started`` is None where it was not measured."""

    id: int
    document_id: int
    kind: RunKind
    status: RunStatus
    reason: str | None
    info: RunInfo
    started: datetime | None
    finished: datetime


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """A unit of batch work and what became of it.

    ``reason`` says why it failed, or why some of its pages did; ``exit_code`` is that of the error.
    ``pages_done`` counts the pages that were read, ``pages_failed`` those that could not be.
    ``result_id`` is the id of the answer or extraction. ``timings`` are (step, seconds).
    """

    key: str
    state: UnitState
    attempts: int = 0
    reason: str | None = None
    exit_code: int = 0
    pages_done: int = 0
    pages_failed: int = 0
    result_id: int | None = None
    timings: tuple[tuple[str, float], ...] = ()

    @property
    def has_failed(self) -> bool:
        """Whether it failed, or some of its pages did: what a retry does again."""
        return self.state is UnitState.FAILED or self.pages_failed > 0

    @property
    def is_begun(self) -> bool:
        """Whether somebody is doing it, or was interrupted: which of its pages failed is not counted yet."""
        return self.attempts > 0 and self.state in (UnitState.WAITING, UnitState.RUNNING)


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    id: int
    document_id: int
    document_name: str
    run: RunRecord
    answer: Answer


@dataclass(frozen=True, slots=True)
class ExtractionRecord:
    id: int
    document_id: int
    document_name: str
    sha256: str
    schema_key: str
    run: RunRecord
    extraction: Extraction


@dataclass(frozen=True, slots=True)
class Label:
    """What a person says is right. ``value`` None: the document does not have it.

    ``source`` says where the label came from, such as "correction" or "import".
    """

    kind: LabelKind
    name: str
    value: str | None
    page: int | None = None
    boxes: tuple[Box, ...] = ()
    source: str = "correction"


@dataclass(frozen=True, slots=True)
class LabelRecord:
    id: int
    document_id: int
    label: Label
    created: datetime


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A text that was found. ``score`` orders the hits of one search, higher is better."""

    document_id: int
    sha256: str
    name: str
    page: int | None
    kind: HitKind
    snippet: str
    score: float
