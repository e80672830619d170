"""Arithmetic between extracted values."""

import pytest

from docvlm.schemas import load_schema, run_checks
from docvlm.types import CheckResult, Extraction, FieldValue, LineItems


def _check(
    schema: str, rows: list[dict[str, str | None]] | None = None, **values: str | None
) -> dict[str, CheckResult]:
    fields: list[FieldValue | LineItems] = [
        FieldValue(name, value, value, 1.0) for name, value in values.items()
    ]
    if rows is not None:
        list_name = "transactions" if schema == "bank_statement" else "items"
        cells = tuple(tuple(FieldValue(name, cell, cell, 1.0) for name, cell in row.items()) for row in rows)
        fields.append(LineItems(list_name, cells))
    results = run_checks(load_schema(schema), Extraction(schema, tuple(fields)))
    return {result.name: result for result in results}


@pytest.mark.parametrize(
    ("values", "passed"),
    [
        ({"subtotal": "8.50", "tax": "0.50", "total": "9.00"}, True),
        ({"subtotal": "8.50", "tax": "0.50", "total": "9.05"}, True),  # rounded to the smallest coin
        ({"subtotal": "8.50", "tax": "0.50", "total": "9.06"}, False),
        ({"subtotal": "8.50", "tax": "0.50", "tip": "1.00", "total": "10.00"}, True),
        ({"subtotal": "8.50", "tax": "0.50", "tip": "1.00", "total": "9.00"}, True),  # tip paid apart
        ({"subtotal": "9.00", "tax": "0.50", "total": "9.00"}, True),  # tax included
        ({"subtotal": "9.00", "tax": "0.50", "total": "19.00"}, False),
    ],
)
def test_subtotal_tax_and_tip_make_the_total_of_a_receipt(values: dict[str, str], passed: bool) -> None:
    (result,) = _check("receipt", **values).values()
    assert result.passed is passed
    assert "total" in result.fields


def test_an_invoice_is_stricter_about_tax_but_knows_discounts() -> None:
    name = "subtotal + tax = total"
    assert not _check("invoice", subtotal="9.00", tax="0.50", total="9.00")[name].passed
    assert _check("invoice", subtotal="10.00", tax="1.00", discount="2.00", total="9.00")[name].passed
    assert _check("invoice", subtotal="10.00", tax="1.00", discount="-2.00", total="9.00")[name].passed


def test_the_message_is_a_sentence_with_the_figures() -> None:
    result = _check("invoice", subtotal="10.00", tax="1.00", discount="2.00", total="19.00")[
        "subtotal + tax = total"
    ]
    assert result.message == "subtotal 10.00 + tax 1.00 - discount 2.00 makes 9.00, but total says 19.00."
    assert result.fields == ("subtotal", "tax", "discount", "total")


@pytest.mark.parametrize(
    "values",
    [
        {"subtotal": "8.50", "total": "9.00"},
        {"subtotal": None, "tax": "0.50", "total": "9.00"},
        {"subtotal": "8.50", "tax": "0.50"},
        {"subtotal": "8.50", "tax": "typed by hand", "total": "9.00"},
        {"subtotal": "8.50", "tax": "NaN", "total": "9.00"},
        {},
    ],
)
def test_a_missing_value_leaves_the_check_out(values: dict[str, str | None]) -> None:
    assert _check("receipt", **values) == {}


LINE_SUM = "items.amount = subtotal or total"


def test_the_lines_make_the_subtotal_or_the_total() -> None:
    rows: list[dict[str, str | None]] = [{"amount": "4.00"}, {"amount": "5.00"}]
    assert _check("receipt", rows, total="9.00")[LINE_SUM].passed
    assert _check("receipt", rows, subtotal="9.00", total="9.60")[LINE_SUM].passed
    wrong = _check("receipt", rows, subtotal="8.00", total="9.60")[LINE_SUM]
    assert not wrong.passed
    assert wrong.message == "items.amount 9.00 in all, but subtotal says 8.00 and total says 9.60."


def test_a_row_without_an_amount_or_no_rows_leaves_the_line_sum_out() -> None:
    assert _check("receipt", [{"amount": "4.00"}, {"amount": None}], total="9.00") == {}
    assert _check("receipt", [], total="9.00") == {}


def test_quantity_times_price_is_the_amount_of_each_row() -> None:
    name = "items.quantity × items.unit_price = items.amount"
    good = {"quantity": "2", "unit_price": "1.50", "amount": "3.00"}
    weighed = {"quantity": "0.345", "unit_price": "9.90", "amount": "3.42"}
    bad = {"quantity": "3", "unit_price": "1.50", "amount": "5.00"}
    assert _check("receipt", [good, weighed])[name].passed
    result = _check("receipt", [good, bad])[name]
    assert not result.passed
    assert result.message == "In items, row 2: 3 × 1.50 makes 4.5, not 5.00."
    assert result.fields == ("items[2].quantity", "items[2].unit_price", "items[2].amount")
    assert _check("receipt", [{"quantity": "3", "unit_price": None, "amount": "5.00"}]) == {}


def test_a_statements_balance_follows_from_its_transactions() -> None:
    rows: list[dict[str, str | None]] = [
        {"deposit": "50.00", "withdrawal": None},
        {"deposit": None, "withdrawal": "-20.00"},
        {"deposit": None, "withdrawal": "5.00"},
    ]
    (right,) = _check("bank_statement", rows, opening_balance="100.00", closing_balance="125.00").values()
    (wrong,) = _check("bank_statement", rows, opening_balance="100.00", closing_balance="150.00").values()
    assert (right.passed, wrong.passed) == (True, False)
    assert "transactions.withdrawal 25.00" in wrong.message


def test_the_due_date_is_not_before_the_date() -> None:
    assert _check("invoice", date="2019-03-12", due_date="2019-03-12")["date ≤ due_date"].passed
    late = _check("invoice", date="2019-03-12", due_date="2019-03-11")["date ≤ due_date"]
    assert not late.passed
    assert late.message == "date 2019-03-12 is after due_date 2019-03-11."
    assert _check("invoice", date="2019-03-12") == {}


@pytest.mark.parametrize(
    ("value", "passed"), [("DE89370400440532013000", True), ("DE89370400440532013001", False)]
)
def test_an_ibans_check_digits(value: str, passed: bool) -> None:
    (result,) = _check("invoice", iban=value).values()
    assert result.passed is passed
