"""A store with rows in every table, odd ones among them."""

from __future__ import annotations

from docvlm.store import Label, LabelKind, RunKind, RunStatus, Store, UnitRecord, UnitState
from docvlm.types import (
    Answer,
    Box,
    CheckResult,
    DocumentInfo,
    Extraction,
    FieldValue,
    Line,
    LineItems,
    Page,
    PageStatus,
    Reading,
    ReadingSource,
    RunInfo,
    TokenStep,
    Word,
)

RUN = RunInfo(
    "docvlm-mini", "1", adapter="receipts", tiling="balanced", reader="v1", timings=(("generate", 0.1),)
)
ODD_TEXT = "caf\u00e9 \u2603 \U0001f600 '; DROP TABLE pages; -- \n\t\"\\"


def fill(store: Store, documents: int = 3) -> None:
    """Rows in every table; ``documents`` of them with the same content each."""
    for number in range(documents):
        document = store.add_document(
            DocumentInfo(f"{number:064x}", f"{ODD_TEXT}-{number}.pdf", "application/pdf", 2, 9)
        )
        store.add_document(
            DocumentInfo(f"{number:064x}", "copy.pdf", "application/pdf", 2, 9), "/in/copy.pdf"
        )
        words = (Word(f"{ODD_TEXT}\0\ud800", Box(0.1, 1 / 3, 2e-300, 4), 0.7), Word("total", Box(0, 0, 1, 1)))
        reading = Reading(1, ReadingSource.OCR, 9, 9, (Line(words, font_size=None),), skew=-0.25)
        store.save_page(document, Page(1, PageStatus.OK, 9, 9, None), reading, "v1")
        store.save_page(document, Page(2, PageStatus.FAILED, 0, 0, None, reason="Broken."))
        store.save_run(document, RunKind.ASK, RUN, RunStatus.FAILED, "Out of memory.")
        store.save_answer(document, RUN, Answer("Total?", None, 0.0))
        store.save_answer(document, RUN, Answer("Total?", "12.50", 0.9, 1, (Box(1, 2, 3, 4),)))
        row = (
            FieldValue("text", "a", "a", 0.5, 1, Box(0, 0, 1, 1), flags=("low",)),
            FieldValue("amount", None, None, 0),
        )
        fields = (
            FieldValue("total", "1.0", "1,0", 1.0, 1, None, currency="EUR"),
            LineItems("items", (row, row)),
        )
        checks = (CheckResult("sum", False, "Does not add up.", ("total",)),)
        store.save_extraction(document, RUN, "key", Extraction("receipt", fields, checks, ("note",)))
        tokens = (TokenStep(ODD_TEXT, None, forced=True), TokenStep("", 0.1 + 0.2, forced=False))
        store.replies(document, RunKind.EXTRACT, RUN, "another key").keep("request", tokens)
        store.save_label(document, Label(LabelKind.FIELD, "total", "1.0", 1, (Box(0, 0, 1, 1),)))
    queue = store.work_queue("elsewhere|1|1.0")
    queue.add(["a", "b"])
    queue.claim(["a"], 1)
    queue.finish(UnitRecord("a", UnitState.FAILED, 1, "Too large.", 5, 3, 1, 7, (("read", 0.5),)))
