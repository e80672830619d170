"""Printed numbers and amounts in many countries' habits."""

from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from docvlm.schemas.context import DecimalStyle
from docvlm.schemas.numbers import as_text, find_numbers, parse_decimal


def _only(text: str, style: DecimalStyle | None = None) -> str:
    (number,) = find_numbers(text, style, thousands_first=True)
    return as_text(number.value)


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1\u00a0234,56", "1234.56"),
        ("1\u202f234\u202f567,89", "1234567.89"),
        ("1'234.56", "1234.56"),
        ("1’234.56", "1234.56"),
        ("1,23,456.78", "123456.78"),
        ("12,34,567", "1234567"),
        ("1.234.567", "1234567"),
        ("12,50", "12.50"),
        ("600.0", "600.0"),
        (".26", "0.26"),
        ("12,-", "12"),
        ("12.--", "12"),
        ("12", "12"),
        ("1O.00", "10.00"),
        ("l2,5O", "12.50"),
        ("9. 00", "9.00"),
        ("9 .00", "9.00"),
        ("-5.00", "-5.00"),
        ("−5.00", "-5.00"),
        ("5.00-", "-5.00"),
        ("(12.50)", "-12.50"),
        ("5.00-A", "-5.00"),
        ("1.00-O", "-1.00"),
        ("1,00−B", "-1.00"),
        ("0.00-", "0.00"),
        ("- 5.00", "5.00"),
        ("TOTAL-9.00", "9.00"),
        ("TOTAL:9.00", "9.00"),
        ("4.50A", "4.50"),
        ("x2", "2"),
        ("2x", "2"),
    ],
)
def test_reads_a_number_however_it_is_printed(printed: str, value: str) -> None:
    assert _only(printed) == value


@pytest.mark.parametrize(
    ("printed", "sign", "value"),
    [
        ("RM9.00", "RM", "9.00"),
        ("RM 9.00", "RM", "9.00"),
        ("$ 5", "$", "5"),
        ("-$5.00", "$", "-5.00"),
        ("$-5.00", "$", "-5.00"),
        ("($12.50)", "$", "-12.50"),
        ("$(12.50)", "$", "-12.50"),
        ("-RM 0.02", "RM", "-0.02"),
        ("RM-0.02", "RM", "-0.02"),
        ("EUR 1.234,50", "EUR", "1234.50"),
        ("1.234,50 EUR", "EUR", "1234.50"),
        ("Eur129,75", "Eur", "129.75"),
        ("129,75€", "€", "129.75"),
        ("12 500 Ft", "Ft", "12500"),
        ("1 234 567,89 kr", "kr", "1234567.89"),
        ("R$ 1.234,56", "R$", "1234.56"),
        ("JPY 1,080", "JPY", "1080"),
        ("(12,50 €)", "€", "-12.50"),
        ("12,50 €-", "€", "-12.50"),
        ("12.50 EUR-", "EUR", "-12.50"),
    ],
)
def test_a_currency_beside_the_number_is_taken_with_it(printed: str, sign: str, value: str) -> None:
    (number,) = find_numbers(printed, thousands_first=True)
    assert (number.currency_sign, as_text(number.value)) == (sign, value)
    assert printed[number.start : number.end] == printed


@pytest.mark.parametrize("text", ["12,50 €- 14,50 €", "12 €-", "12,50 EUR-Zone"])
def test_a_dash_behind_a_currency_is_no_minus_where_text_goes_on(text: str) -> None:
    assert all(number.value > 0 for number in find_numbers(text))


def test_letters_that_only_look_like_a_currency_are_none() -> None:
    assert find_numbers("FORM 9.00")[0].currency_sign is None
    assert find_numbers("9.00 EURASIA")[0].currency_sign is None


@pytest.mark.parametrize(
    "text",
    [
        "25/12/2018",
        "20:13",
        "1.23.45",
        "1.5-A",
        "5-A",
        "9.00-Off",
        "SX-575-1",
        "012-3456789",
        "192.168.1.10",
        "1234567890123456.00",
        "",
        "no digits",
    ],
)
def test_what_is_no_number_is_not_read_as_one(text: str) -> None:
    assert find_numbers(text) == ()


@pytest.mark.parametrize(
    ("printed", "style", "value", "ambiguous"),
    [
        ("1.234", DecimalStyle.POINT, "1.234", False),
        ("1.234", DecimalStyle.COMMA, "1234", False),
        ("1,234", DecimalStyle.POINT, "1234", False),
        ("1,234", DecimalStyle.COMMA, "1.234", False),
        ("1,234", None, "1234", True),
        ("1.234", None, "1234", True),
        ("0.345", None, "0.345", False),
        ("1234.567", None, "1234.567", False),
        ("1.2345", None, "1.2345", False),
        ("12.50", DecimalStyle.COMMA, "12.50", False),
    ],
)
def test_one_mark_before_three_digits_is_decided_by_the_page(
    printed: str, style: DecimalStyle | None, value: str, ambiguous: bool
) -> None:
    (number,) = find_numbers(printed, style, thousands_first=True)
    assert (as_text(number.value), number.ambiguous) == (value, ambiguous)


def test_a_plain_number_with_a_point_is_a_decimal_first() -> None:
    assert parse_decimal("1.234") == (Decimal("1.234"), 3, False, True)


@pytest.mark.parametrize(("printed", "entry"), [("9.00 CR", "CR"), ("9.00DR", "DR"), ("9.00", None)])
def test_the_ledger_side_is_kept_apart_from_the_value(printed: str, entry: str | None) -> None:
    (number,) = find_numbers(printed)
    assert (as_text(number.value), number.entry) == ("9.00", entry)


@pytest.mark.parametrize("printed", ["6%", "6 %", "6 percent", "6 per cent"])
def test_percentages_are_marked(printed: str) -> None:
    (number,) = find_numbers(printed)
    assert number.percent
    assert as_text(number.value) == "6"


@given(
    st.decimals(min_value=0, max_value=Decimal("99999999.99"), places=2),
    st.sampled_from(["en", "de", "fr", "de_CH", "en_IN", "es", "sv", "pl", "it", "pt_BR"]),
    st.sampled_from(["", "RM ", "$", "€ ", "EUR "]),
    st.sampled_from(["", "-"]),
)
def test_amounts_come_back_from_every_countrys_style(
    amount: Decimal, locale: str, sign: str, minus: str
) -> None:
    printed = (
        minus
        + sign
        + format_decimal(amount, format="#,##,##0.00" if locale == "en_IN" else "#,##0.00", locale=locale)
    )
    (number,) = find_numbers(printed, thousands_first=True)
    assert number.value == (-amount if minus else amount)


@given(st.text(alphabet="0123456789.,-() OlRM$€%CRx/:", max_size=40))
def test_any_text_is_survived(text: str) -> None:
    for number in find_numbers(text):
        assert 0 <= number.start <= number.core_start < number.core_end <= number.end <= len(text)
        assert number.value.is_finite()
