"""Printed text of one value → its typed form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docvlm.schemas import (
    DateOrder,
    DecimalStyle,
    FieldSpec,
    FieldType,
    Flag,
    PageContext,
    TypedValue,
    normalise,
)

UNREADABLE = TypedValue(None, None, (Flag.UNREADABLE,))


def _read(raw: str, kind: FieldType, context: PageContext | None = None) -> TypedValue:
    choices = ("credit note", "invoice", "open") if kind is FieldType.ENUM else ()
    return normalise(raw, FieldSpec("field", kind, choices=choices), context or PageContext())


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (FieldType.TEXT, "  BOOK   TA .K ", "BOOK TA .K"),
        (FieldType.DATE, "Date: 25/12/2018 8:13 PM", "2018-12-25"),
        (FieldType.DATE, "12 March 2019 (12/03/2019)", "2019-03-12"),
        (FieldType.TIME, "25/12/2018 8:13:39 PM", "20:13:39"),
        (FieldType.AMOUNT, "TOTAL: 9.00", "9.00"),
        (FieldType.AMOUNT, "incl. 6% RM 9.00", "9.00"),
        (FieldType.AMOUNT, "2 x $5.00", "5.00"),
        (FieldType.NUMBER, "1.5 kg", "1.5"),
        (FieldType.INTEGER, "4,00", "4"),
        (FieldType.INTEGER, "Qty:2", "2"),
        (FieldType.INTEGER, "12.000", "12000"),
        (FieldType.INTEGER, "1.234", "1234"),
        (FieldType.INTEGER, "2.000 km", "2000"),
        (FieldType.NUMBER, "1.234", "1.234"),
        (FieldType.PERCENT, "19,00 %", "19.00"),
        (FieldType.PERCENT, "GST 6%", "6"),
        (FieldType.IDENTIFIER, "No: #INV-7.", "INV-7"),
        (FieldType.IDENTIFIER, "FA01/2017/092470", "FA01/2017/092470"),
        (FieldType.PHONE, "Tel. 03-1234 5678", "0312345678"),
        (FieldType.EMAIL, "E-mail: a@b.com", "a@b.com"),
        (FieldType.IBAN, "DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        (FieldType.ENUM, "INVOICE:", "invoice"),
        (FieldType.ENUM, "lnvoice", "invoice"),
        (FieldType.ENUM, "Credit Note", "credit note"),
        (FieldType.ENUM, "our credit note 12", "credit note"),
    ],
)
def test_typed_values(kind: FieldType, raw: str, value: str) -> None:
    assert _read(raw, kind).value == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (FieldType.TEXT, "  "),
        (FieldType.DATE, "soon"),
        (FieldType.DATE, "01/01/2019 - 31/01/2019"),
        (FieldType.TIME, "10:00 - 12:00"),
        (FieldType.AMOUNT, "free"),
        (FieldType.AMOUNT, "9.00 10.00"),
        (FieldType.NUMBER, "1 PC * 9.000"),
        (FieldType.INTEGER, "4.5"),
        (FieldType.PERCENT, "VAT"),
        (FieldType.IDENTIFIER, "none"),
        (FieldType.PHONE, "12"),
        (FieldType.EMAIL, "a at b"),
        (FieldType.IBAN, "DE89"),
        (FieldType.ENUM, "open invoice"),
        (FieldType.ENUM, "paid"),
    ],
)
def test_nothing_is_guessed(kind: FieldType, raw: str) -> None:
    assert _read(raw, kind) == UNREADABLE


def test_the_page_decides_between_readings() -> None:
    german = PageContext(DateOrder.DAY_FIRST, "EUR", DecimalStyle.COMMA)
    american = PageContext(DateOrder.MONTH_FIRST, "USD", DecimalStyle.POINT)
    assert _read("1.234", FieldType.AMOUNT, german) == TypedValue("1234", "EUR")
    assert _read("1.234", FieldType.AMOUNT, american) == TypedValue("1.234", "USD")
    assert _read("03/04/19", FieldType.DATE, german) == TypedValue("2019-04-03")
    assert _read("03/04/19", FieldType.DATE, american) == TypedValue("2019-03-04")


def test_a_printed_currency_beats_the_pages() -> None:
    assert _read("$ 5.00", FieldType.AMOUNT, PageContext(currency="EUR")).currency == "USD"
    assert _read("5.00 CHF", FieldType.AMOUNT, PageContext(currency="EUR")).currency == "CHF"


@pytest.mark.parametrize(
    ("kind", "raw", "flags"),
    [
        (FieldType.DATE, "03/04/2019", (Flag.AMBIGUOUS_DATE,)),
        (FieldType.DATE, "12 March", (Flag.INCOMPLETE_DATE,)),
        (FieldType.DATE, "25/12/2O18", (Flag.OCR_REPAIRED,)),
        (FieldType.AMOUNT, "1.234", (Flag.AMBIGUOUS_NUMBER,)),
        (FieldType.AMOUNT, "1O.00", (Flag.OCR_REPAIRED,)),
        (FieldType.AMOUNT, "$5.00", (Flag.ASSUMED_CURRENCY,)),
        (FieldType.AMOUNT, "9.00 CR", (Flag.CREDIT,)),
        (FieldType.AMOUNT, "9.00 DR", (Flag.DEBIT,)),
        (FieldType.AMOUNT, "€9.00", ()),
        (FieldType.IBAN, "DE89 3704 0044 0532 0130 01", (Flag.WRONG_CHECK_DIGITS,)),
    ],
)
def test_what_a_person_should_know_is_flagged(kind: FieldType, raw: str, flags: tuple[str, ...]) -> None:
    assert _read(raw, kind).flags == flags


@given(st.sampled_from(list(FieldType)), st.text(max_size=60))
def test_any_text_is_survived(kind: FieldType, raw: str) -> None:
    typed = _read(raw, kind)
    assert typed.value is None or typed.value.strip()
