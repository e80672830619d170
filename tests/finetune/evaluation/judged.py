"""Judged documents written down by hand."""

from __future__ import annotations

from collections.abc import Sequence

from docvlm.types import Box
from finetune.evaluation import DocumentResult, Evaluation, JudgedValue, ValueKind, summarise
from finetune.evaluation.rows import RowsResult
from tests.engines import WrittenEngine


def judged(
    name: str,
    label: str | None,
    raw: str | None,
    *,
    confidence: float | None = 0.9,
    kind: ValueKind = ValueKind.FIELD,
    boxes: tuple[Box, ...] = (),
    anls: float | None = None,
) -> JudgedValue:
    """A value that is right when it is the label to the letter; ``raw`` None is "not found"."""
    right = raw == label
    return JudgedValue(
        kind=kind,
        name=name,
        labels=() if label is None else (label,),
        raw=raw,
        value=raw,
        confidence=confidence,
        page=1 if boxes else None,
        boxes=boxes,
        exact=right,
        normalised=right,
        right=right,
        anls=float(right) if anls is None else anls,
    )


def document(
    number: int, *values: JudgedValue, rows: Sequence[RowsResult] = (), failure: str | None = None
) -> DocumentResult:
    return DocumentResult(
        f"{number:064x}", f"document-{number}.pdf", "", values, tuple(rows), failure=failure
    )


def evaluation(*documents: DocumentResult, seed: int = 0) -> Evaluation:
    return summarise(WrittenEngine(lambda _page, _prompt: ""), documents, seed)
