"""The store: tables, migrations, sessions, full-text search. Other rooms see only dataclasses."""

from docvlm.store.overview import DocumentOverview
from docvlm.store.records import (
    AnswerRecord,
    DocumentRecord,
    ExtractionRecord,
    HitKind,
    Label,
    LabelKind,
    LabelRecord,
    PageOutcome,
    RunKind,
    RunRecord,
    RunStatus,
    SearchHit,
    UnitRecord,
    UnitState,
)
from docvlm.store.replies import Replies
from docvlm.store.store import Store
from docvlm.store.work_queue import WorkQueue

__all__ = [
    "AnswerRecord",
    "DocumentOverview",
    "DocumentRecord",
    "ExtractionRecord",
    "HitKind",
    "Label",
    "LabelKind",
    "LabelRecord",
    "PageOutcome",
    "Replies",
    "RunKind",
    "RunRecord",
    "RunStatus",
    "SearchHit",
    "Store",
    "UnitRecord",
    "UnitState",
    "WorkQueue",
]
