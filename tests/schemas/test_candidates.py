"""Which runs of words can be a value of a type."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docvlm.schemas import FieldSpec, FieldType, find_candidates, normalise, page_context

_RECEIPT_TEXT = """
BOOK TA .K (TAMAN DAYA) SDN BHD 789417-W
NO.53 55,57 & 59, JALAN SAGU 18, 81100 JOHOR BAHRU Tel: 07-355 4821
DOCUMENT NO : TD01167104 Date:25/12/2O18 8:13:39 PM CASHIER: MANIS
9556939040116 KF MODELLING CLAY 1 PC * 9.000 9.00
TOTAL: RM 9.00 GST 6% 0.51 CASH RM10.00 CHANGE -1.00 info@bookta.com
"""
_INVOICE_TEXT = """
Rechnung Nr. RE - 2019 - 001 vom 12. März 2019 fällig 11.04.2019 Musterstraße 5 80331 München
Beratung 3 Std. 1 250,00 3 750,00 Reise 2 150,00 300,00 Summe netto 4.050,00 € USt. 19 % 769,50 EUR
Gesamt 4.819,50 € IBAN DE89 3704 0044 0532 0130 00 Telefon +49 (0)89 / 461 693 offen
"""
RECEIPT, INVOICE = _RECEIPT_TEXT.split(), _INVOICE_TEXT.split()


def _found(words: list[str], kind: FieldType) -> list[str]:
    spans = find_candidates(words, kind, page_context(" ".join(words)))
    assert spans is not None
    return [" ".join(words[start:end]) for start, end in spans]


def test_a_receipts_places() -> None:
    assert _found(RECEIPT, FieldType.DATE) == ["Date:25/12/2O18"]
    assert _found(RECEIPT, FieldType.TIME) == ["8:13:39 PM"]
    assert {"9.00", "RM 9.00", "0.51", "RM10.00", "-1.00", "9.000"} <= set(_found(RECEIPT, FieldType.AMOUNT))
    assert _found(RECEIPT, FieldType.PHONE)[0] == "07-355" or "07-355 4821" in _found(
        RECEIPT, FieldType.PHONE
    )
    assert _found(RECEIPT, FieldType.EMAIL) == ["info@bookta.com"]
    assert "TD01167104" in _found(RECEIPT, FieldType.IDENTIFIER)
    assert "6%" in _found(RECEIPT, FieldType.PERCENT)
    assert "1" in _found(RECEIPT, FieldType.INTEGER)
    assert _found(RECEIPT, FieldType.IBAN) == []


def test_an_invoices_places() -> None:
    assert _found(INVOICE, FieldType.DATE) == ["12. März 2019", "11.04.2019"]
    amounts = _found(INVOICE, FieldType.AMOUNT)
    for printed in (
        "1 250,00",
        "3 750,00",
        "2 150,00",
        "150,00",
        "300,00",
        "4.050,00 €",
        "4.819,50",
        "769,50 EUR",
    ):
        assert printed in amounts
    assert _found(INVOICE, FieldType.IBAN) == ["DE89 3704 0044 0532 0130 00"]
    assert "+49 (0)89 / 461 693" in _found(INVOICE, FieldType.PHONE)
    assert "RE - 2019 - 001" in _found(INVOICE, FieldType.IDENTIFIER)
    assert {"19", "19 %"} <= set(_found(INVOICE, FieldType.PERCENT))


@pytest.mark.parametrize(
    ("words", "nonsense"),
    [
        ("Tel: 012-3456789", "012-3456789"),
        ("(705)745-3381", "(705)745-3381"),
        ("on 25/12/2018 at", "25/12/2018"),
        ("at 20:13 sharp", "20:13"),
        ("GST 6% incl.", "6%"),
        ("9556939040116 CLAY", "9556939040116"),
        ("item 00123 x", "00123"),
        ("model SX-575-1", "SX-575-1"),
    ],
)
def test_other_things_with_digits_are_no_amounts(words: str, nonsense: str) -> None:
    assert nonsense not in _found(words.split(), FieldType.AMOUNT)


def test_amounts_without_decimals_are_places_too() -> None:
    assert {"¥1080", "1.080", "50"} <= set(_found(["¥1080", "1.080", "Qty", "50"], FieldType.AMOUNT))


def test_a_date_over_several_words_and_one_without_a_year() -> None:
    words = ["04", "NOV", "'17", "opening", "12", "Mar", "coffee"]
    assert _found(words, FieldType.DATE) == ["04 NOV '17", "12 Mar"]


def test_text_has_no_list_and_an_empty_page_no_place() -> None:
    assert find_candidates(RECEIPT, FieldType.TEXT) is None
    assert find_candidates([], FieldType.DATE) == ()


def test_choices_are_found_whatever_their_case_or_accents() -> None:
    spec = FieldSpec("status", FieldType.ENUM, choices=("offen", "bezahlt", "Rechnung Nr"))
    spans = find_candidates(INVOICE, spec) or ()
    assert [" ".join(INVOICE[start:end]) for start, end in spans] == ["Rechnung Nr.", "offen"]


def test_a_list_or_an_enum_without_choices_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="columns"):
        find_candidates([], FieldSpec("items", columns=(FieldSpec("a"),)))
    with pytest.raises(ValueError, match="choices"):
        find_candidates([], FieldType.ENUM)


@pytest.mark.parametrize("words", [RECEIPT, INVOICE])
@pytest.mark.parametrize("kind", [kind for kind in FieldType if kind not in (FieldType.TEXT, FieldType.ENUM)])
def test_every_place_reads_as_its_type(words: list[str], kind: FieldType) -> None:
    context = page_context(" ".join(words))
    for start, end in find_candidates(words, kind, context) or ():
        raw = " ".join(words[start:end])
        assert normalise(raw, FieldSpec("field", kind), context).value is not None, raw


_WORDS = st.lists(
    st.one_of(
        st.sampled_from(RECEIPT + INVOICE),
        st.text(alphabet="0123456789.,-/:()$%OlabRM@", min_size=1, max_size=8),
    ),
    max_size=25,
)


@given(_WORDS, st.sampled_from(list(FieldType)))
def test_places_lie_on_the_page_sorted_and_once(words: list[str], kind: FieldType) -> None:
    spec = FieldSpec("field", kind, choices=("offen", "CASH") if kind is FieldType.ENUM else ())
    spans = find_candidates(words, spec)
    if spans is None:
        assert kind is FieldType.TEXT
        return
    assert list(spans) == sorted(set(spans))
    assert all(0 <= start < end <= len(words) for start, end in spans)


def test_hostile_pages_take_no_longer_than_their_length_asks() -> None:
    for words in (["1" * 20_000], ["|" * 20_000], ["a@" * 10_000], ["12", "Mar"] * 2_000, ["1/"] * 10_000):
        begin = time.process_time()
        for kind in (
            FieldType.DATE,
            FieldType.AMOUNT,
            FieldType.EMAIL,
            FieldType.PHONE,
            FieldType.IDENTIFIER,
        ):
            find_candidates(words, kind)
        assert time.process_time() - begin < 10


@pytest.mark.parametrize("printed", ["(323) 551-6884", "+60 3-2145 7788", "Tel:(0780) 522 846"])
def test_a_telephone_number_begins_at_its_area_code(printed: str) -> None:
    found = _found(f"call {printed} now".split(), FieldType.PHONE)
    assert printed in found
    assert all(place.startswith(printed.split()[0]) for place in found)
