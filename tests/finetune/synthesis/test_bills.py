"""Invoices whose head has several parts side by side, and sellers beside the table."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from docvlm.types import Box
from finetune.synthesis import bills
from finetune.synthesis.examples import make_language
from finetune.synthesis.page import CELL_WIDTH, Draft, read_draft
from finetune.synthesis.vocabulary import LANGUAGES

SEEDS = range(12)


def invoices(monkeypatch: pytest.MonkeyPatch, place: str) -> list[Draft]:
    """Invoices that all name their seller at that place."""
    monkeypatch.setattr(bills, "_PLACES", {place: 1})
    return [bills.invoice(Random(f"{place}:{seed}"), ("en", "fr", "de")[seed % 3]) for seed in SEEDS]


def box_of(draft: Draft, fact: str) -> Box:
    return Box.around([word.box for word in draft.words if word.fact == fact])


def test_three_parts_share_their_rows_and_do_not_touch(monkeypatch: pytest.MonkeyPatch) -> None:
    for draft in invoices(monkeypatch, "three parts"):
        seller, date = box_of(draft, "seller_name"), box_of(draft, "date")
        number = box_of(draft, "invoice_number")
        for other in (date, number):
            assert seller.x1 < other.x0 or other.x1 < seller.x0
        assert abs(seller.y0 - min(date.y0, number.y0)) < 6 * 24
        facts = read_draft(draft).facts
        assert {"seller_name", "invoice_number", "date"} <= facts.keys()


def test_the_number_stands_behind_the_title_or_among_the_details(monkeypatch: pytest.MonkeyPatch) -> None:
    labelled = ["invoice_number" in draft.labels for draft in invoices(monkeypatch, "three parts")]
    assert 0 < sum(labelled) < len(labelled)


def test_a_seller_beside_the_table_stands_left_of_every_item(monkeypatch: pytest.MonkeyPatch) -> None:
    for draft in invoices(monkeypatch, "sidebar"):
        seller = box_of(draft, "seller_name")
        items = [word.box for word in draft.words if (word.fact or "").startswith("items.")]
        assert all(seller.x0 < item.x0 for item in items)
        assert min(item.y0 for item in items) - 96 < seller.y0 < max(item.y1 for item in items) + 96
        assert read_draft(draft).facts["seller_name"]


def test_cells_are_shifted_as_their_words_are(monkeypatch: pytest.MonkeyPatch) -> None:
    for draft in invoices(monkeypatch, "sidebar"):
        drawn = [
            cell.column
            for row in draft.rows
            for cell in row.cells
            if cell.column is not None and (cell.fact or "").startswith("items.0.")
        ]
        assert min(drawn) >= bills._SIDEBAR
        words = [word.box for word in draft.words if (word.fact or "").startswith("items.0.")]
        assert min(word.x0 for word in words) >= bills._SIDEBAR * CELL_WIDTH
        assert max(drawn) <= draft.columns


def test_french_invoices_are_more_frequent_than_french_letters() -> None:
    rng = Random(1)
    invoices, letters = (
        Counter(make_language(rng, kind) for _ in range(2000)) for kind in ("invoice", "letter")
    )
    assert invoices["fr"] > 1.5 * letters["fr"]
    assert letters["en"] > invoices["en"]
    assert set(invoices) == set(letters) == set(LANGUAGES)
