from __future__ import annotations

import pytest

from docvlm.schemas import DateOrder, FieldSpec, FieldType, PageContext, normalise, page_context
from finetune.evaluation.values import Agreement, PrintedPage, agree


def agreement(
    raw: str | None,
    *accepted: str,
    kind: FieldType = FieldType.TEXT,
    context: PageContext | None = None,
    text: str = "",
) -> Agreement:
    """What is said of ``raw`` on a page with ``text``, whose habits are those of the text unless given."""
    spec, context = FieldSpec("field", kind), context or page_context(text)
    value = normalise(raw, spec, context).value if raw else None
    return agree(raw, value, accepted, spec, PrintedPage(text, context))


def test_the_same_characters_are_exact() -> None:
    assert agreement("BOOK  SHOP", "BOOK SHOP") == Agreement(True, True, True, 1.0)


def test_case_and_punctuation_are_folded() -> None:
    assert agreement("Book-Shop.", "BOOK SHOP") == Agreement(False, True, True, pytest.approx(0.8))


def test_text_of_the_same_meaning_may_have_a_slip_in_ten_letters() -> None:
    assert agreement("JALAN SAGU EIGHTEEN", "JALAN SAGV EIGHTEEN").typed
    assert not agreement("JALAN SAGU EIGHTEEN", "JALAN SAGV EIGHTEEM").typed
    assert not agreement("SAGU", "SAGV").typed


@pytest.mark.parametrize("label", ["129.75", "Eur129,75", "129,75 EUR"])
def test_amounts_are_compared_as_numbers(label: str) -> None:
    assert agreement("EUR 129,75", label, kind=FieldType.AMOUNT).typed


def test_other_amounts_are_wrong_however_alike() -> None:
    assert not agreement("1129.75", "129.75", kind=FieldType.AMOUNT).typed
    assert not agreement("99999999.00", "99999998.00", kind=FieldType.AMOUNT).typed


def test_dates_are_compared_as_days() -> None:
    assert agreement("25 Dec 2018", "2018-12-25", kind=FieldType.DATE).typed
    month_first = PageContext(DateOrder.MONTH_FIRST)
    assert agreement("March 4, 2019", "03/04/2019", kind=FieldType.DATE, context=month_first).typed
    assert not agreement("25 Dec 2018", "2018-12-24", kind=FieldType.DATE).typed


def test_the_typed_form_may_be_the_label() -> None:
    assert agreement("25/12/2018", "2018-12-25", kind=FieldType.DATE).exact


def test_any_accepted_value_is_enough() -> None:
    assert agreement("PETER", "MARY", "PETER").exact


def test_a_missing_value_is_right_when_nothing_was_found() -> None:
    assert agreement(None) == Agreement(True, True, True, 1.0)
    assert not agreement("9.00").typed
    assert not agreement(None, "9.00").typed


POINT_PAGE = "Fuel 129.750 KWD\nFee 10.25 KWD"
COMMA_PAGE = "Harga 129.750\nDiskon 10,25"


@pytest.mark.parametrize(
    ("label", "raw", "page", "right"),
    [
        # A label that is printed like that means what the page means by it.
        ("129.750", "129.750 KWD", POINT_PAGE, True),
        ("129.750", "129750", f"{POINT_PAGE}\nRef 129750", False),
        ("129.750", "129.75", f"{COMMA_PAGE}\nRef 129.75", False),
        ("129.750", "129 750", f"{COMMA_PAGE}\nSaldo 129 750", True),
        # One that is not printed was typed with a dot before decimals.
        ("129.75", "129.750 KWD", POINT_PAGE, True),
        ("129.75", "129.750", COMMA_PAGE, False),
        ("129750", "129.750", COMMA_PAGE, True),
        ("1.500", "1,500", "Menge 1,500\nPreis 10,25", True),
        ("1500", "1,500", "Menge 1,500\nPreis 10,25", False),
        # Where the page does not say, the words themselves are right, and the likelier reading of others.
        ("129.750", "129.750", "Total 129.750", True),
        ("129.750", "Total: 129.750", "Total: 129.750", True),
        ("129750", "129.750", "Total 129.750", True),
        ("129.75", "129.750", "Total 129.750", False),
    ],
)
def test_thousands_or_decimals_is_for_the_page_to_say(label: str, raw: str, page: str, right: bool) -> None:
    assert agreement(raw, label, kind=FieldType.AMOUNT, text=page).typed is right


def test_a_date_is_read_as_the_page_writes_dates() -> None:
    page = "Date 03/04/2019, due 03/25/2019, printed April 3, 2019"
    assert agreement("03/04/2019", "03/04/2019", kind=FieldType.DATE, text=page).typed
    assert not agreement("April 3, 2019", "03/04/2019", kind=FieldType.DATE, text=page).typed
    assert not agreement("1/12/2019", "11/2/2019", kind=FieldType.DATE, text="1/12/2019").typed


def test_codes_match_by_letters_and_digits() -> None:
    assert agreement("INV 7", "INV-7", kind=FieldType.IDENTIFIER).typed
    assert not agreement("INV 8", "INV-7", kind=FieldType.IDENTIFIER).typed


def test_a_label_that_is_no_number_matches_as_it_is_written() -> None:
    assert agreement("about 9", "About nine", kind=FieldType.AMOUNT).typed is False
    assert agreement("FREE", "free", kind=FieldType.AMOUNT).typed
