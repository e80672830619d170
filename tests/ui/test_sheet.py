from __future__ import annotations

import re

from docvlm.pipeline import CheckedExtraction
from docvlm.schemas import load_schema
from docvlm.types import Box, CheckResult, Extraction, FieldValue, LineItems
from docvlm.ui.sheet import sheet_html

BOX = Box(10, 20, 110, 40)
EVIL = "<script>alert('1')</script>\" onclick=\"x"
SCHEMA = load_schema("total:amount, due_date:date, items[description, amount:amount]")
TOTAL = FieldValue("total", "9.00", "9,00 €", 0.91, 2, BOX, (BOX,), "EUR")
MISSING = FieldValue("due_date", None, None, 0.7)
ROW = (FieldValue("description", EVIL, EVIL, 0.6, 1, BOX, (BOX,)), FieldValue("amount", None, None, 0.3))


def _sheet(confirmed: frozenset[str] = frozenset(), checks: tuple[CheckResult, ...] = ()) -> str:
    extraction = Extraction("fields", (TOTAL, MISSING, LineItems("items", (ROW,))), checks)
    return sheet_html(CheckedExtraction(SCHEMA, extraction, confirmed), 7)


def _part(text: str, name: str) -> str:
    found = re.search(rf'<(?:div|td) class="[^>]*data-name="{re.escape(name)}".*?</(?:div|td)>', text)
    assert found is not None
    return found[0]


def test_every_value_has_its_name_and_its_place() -> None:
    text = _sheet()
    assert re.findall(r'data-name="([^"]+)"', text) == [
        "total",
        "due_date",
        "items[1].description",
        "items[1].amount",
    ]
    assert 'data-page="2"' in _part(text, "total")
    assert "data-boxes" not in _part(text, "due_date")


def test_print_and_typed_form_stand_side_by_side() -> None:
    total = _part(_sheet(), "total")
    assert 'value="9,00 €"' in total and "9.00 EUR" in total and "91 %" in total


def test_confirmed_values_say_so_instead_of_a_confidence() -> None:
    total = _part(_sheet(frozenset({"total"})), "total")
    assert "checked" in total and "91 %" not in total and "confirmed" in total


def test_cells_say_their_typed_form_and_how_sure_they_are() -> None:
    amount = FieldValue("amount", "12.50", "12,50", 0.87, 1, BOX, (BOX,), "EUR")
    rows = (ROW, (FieldValue("description", "Oak", "Oak", 0.6), amount))
    extraction = Extraction("fields", (TOTAL, MISSING, LineItems("items", rows)))

    def said(name: str, *confirmed: str) -> str:
        cell = _part(sheet_html(CheckedExtraction(SCHEMA, extraction, frozenset(confirmed)), 7), name)
        (label,) = re.findall(r'aria-label="([^"]*)"', cell)
        assert f'title="{label}"' in cell and f'data-said="{label.split(": ")[1]}"' in cell
        return label

    assert said("items[2].amount") == "amount, row 2: typed 12.50 EUR, 87 % sure"
    assert said("items[2].amount", "items[2].amount") == "amount, row 2: typed 12.50 EUR, checked"
    assert said("items[2].description") == "description, row 2: 60 % sure"  # its text says the rest
    assert said("items[1].amount") == "amount, row 1: not found, 30 % sure"
    assert said("items[1].amount", "items[1].amount") == "amount, row 1: not on this document, checked"


def test_values_that_disagree_are_marked() -> None:
    check = CheckResult("sum", False, "1 + 1 makes 2, not 9.", ("total", "items[1].amount"))
    text = _sheet(checks=(check,))
    assert "1 + 1 makes 2, not 9." in text
    assert " wrong" in _part(text, "total") and " wrong" in _part(text, "items[1].amount")
    assert " wrong" not in _part(text, "due_date")


def test_what_documents_say_is_escaped() -> None:
    text = _sheet()
    assert "<script" not in text and '" onclick="' not in text
    assert "&lt;script&gt;" in text
