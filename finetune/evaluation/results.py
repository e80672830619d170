"""What an evaluation finds: each document judged, the figures over all of them, and their files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from docvlm.atomic import write_atomically
from docvlm.errors import InputError
from docvlm.types import Box
from finetune.evaluation.bootstrap import Interval
from finetune.evaluation.calibration import ReliabilityBin
from finetune.evaluation.facts import FactResult
from finetune.evaluation.rows import RowsResult
from finetune.evaluation.text import BagCounts, ErrorCounts


class ValueKind(StrEnum):
    """What was asked for."""

    FIELD = "field"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class JudgedValue:
    """One field or answer: what the label says, what was predicted, and how far they agree.

    Attributes:
        name: the field's name, or the question.
        labels: every value that counts as right; empty where the document does not have it. A list is judged
            as one value only where the document does not have it.
        value: the typed form of ``raw``; None for "not found".
        confidence: None where nothing was predicted because the document failed, and of a list.
        page: where ``raw`` stands, from 1; ``boxes`` are pixels of that page, one a line.
        exact, normalised, right, anls: as in ``finetune.evaluation.values.Agreement``; ``right`` is its
            ``typed``.
        on_right_words: whether the words under the boxes say what the label says; None without either.
        box_overlap: intersection over union with the label's boxes; None where either has none.
    """

    kind: ValueKind
    name: str
    labels: tuple[str, ...]
    raw: str | None
    value: str | None
    confidence: float | None
    page: int | None
    boxes: tuple[Box, ...]
    exact: bool
    normalised: bool
    right: bool
    anls: float
    on_right_words: bool | None = None
    box_overlap: float | None = None


@dataclass(frozen=True, slots=True)
class TranscriptResult:
    """The text read on a page (``page`` None: on all pages) beside its transcript.

    Error counts are None where the label gives words in no particular order. The caseless ones compare
    lower-cased texts, for transcripts in capitals.
    """

    page: int | None
    bag: BagCounts
    characters: ErrorCounts | None = None
    words: ErrorCounts | None = None
    caseless_characters: ErrorCounts | None = None
    caseless_words: ErrorCounts | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What asking about a document took; reading it is not included. Prompt tokens count once a request."""

    seconds: float
    prompt_tokens: int
    reply_tokens: int


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """One document judged. ``failure`` says why it could not be read or asked; it counts as wrong."""

    sha256: str
    name: str
    kind: str
    values: tuple[JudgedValue, ...] = ()
    rows: tuple[RowsResult, ...] = ()
    transcripts: tuple[TranscriptResult, ...] = ()
    facts: tuple[FactResult, ...] = ()
    cost: Cost | None = None
    failure: str | None = None

    @property
    def asked(self) -> int:
        """How many values and labelled cells were judged."""
        return len(self.values) + sum(cell.labelled for rows in self.rows for cell in rows.cells)

    @property
    def right(self) -> int:
        """How many of them are right by meaning."""
        cells = (cell.right for rows in self.rows for cell in rows.cells)
        return sum(value.right for value in self.values) + sum(cells)


@dataclass(frozen=True, slots=True)
class FieldFigures:
    """The figures of one field, of a list field, or of one of its columns (``items.amount``)."""

    name: str
    figures: dict[str, Interval]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Documents judged with one model, and the figures over them.

    Figures that the labels say nothing about are not there. ``fields`` are in order of first sight.
    """

    model: str
    revision: str
    adapter: str | None
    seed: int
    documents: tuple[DocumentResult, ...]
    metrics: dict[str, Interval]
    fields: tuple[FieldFigures, ...]
    reliability: tuple[ReliabilityBin, ...]

    @property
    def failed(self) -> tuple[DocumentResult, ...]:
        """The documents that could not be read or asked."""
        return tuple(document for document in self.documents if document.failure is not None)

    def field(self, name: str) -> dict[str, Interval]:
        """The figures of one field; empty where no document has a label for it."""
        return next((field.figures for field in self.fields if field.name == name), {})


def evaluation_json(evaluation: Evaluation) -> dict[str, Any]:
    """``{"documents", "metrics", "fields"}`` with stable names, as the README describes it."""
    return {
        "documents": len(evaluation.documents),
        "metrics": _figures_json(evaluation.metrics),
        "fields": {field.name: _figures_json(field.figures) for field in evaluation.fields},
        "failed": [{"file": result.name, "reason": result.failure} for result in evaluation.failed],
        "model": evaluation.model,
        "revision": evaluation.revision,
        "adapter": evaluation.adapter,
        "seed": evaluation.seed,
    }


def interval_json(interval: Interval) -> dict[str, float]:
    """``{"value", "low", "high"}``, rounded to six digits."""
    return {name: round(getattr(interval, name), 6) for name in ("value", "low", "high")}


def _figures_json(figures: dict[str, Interval]) -> dict[str, dict[str, float]]:
    return {name: interval_json(interval) for name, interval in figures.items()}


_DOCUMENT = TypeAdapter(DocumentResult)
_EVALUATION = TypeAdapter(Evaluation)


def document_line(result: DocumentResult) -> str:
    """A document's labels and predictions as one line of JSON."""
    return _DOCUMENT.dump_json(result).decode()


def parse_document_line(line: str) -> DocumentResult | None:
    """The result that ``document_line`` wrote; None for a line that is damaged."""
    try:
        return _DOCUMENT.validate_json(line)
    except ValidationError:
        return None


def write_evaluation(path: Path, evaluation: Evaluation) -> None:
    """Keep everything, so that ``read_evaluation`` gives the same again.

    Raises:
        UsageError: when the file cannot be written there.
    """
    write_atomically(path, _EVALUATION.dump_json(evaluation))


def read_evaluation(path: Path) -> Evaluation:
    """What ``write_evaluation`` kept.

    Raises:
        InputError: when the file cannot be read or holds something else.
    """
    try:
        return _EVALUATION.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError(f"{path} is not a kept evaluation.", "Evaluate again.") from error
