"""Printed dates and times in many countries' habits."""

import datetime

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from docvlm.schemas.context import DateOrder
from docvlm.schemas.dates import find_dates, find_times, month_number


def _only_date(text: str, order: DateOrder | None = None) -> str | None:
    (found,) = find_dates(text, order)
    return found.value.isoformat() if found.value else None


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("25/12/2018", "2018-12-25"),
        ("25.12.2018", "2018-12-25"),
        ("25-12-18", "2018-12-25"),
        ("25. 12. 2018", "2018-12-25"),
        ("25 / 12 / 2018", "2018-12-25"),
        ("25 12 2018", "2018-12-25"),
        ("2018-12-25", "2018-12-25"),
        ("2018/12/25", "2018-12-25"),
        ("2018. 12. 25.", "2018-12-25"),
        ("2018年12月25日", "2018-12-25"),
        ("20181225", "2018-12-25"),
        ("25122018", "2018-12-25"),
        ("2018-12-25T20:13:00", "2018-12-25"),
        ("25.12.2018 20:13", "2018-12-25"),
        ("25/12/201820:13", "2018-12-25"),
        ("Date:25/12/2018", "2018-12-25"),
        ("Bill5/12/2018", "2018-12-05"),
        ("5/19/2017", "2017-05-19"),
        ("12/03/51", "1951-03-12"),
        ("12/03/50", "2050-03-12"),
        ("04NOV'17", "2017-11-04"),
        ("MAR12'19", "2019-03-12"),
        ("Aug262017", "2017-08-26"),
        ("12-Mar-19", "2019-03-12"),
        ("25-DEC-2018 8:13:39 PM", "2018-12-25"),
        ("12th of March, 2019", "2019-03-12"),
        ("March 12, 2019", "2019-03-12"),
        ("Sept. 3rd, 2018", "2018-09-03"),
        ("2019-Mar-12", "2019-03-12"),
        ("12. März 2019", "2019-03-12"),
        ("12. Maerz 2019", "2019-03-12"),
        ("1er janvier 2019", "2019-01-01"),
        ("15 AOUT 2019", "2019-08-15"),
        ("4 de julio de 2019", "2019-07-04"),
        ("4 luglio 2019", "2019-07-04"),
        ("12 de março de 2019", "2019-03-12"),
        ("12 maart 2019", "2019-03-12"),
        ("12. maaliskuuta 2019", "2019-03-12"),
        ("12 marca 2019 r.", "2019-03-12"),
        ("31. prosince 2020", "2020-12-31"),
        ("2019. március 12.", "2019-03-12"),
        ("2019 m. kovo 12 d.", "2019-03-12"),
        ("12 Ağustos 2019", "2019-08-12"),
        ("12 Ogos 2019", "2019-08-12"),
        ("12 tháng 3 năm 2019", "2019-03-12"),
        ("3 d’abril de 2019", "2019-04-03"),
        ("3. Jänner 2019", "2019-01-03"),
        ("3. Feber 2019", "2019-02-03"),
        ("3 juill. 2019", "2019-07-03"),
        ("3 sett. 2019", "2019-09-03"),
        ("3 listopada 2019", "2019-11-03"),
        ("3 lis 2019", "2019-11-03"),
        ("Apr 03 25", "2025-04-03"),
        ("Apr 03-25", "2025-04-03"),
        ("Dec 31, 24", "2024-12-31"),
    ],
)
def test_reads_a_date_however_it_is_printed(printed: str, iso: str) -> None:
    assert _only_date(printed) == iso


@pytest.mark.parametrize(
    ("misread", "iso"),
    [
        ("25/12/2O18", "2018-12-25"),
        ("l2-01-19", "2019-01-12"),
        ("25.122018", "2018-12-25"),
        ("04N0V17", "2017-11-04"),
        ("Decernber 4, 2019", "2019-12-04"),
        ("12 Septenber 2019", "2019-09-12"),
    ],
)
def test_mild_ocr_mistakes_are_read(misread: str, iso: str) -> None:
    assert _only_date(misread) == iso


def test_a_repaired_date_says_so() -> None:
    assert find_dates("25/12/2O18")[0].repaired
    assert not find_dates("25/12/2018")[0].repaired


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2019",
        "9.00 12.50",
        "12.25 .00 .82",
        "03-1234 5678",
        "1,234.56",
        "192.168.10.12",
        "25/12/1718",
        "SX-575-1",
        "RM10.00",
        "",
    ],
)
def test_what_is_no_date_is_not_read_as_one(text: str) -> None:
    assert [found for found in find_dates(text) if found.value] == []


def test_the_order_decides_only_where_both_are_in_the_calendar() -> None:
    assert _only_date("03/04/2019", DateOrder.DAY_FIRST) == "2019-04-03"
    assert _only_date("03/04/2019", DateOrder.MONTH_FIRST) == "2019-03-04"
    assert _only_date("13/04/2019", DateOrder.MONTH_FIRST) == "2019-04-13"
    assert _only_date("2019-03-04", DateOrder.MONTH_FIRST) == "2019-03-04"


def test_ambiguity_is_noticed_only_where_it_is() -> None:
    assert find_dates("03/04/2019")[0].ambiguous
    assert not find_dates("03/04/2019", DateOrder.DAY_FIRST)[0].ambiguous
    assert not find_dates("04/04/2019")[0].ambiguous
    assert not find_dates("13/04/2019")[0].ambiguous


@pytest.mark.parametrize("text", ["12 Mar", "March 2019", "03/2019", "05 Aug 20:13", "01/02", "25.12."])
def test_a_date_without_day_or_year_has_a_place_but_no_value(text: str) -> None:
    (found,) = find_dates(text)
    assert found.value is None


def test_every_date_of_a_period_is_found_with_its_place() -> None:
    text = "from 01.02.2019-28.02.2019 or 12 March 2019"
    assert [(text[date.start : date.end], str(date.value)) for date in find_dates(text)] == [
        ("01.02.2019", "2019-02-01"),
        ("28.02.2019", "2019-02-28"),
        ("12 March 2019", "2019-03-12"),
    ]


@pytest.mark.parametrize("between", [" - ", " – ", "-", " / ", "/", " to "])
@pytest.mark.parametrize("mark", ["-", "/", "."])
def test_both_dates_of_a_period_whose_years_come_first_are_found(mark: str, between: str) -> None:
    first, last = mark.join(("2025", "03", "01")), mark.join(("2025", "03", "31"))
    text = f"Zeitraum {first}{between}{last}"
    assert [(text[date.start : date.end], str(date.value)) for date in find_dates(text)] == [
        (first, "2025-03-01"),
        (last, "2025-03-31"),
    ]


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("May 1-31, 2025", "2025-05-01"),
        ("Dec 24-26, 2024", "2024-12-24"),
        ("December 1-31, 2024", "2024-12-01"),
        ("April 3-5, 2025", "2025-04-03"),
        ("Feb 1 – 28 2025", "2025-02-01"),
        ("March 15- 19, 1999", "1999-03-15"),
        ("Sept. 3rd-5th, 2018", "2018-09-03"),
    ],
)
def test_of_several_days_of_a_month_the_first_is_taken(printed: str, iso: str) -> None:
    assert _only_date(printed) == iso


def test_a_number_before_a_date_is_left_out() -> None:
    text = "3 12 March 2019"
    (date,) = find_dates(text)
    assert text[date.start : date.end] == "12 March 2019"


def test_a_croatian_month_name_gives_way_to_the_same_name_of_another_month() -> None:
    assert month_number("srpanj") == 7
    assert month_number("ruj") == 9
    assert month_number("listopad") == 11  # November in Polish and Czech, October in Croatian


_DATES = st.dates(min_value=datetime.date(1951, 1, 1), max_value=datetime.date(2050, 12, 31))


@given(_DATES, st.sampled_from("/.-"), st.booleans(), st.booleans(), st.booleans())
def test_numeric_dates_come_back(
    date: datetime.date, mark: str, month_first: bool, padded: bool, short_year: bool
) -> None:
    day, month = (f"{date.day:02d}", f"{date.month:02d}") if padded else (str(date.day), str(date.month))
    year = f"{date.year % 100:02d}" if short_year else str(date.year)
    parts = (month, day, year) if month_first else (day, month, year)
    order = DateOrder.MONTH_FIRST if month_first else DateOrder.DAY_FIRST
    assert _only_date(mark.join(parts), order) == date.isoformat()


_LOCALES = [
    "en_GB",
    "en_US",
    "fr",
    "de",
    "es",
    "it",
    "pt",
    "nl",
    "sv",
    "da",
    "nb",
    "fi",
    "pl",
    "cs",
    "sk",
    "hu",
]
_MORE_LOCALES = ["ro", "sl", "tr", "id", "ms", "et", "lv", "lt", "ca", "is", "vi"]


@given(_DATES, st.sampled_from(_LOCALES + _MORE_LOCALES), st.sampled_from(["long", "full"]))
def test_dates_in_words_come_back_in_every_language(date: datetime.date, locale: str, width: str) -> None:
    found = [item.value for item in find_dates(format_date(date, width, locale=locale)) if item.value]
    assert found == [date]


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("20:13", "20:13"),
        ("8:13:39 PM", "20:13:39"),
        ("09:47:16PM", "21:47:16"),
        ("12:05 am", "00:05"),
        ("12:05 p.m.", "12:05"),
        ("05:21P", "17:21"),
        ("20h13", "20:13"),
        ("20.13 Uhr", "20:13"),
        ("8 PM", "20:00"),
        ("1013 hrs", "10:13"),
        ("24:00", "00:00"),
        ("11.54", "11:54"),
        ("25/12/201820:13", "20:13"),
        ("2O:13", "20:13"),
    ],
)
def test_reads_a_time_however_it_is_printed(printed: str, iso: str) -> None:
    assert [time.value for time in find_times(printed)] == [iso]


@pytest.mark.parametrize("text", ["25:13", "20:75", "1:2", "12/03", "24:30", "192.168.1.1", "€11.54"])
def test_what_is_no_time_is_not_read_as_one(text: str) -> None:
    assert find_times(text) == ()


def test_an_amount_is_no_time_beside_a_time() -> None:
    assert [time.value for time in find_times("12:30 total 11.54")] == ["12:30"]


@given(st.text(max_size=60))
def test_any_text_is_survived(text: str) -> None:
    for found in (*find_dates(text), *find_times(text)):
        assert 0 <= found.start < found.end <= len(text)
