from __future__ import annotations

import pytest

from docvlm.pipeline import guess_kind, suggested_questions


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("THANK YOU\nCASH 30.00\nCHANGE 7.20", "receipt"),
        ("TAX INVOICE\nInvoice no 12\nCASH 30.00\nVAT 1.20", "receipt"),
        ("Bar 20,00\nRückgeld 3,20", "receipt"),
        ("Espèces 20,00\nRendu 3,20", "receipt"),
        ("Facture 12\nDate d'échéance 4 mars", "invoice"),
        ("INVOICE no 12\nBill to: Larkspur\nDue date 17 April", "invoice"),
        ("This agreement between the parties; clause 4, termination", "contract"),
        ("Account number 1\nOpening balance 3.00\nClosing balance 4.00", "bank_statement"),
    ],
)
def test_the_words_tell_the_kind(text: str, kind: str) -> None:
    assert guess_kind(text) == kind


def test_a_short_cue_is_a_whole_word_and_a_long_one_may_begin_a_compound() -> None:
    assert guess_kind("Barcode 123\nTicketing") is None
    assert guess_kind("Rechnungsnummer 12\nZahlbar bis 4. März") == "invoice"


def test_a_page_without_cues_is_of_no_kind_and_still_has_questions() -> None:
    assert guess_kind("Lorem ipsum dolor") is None
    assert guess_kind("") is None
    assert suggested_questions(None)
    assert suggested_questions("receipt") != suggested_questions("invoice")
