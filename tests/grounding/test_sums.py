"""Net amount and tax make the total; what the page shows wins over what was chosen."""

from __future__ import annotations

import pytest

from docvlm.grounding import PageWords, WordRun, shown_by_sums
from docvlm.schemas import FieldSpec, FieldType, page_context
from docvlm.types import Box, Word

TOTAL, TAX, NET = (FieldSpec(name, FieldType.AMOUNT) for name in ("total", "tax", "subtotal"))

RECEIPT = (
    ("Blue chair", "25.90"),
    ("Bag", "0.20"),
    ("Total incl. GST @ 6%", "26.10"),
    ("Cash", "50.00"),
    ("Change", "23.90"),
    ("GST @ 6% included in total", "1.48"),
)
RATES = (
    ("Sub-total", "46.54"),
    ("Total sales incl GST", "46.54"),
    ("Rounding", "0.01"),
    ("Total after rounding incl GST", "46.55"),
    ("Cash", "100.00"),
    ("SR @ 6%", "43.90", "2.64"),
    ("Total", "43.90", "2.64"),
)
INVOICE = (
    ("Lampe de bureau", "32,00", "35,00", "1 120,00"),
    ("TVA 20%", "0,00", "5 999,50", "1 199,90", "7 199,40"),
)
SERVICE = (("Soup", "100.00"), ("Subtotal", "100.00"), ("Service", "10.00"), ("Total due", "110.00"))
TIP = (("Subtotal", "20.00"), ("Sales tax", "1.60"), ("Tip", "3.00"), ("Total", "24.60"))


def page(rows: tuple[tuple[str, ...], ...]) -> PageWords:
    lines = []
    for number, cells in enumerate(rows):
        words, x = [], 0.0
        for cell in cells:
            for text in cell.split():
                words.append(Word(text, Box(x, 40.0 * number, x + 8 * len(text), 40.0 * number + 16)))
                x += 8 * len(text) + 6
            x += 100
        lines.append(words)
    return PageWords(lines, lines)


def shown(rows: tuple[tuple[str, ...], ...], *chosen: tuple[FieldSpec, str | None]) -> dict[str, str]:
    words = page(rows)

    def run(text: str | None) -> WordRun | None:
        return words.find(text)[0] if text else None

    found = shown_by_sums([(spec, run(text)) for spec, text in chosen], words, page_context(words.text))
    return {name: place.text for name, place in found.items()}


@pytest.mark.parametrize(
    ("rows", "chosen", "total"),
    [
        (RECEIPT, "1.48", "26.10"),  # the tax that is in it
        (RATES, "43.90", "46.55"),  # the net amount of a table of rates
        (RATES, "2.64", "46.55"),
        (INVOICE, "1 199,90", "7 199,40"),
        (INVOICE, "5 999,50", "7 199,40"),
        (SERVICE, "100.00", "110.00"),
    ],
)
def test_a_part_is_not_the_total(rows: tuple[tuple[str, ...], ...], chosen: str, total: str) -> None:
    assert shown(rows, (TOTAL, chosen)) == {"total": total}


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        (RECEIPT, "26.10"),
        (RECEIPT, "25.90"),  # with the bag it makes the total, but a bag is no tax
        (RECEIPT, "23.90"),  # change and cash say nothing
        (RATES, "46.55"),
        (INVOICE, "7 199,40"),
        (SERVICE, "110.00"),
    ],
)
def test_a_total_stands(rows: tuple[tuple[str, ...], ...], chosen: str) -> None:
    assert shown(rows, (TOTAL, chosen)) == {}


def test_a_total_that_was_not_found_stays_so() -> None:
    assert shown(RECEIPT, (TOTAL, None)) == {}


@pytest.mark.parametrize("tax", ["0,00", "7 199,40", None])
def test_the_tax_is_what_the_total_has_more(tax: str | None) -> None:
    fields = ((NET, "5 999,50"), (TAX, tax), (TOTAL, "7 199,40"))
    assert shown(INVOICE, *fields) == {"tax": "1 199,90"}


def test_tax_and_total_that_were_exchanged_are_both_put_right() -> None:
    fields = ((NET, "5 999,50"), (TAX, "0,00"), (TOTAL, "1 199,90"))
    assert shown(INVOICE, *fields) == {"tax": "1 199,90", "total": "7 199,40"}


def test_service_and_tips_are_no_tax() -> None:
    assert shown(SERVICE, (NET, "100.00"), (TAX, None), (TOTAL, "110.00")) == {}
    assert shown(TIP, (NET, "20.00"), (TAX, "1.60"), (TOTAL, "24.60")) == {}


ADJUSTED = (
    ("Soap", "72.74"),
    ("Total Sales (Inclusive GST)", "72.74"),
    ("Rounding Adjustment", ".01"),
    ("Rounding", "72.75"),
    ("Cash", "100.00"),
)


@pytest.mark.parametrize(
    ("rows", "chosen", "total"),
    [
        (ADJUSTED, "72.74", "72.75"),
        (RATES, "46.54", "46.55"),
        ((*RATES[:2], ("Arrondi", "0,01"), ("Total", "46,55")), "46.54", "46,55"),
    ],
)
def test_a_rounded_total_is_what_is_paid(rows: tuple[tuple[str, ...], ...], chosen: str, total: str) -> None:
    assert shown(rows, (TOTAL, chosen)) == {"total": total}


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        (ADJUSTED[:2], "72.74"),
        ((*ADJUSTED[:2], ("Rounding", "0.01"), ("Cash", "72.75")), "72.74"),
        ((("Total", "72.75"), ("Total", "72.74"), ("Rounding", "0.01")), "72.74"),  # above its rounding
        ((("Total", "72.75"), ("Rounding", "0.00"), ("Total", "72.80")), "72.75"),  # whole coins already
        ((("Total", "19.97"), ("Rounding", "-0.02"), ("Total tendered", "20.00")), "19.97"),
        ((("Total", "19.97"), ("Rounding", "-0.02"), ("Total", "20.00")), "19.97"),  # another difference
        ((("Round steak", "17.97"), ("Total", "19.97"), ("Total", "20.00")), "19.97"),
    ],
)
def test_without_a_rounded_total_below_its_rounding_none_is_shown(
    rows: tuple[tuple[str, ...], ...], chosen: str
) -> None:
    assert shown(rows, (TOTAL, chosen)) == {}


def test_a_tax_is_found_beside_a_total_that_was_rounded() -> None:
    rows = (
        ("Subtotal", "68.62"),
        ("GST 6%", "4.12"),
        ("Total", "72.74"),
        ("Rounding", ".01"),
        ("Rounded total", "72.75"),
    )
    assert shown(rows, (NET, "68.62"), (TAX, None), (TOTAL, "72.74")) == {"total": "72.75", "tax": "4.12"}


@pytest.mark.parametrize(
    ("name", "hint", "is_total"),
    [
        ("total", "", True),
        ("amount_due", "", True),
        ("TotalTTC", "", True),
        ("total_ttc", "", True),
        ("montant total", "", True),
        ("total", "sum before tax", False),
        ("total_untaxed", "", False),
        ("tax_total", "", False),
        ("total_discount", "", False),
        ("total_items", "", False),
        ("amount", "", False),
    ],
)
def test_which_fields_ask_for_the_total(name: str, hint: str, is_total: bool) -> None:
    spec = FieldSpec(name, FieldType.AMOUNT, hint)
    assert (shown(RECEIPT, (spec, "1.48")) == {name: "26.10"}) == is_total


def test_a_number_that_is_no_money_is_no_total() -> None:
    assert shown(RECEIPT, (FieldSpec("total", FieldType.NUMBER), "1.48")) == {}
