"""What a page says about its own habits."""

import pytest

from docvlm.schemas.context import DateOrder, DecimalStyle, PageContext, page_context
from docvlm.schemas.currencies import currency_codes, currency_of, guess_currency


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("03/04/2019 and 25/12/2018", DateOrder.DAY_FIRST),
        ("03/04/2019 and 12/25/2018", DateOrder.MONTH_FIRST),
        ("03/04/2019\nAustin, TX 78701", DateOrder.MONTH_FIRST),
        ("03/04/2019\nAustin, TX 78701\nMontant TTC 1 250,40", DateOrder.DAY_FIRST),
        ("12/25/2018\nTotal 1.250,40", DateOrder.MONTH_FIRST),
        ("25/12/2018\nAustin, TX 78701", DateOrder.DAY_FIRST),
        ("03/04/2019\nAustin, TX 78701\n$5.00", DateOrder.MONTH_FIRST),
        ("03/04/2019\nWilmington, DE 19801", DateOrder.MONTH_FIRST),
        ("03.04.2019\nAustin, TX 78701", None),
        ("03.04.19\nAustin, TX 78701", None),
        ("03/04/2019 see 1.2.10\nAustin, TX 78701", DateOrder.MONTH_FIRST),
        ("03/04/2019\nAustin, TX 78701\nCHF 5.00", None),
        ("03/04/2019\nAustin, TX 78701\n£5.00", None),
        ("03/04/2019\nDE 10115 Berlin", None),
        ("03/04/2019", None),
        ("01.02.2019-28.02.2019", DateOrder.DAY_FIRST),
        ("", None),
    ],
)
def test_the_order_of_dates_comes_from_the_page(text: str, order: DateOrder | None) -> None:
    assert page_context(text).date_order == order


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("9.00\n10.00\n1,234.50", DecimalStyle.POINT),
        ("9,00\n10,00\n1.234,50", DecimalStyle.COMMA),
        ("12,-", DecimalStyle.COMMA),
        ("25.12.2018 12:30", None),
        ("1,234", None),
        ("", None),
    ],
)
def test_the_decimal_mark_comes_from_the_page(text: str, style: DecimalStyle | None) -> None:
    assert page_context(text).decimal_style == style


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("TOTAL RM 9.00 CASH RM10.00", "MYR"),
        ("Summe EUR 12,50", "EUR"),
        ("12,50 €", "EUR"),
        ("Amount (USD)", "USD"),
        ("$5.00\nAustin, TX 78701", "USD"),
        ("$5.00\nDE 10115 Berlin", None),
        ("$5.00\nToronto ON M5V 2T6", "CAD"),
        ("$5.00\nABN 12 345 678 901", "AUD"),
        ("$5.00 and C$6.00", "CAD"),
        ("$5.00", None),
        ("25 kr\nCVR 12345678", "DKK"),
        ("25 kr", None),
        ("PEN 2 ALL 3 TOP 4", None),
        ("ROOM 9 FORM 5", None),
        ("KEDAI MAJU SDN BHD\n822737-X\nTOTAL RM 9.00", "MYR"),
        ("KEDAI MAJU SDN. BHD 822737-X", None),
        ("TOTAL BHD 9.500", "BHD"),
        ("", None),
    ],
)
def test_the_currency_comes_from_the_page(text: str, currency: str | None) -> None:
    assert guess_currency(text) == currency


def test_a_shared_sign_is_settled_by_the_page_only() -> None:
    assert currency_of("$") == ("USD", False)
    assert currency_of("$", "CAD") == ("CAD", True)
    assert currency_of("$", "EUR") == ("USD", False)
    assert currency_of("kr") == (None, False)
    assert currency_of("?") == (None, False)


def test_codes_are_those_in_use() -> None:
    assert {"EUR", "USD", "MYR", "JPY", "TRY"} <= currency_codes()
    assert not {"DEM", "ITL"} & currency_codes()


def test_an_empty_page_says_nothing() -> None:
    assert page_context("") == PageContext(None, None, None)
