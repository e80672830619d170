"""Printed dates and times → ISO 8601."""

from __future__ import annotations

import datetime
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from babel import Locale
from rapidfuzz.distance import Levenshtein

from docvlm.schemas.context import DateOrder
from docvlm.schemas.digits import repair_digits
from docvlm.schemas.letters import without_accents

# Languages in Latin script whose month names CLDR lists as words.
_LANGUAGES = (
    "en", "fr", "de", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro", "sl",
    "tr", "id", "ms", "et", "lv", "lt", "ca", "is", "ga", "eu", "gl", "sq",
)  # fmt: skip
# Croatian calls other months by the Polish and Czech names (listopad, lipiec, srpen) and gives way to them.
_LANGUAGES_THAT_GIVE_WAY = ("hr",)
# Spellings in print that CLDR does not list.
_MORE_MONTH_NAMES = {
    "janner": 1, "feber": 2, "fev": 2, "mrz": 3, "maerz": 3, "avr": 4, "jun": 6, "jul": 7, "juill": 7,
    "aou": 8, "sept": 9, "sett": 9, "setiembre": 9,
}  # fmt: skip

FIRST_YEAR, LAST_YEAR = 1900, 2099
_FIRST_TWO_DIGIT_YEAR_OF_1900S = 51
"""'51 is 1951, '50 is 2050: birthdays lie behind, expiry dates ahead."""


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date at ``text[start:end]``.

    ``value`` is None for a date without its day or its year, which is no date of the calendar.
    ``ambiguous``: day and month could be exchanged, and the page does not say which comes first.
    """

    start: int
    end: int
    value: datetime.date | None
    ambiguous: bool = False
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class FoundTime:
    """A time of day at ``text[start:end]``; ``value`` is ``HH:MM`` or ``HH:MM:SS``."""

    start: int
    end: int
    value: str


# Not inside a longer number; a range such as 01.02.2019-28.02.2019 is two dates.
_NOT_WITHIN_A_NUMBER = r"(?<![\d.,])(?<!\d[/:])(?<!(?<!\d\d\d)\d-)"
# "25. 12. 2018" and "25 / 12 / 2018", but not the amounts "12.25 .00"
_SEPARATOR = r"(?:\s?[/\-–—·]\s?|[.,]\s?)"
_NUMERIC = re.compile(
    # 25/12/2018, 25.12.18, 25 12 2018, 25.122018, 25122018; the year may run into a time
    rf"{_NOT_WITHIN_A_NUMBER}(?P<first>\d{{1,2}}){_SEPARATOR}(?P<second>\d{{1,2}})(?:{_SEPARATOR}|\s?['’])"
    r"(?:(?P<year>(?:19|20)\d\d)(?!\d(?!\d?:\d\d))|(?P<short>\d\d)(?![\d%\-]))(?![.,/]\d)"
    r"|(?<![\d.,/:\-])(?P<first3>\d\d) (?P<second3>\d\d) (?P<year3>(?:19|20)\d\d)(?![\d.,/:%])"
    r"|(?<![\d.,/:\-])(?P<first2>\d\d)[./\-]?(?P<second2>\d\d)[./\-]?(?P<year2>(?:19|20)\d\d)(?![\d.,/\-])"
    r"|(?<![\d.,/:\-])(?P<day4>\d{1,2})\s+tháng\s+(?P<month4>\d{1,2})\s*(?:,|năm)\s*(?P<year4>\d{4})(?!\d)"
)
_YEAR_FIRST = re.compile(  # also the two dates of 2019-02-01/2019-02-28
    rf"(?:{_NOT_WITHIN_A_NUMBER}|(?<=\d[./\-]\d\d[/\-]))(?P<year>(?:19|20)\d\d)"
    r"(?:(?:\s?[./,\-–—年]\s?|\s)(?P<month>\d{1,2})(?:\s?[./,\-–—月]\s?|\s)(?P<day>\d{1,2})(?![\d:])"
    r"(?![./\-](?!(?:19|20)\d\d[./\-]\d)\d)"
    r"|(?P<month2>\d\d)(?P<day2>\d\d)(?![\d.,/\-]))"
)
_MONTH_NAME = r"[^\W\d_](?:[^\W\d_]|[01](?=[^\W\d_])){2,11}"
_JOINT = r"[\s.,/\-–—'’]*"
_CONNECTOR = r"(?:(?:de|del|d|di|of|ta|den|the)\b[\s.'’]*)?"
_ORDINAL = r"(?:st|nd|rd|th|er|re|ème|eme|e|ª|º|°|o|a|:a|:e|-(?:ви|го))?"
_YEAR = r"(?:(?P<year>(?:19|20)\d\d)(?!\d(?!\d?:\d\d))|['’]?\s?(?P<short>\d\d)(?![\d:%]|[.,]\d))"
_DAY_NAME_YEAR = re.compile(
    rf"(?<![\d/:])(?<!\d[.,\-])(?P<day>\d{{1,2}}){_ORDINAL}{_JOINT}{_CONNECTOR}(?P<name>{_MONTH_NAME}){_JOINT}{_CONNECTOR}"
    rf"(?:{_YEAR})?",
    re.IGNORECASE,
)
_NAME_DAY_YEAR = re.compile(
    rf"(?<![^\W_])(?P<name>{_MONTH_NAME})[\s.\-/]*(?P<day>\d{{1,2}})(?:(?!\d)|(?=(?:19|20)\d\d(?!\d)))(?:st|nd|rd|th)?"
    rf"(?:[\s,/\-–—'’]*{_YEAR})?",
    re.IGNORECASE,
)
_NAME_DAYS_YEAR = re.compile(  # March 3-5, 2019: the first of the days
    rf"(?<![^\W_])(?P<name>{_MONTH_NAME})[\s.]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s?[\-–—]\s?"
    r"(?P<last>\d{1,2})(?:st|nd|rd|th)?(?:\s?,\s?|\s)(?P<year>(?:19|20)\d\d)(?!\d|[.,:]\d)",
    re.IGNORECASE,
)
_YEAR_DAY_NAME = re.compile(  # Latvian: 2019. gada 12. marts
    rf"(?<![\d.,/:])(?P<year>(?:19|20)\d\d)\.?\s?gada\s(?P<day>\d{{1,2}})\.?\s?(?P<name>{_MONTH_NAME})",
    re.IGNORECASE,
)
_YEAR_NAME_DAY = re.compile(
    rf"(?<![\d.,/:])(?P<year>(?:19|20)\d\d){_JOINT}(?:(?:m|gada)\b[\s.]*)?(?P<name>{_MONTH_NAME}){_JOINT}(?P<day>\d{{1,2}})(?!\d)",
    re.IGNORECASE,
)
_NAME_YEAR = re.compile(
    rf"(?<![^\W_])(?P<name>{_MONTH_NAME}){_JOINT}{_CONNECTOR}(?P<year>(?:19|20)\d\d)(?!\d)", re.IGNORECASE
)
_NUMERIC_WITHOUT_DAY_OR_YEAR = re.compile(  # 03/2019, 25/12, 25-12, 25.12.
    r"(?<![\w.,/:\-$€£])(?:(?:0?[1-9]|1[0-2])[/\-.]20\d\d"
    r"|(?P<first>0?[1-9]|[12]\d|3[01])(?:/(?P<second>0?[1-9]|[12]\d|3[01])"
    r"|-(?P<second2>0[1-9]|1[0-2])|\.(?P<second3>0[1-9]|1[0-2])\.))"
    r"(?![\w/:\-%]|[.,]\d)"
)

_TIME = re.compile(
    r"(?:(?<=[^\d]19\d\d)|(?<=[^\d]20\d\d)|(?<![\d.,:/]))(?P<hour>[01]?\d|2[0-4])\s?(?:[:：]|[hH](?=\d\d))\s?(?P<minute>[0-5]\d)"
    r"(?:[:：.](?P<second>[0-5]\d)(?:\.\d+)?)?(?!\d)(?:\s?(?P<half>[aApP])\.?(?:[mM]\b\.?|\b))?"
    r"|(?<![\d.,:/])(?P<hour2>[01]?\d|2[0-3])\.(?P<minute2>[0-5]\d)(?:\.(?P<second2>[0-5]\d))?"
    r"\s?(?:(?P<half2>[aApP])\.?[mM]\b|[uU]hr\b|hrs?\b)"
    r"|(?<![\d.,:/])(?P<hour3>1[0-2]|0?[1-9])\s?(?P<half3>[aApP])\.?[mM]\b\.?"
    r"|(?<![\d.,:/])(?P<hour4>[01]\d|2[0-3])(?P<minute4>[0-5]\d)\s?(?:hrs|HRS|[hH]rs?)\b"
)
_DOTTED_TIME = re.compile(
    r"(?<![\w.,:/$€£-])(?P<hour>[01]?\d|2[0-3])\.(?P<minute>[0-5]\d)(?:\.(?P<second>[0-5]\d))?(?![\w.,:/%€-])"
)


def find_dates(text: str, order: DateOrder | None = None) -> tuple[FoundDate, ...]:
    """Every date in ``text``, by position; where two readings overlap, the more complete one.

    Numeric dates are read in ``order``, day first where it is None. A reading that is not in the
    calendar (31/02/2019) or not between 1900 and 2099 is refused; where only the other order is in
    the calendar, that one is taken.
    """
    repaired = repair_digits(text)
    found = [*_named_dates(repaired), *_numeric_dates(repaired, order), *_partial_dates(repaired)]
    found.sort(key=lambda date: (date.value is None, date.start - date.end, date.start))
    kept: list[FoundDate] = []
    for date in found:
        place = bisect_left(kept, date.start, key=lambda other: other.start)
        before, after = kept[max(0, place - 1) : place], kept[place : place + 1]
        if all(other.end <= date.start for other in before) and all(
            date.end <= other.start for other in after
        ):
            was_repaired = repaired[date.start : date.end] != text[date.start : date.end]
            kept.insert(place, replace(date, repaired=was_repaired))
    return tuple(kept)


def find_times(text: str) -> tuple[FoundTime, ...]:
    """Every time of day in ``text``, on a 12- or a 24-hour clock, by position.

    ``11.54``, a time in several countries but an amount in all, is only taken where there is no other time.
    """
    repaired = repair_digits(text)
    return tuple(_clocks(_TIME, repaired)) or tuple(_clocks(_DOTTED_TIME, repaired))


def _clocks(pattern: re.Pattern[str], text: str) -> Iterator[FoundTime]:
    for match in pattern.finditer(text):
        value = _clock(match)
        if value is not None:
            yield FoundTime(match.start(), match.end(), value)


def _clock(match: re.Match[str]) -> str | None:
    hour = int(_first_group(match, "hour"))
    minute = int(_first_group(match, "minute") or 0)
    second = _first_group(match, "second")
    half = _first_group(match, "half").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif hour == 24:
        hour = 0
        if minute:
            return None
    return f"{hour:02d}:{minute:02d}" + (f":{int(second):02d}" if second else "")


def _first_group(match: re.Match[str], name: str) -> str:
    """The group called ``name``, ``name2``, … in whichever alternative of the pattern matched."""
    groups = match.groupdict()
    return next((groups[key] for key in groups if key.rstrip("234") == name and groups[key]), "")


def _numeric_dates(text: str, order: DateOrder | None) -> Iterator[FoundDate]:
    year_first = [match for match in _YEAR_FIRST.finditer(text) if _year_first_date(match)]
    taken = [match.span() for match in year_first if text[match.end("year")] in "./-"]
    for match in _overlapping(_NUMERIC, text):
        if any(start < match.start() < end for start, end in taken):
            continue  # 2019-02-01 - 2019-02-28 does not hold 02-01 - 2019
        if match["day4"]:
            date = _calendar(int(match["year4"]), int(match["month4"]), int(match["day4"]))
            if date:
                yield FoundDate(match.start(), match.end(), date)
            continue
        first, second = int(_first_group(match, "first")), int(_first_group(match, "second"))
        long_year = _first_group(match, "year")
        year = int(long_year) if long_year else _century(match["short"])
        day_first, month_first = _calendar(year, second, first), _calendar(year, first, second)
        wanted, other = (
            (month_first, day_first) if order is DateOrder.MONTH_FIRST else (day_first, month_first)
        )
        date = wanted or other
        if date is None and not long_year and len(match["first"]) == 2:  # 98-11-25: the year stands first
            date = _calendar(_century(match["first"]), second, int(match["short"]))
        if date is not None:
            ambiguous = order is None and None not in (wanted, other) and wanted != other
            yield FoundDate(match.start(), match.end(), date, ambiguous)
    for match in year_first:
        yield FoundDate(match.start(), match.end(), _year_first_date(match))


def _year_first_date(match: re.Match[str]) -> datetime.date | None:
    month, day = int(_first_group(match, "month")), int(_first_group(match, "day"))
    return _calendar(int(match["year"]), month, day)


def _named_dates(text: str) -> Iterator[FoundDate]:
    for pattern in (_DAY_NAME_YEAR, _NAME_DAY_YEAR, _NAME_DAYS_YEAR, _YEAR_NAME_DAY, _YEAR_DAY_NAME):
        for match in _overlapping(pattern, text):
            month = month_number(match["name"])
            if month is None:
                continue
            groups = match.groupdict()
            if "last" in groups and int(groups["last"]) <= int(groups["day"]):
                continue  # Mar 12-08 2019 …
            if groups["year"] or groups.get("short"):
                year = int(groups["year"]) if groups["year"] else _century(groups["short"])
                date = _calendar(year, month, int(match["day"]))
                if date:
                    yield FoundDate(match.start(), match.end(), date)
            elif 1 <= int(match["day"]) <= 31:
                yield FoundDate(
                    match.start(), match.end("name" if pattern is _DAY_NAME_YEAR else "day"), None
                )


def _partial_dates(text: str) -> Iterator[FoundDate]:
    for match in _NAME_YEAR.finditer(text):
        if month_number(match["name"]) is not None:
            yield FoundDate(match.start(), match.end(), None)
    for match in _NUMERIC_WITHOUT_DAY_OR_YEAR.finditer(text):
        if not match["first"] or min(int(match["first"]), int(_first_group(match, "second"))) <= 12:
            yield FoundDate(match.start(), match.end(), None)


def _overlapping(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Matches that may overlap: ``3 12 March 2019`` holds ``12 March 2019`` though ``3 12`` came first."""
    match = pattern.search(text)
    while match:
        yield match
        match = pattern.search(text, match.start() + 1)


def _century(two_digits: str) -> int:
    year = int(two_digits)
    return year + (1900 if year >= _FIRST_TWO_DIGIT_YEAR_OF_1900S else 2000)


def _calendar(year: int, month: int, day: int) -> datetime.date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def month_number(name: str) -> int | None:
    """1 to 12 for a month's name or abbreviation in a language of Latin script, accents optional.

    Digits that OCR put for letters are allowed (``N0V``), and one wrong letter in a name of six or more.
    ``listopad`` is November, as in Polish and Czech, not the Croatian October; other names that mean
    different months in different languages are None.
    """
    folded = without_accents(name).replace("0", "o").replace("1", "i")
    names = _month_names()
    if "rn" in folded and folded not in names:  # OCR's usual misreading of m
        folded = folded.replace("rn", "m")
    if folded in names:
        return names[folded]
    if len(folded) < 6:
        return None
    near = {
        month
        for known, month in names.items()
        if abs(len(known) - len(folded)) <= 1
        and len(known) >= 6
        and Levenshtein.distance(known, folded, score_cutoff=1) <= 1
    }
    return near.pop() if len(near) == 1 else None


@cache
def _month_names() -> dict[str, int | None]:
    months: defaultdict[str, set[int]] = defaultdict(set)
    for language in _LANGUAGES:
        for name, month in _listed_month_names(language):
            months[name].add(month)
    for name, month in _MORE_MONTH_NAMES.items():
        months[name].add(month)
    for language in _LANGUAGES_THAT_GIVE_WAY:
        for name, month in _listed_month_names(language):
            if not months[name]:
                months[name].add(month)
    return {name: numbers.pop() if len(numbers) == 1 else None for name, numbers in months.items()}


def _listed_month_names(language: str) -> Iterator[tuple[str, int]]:
    """Month names and abbreviations in CLDR, without accents, each with its month."""
    for use in Locale.parse(language).months.values():
        for width in ("wide", "abbreviated"):
            for month, name in use[width].items():
                bare = without_accents(name).strip(".").removeprefix("de ").removeprefix("d’")
                if len(bare) >= 3:
                    yield bare, month
