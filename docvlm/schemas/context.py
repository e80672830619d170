"""What a page as a whole says about how its dates and amounts are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from docvlm.schemas.currencies import guess_currency
from docvlm.schemas.places import US_STATE_AND_ZIP


class DateOrder(StrEnum):
    """Which number comes first in a date such as 03/04/2019."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class DecimalStyle(StrEnum):
    """Which mark stands before the decimals."""

    POINT = "point"
    COMMA = "comma"


@dataclass(frozen=True, slots=True)
class PageContext:
    """The habits of one page; None where the page does not say."""

    date_order: DateOrder | None = None
    currency: str | None = None
    decimal_style: DecimalStyle | None = None


_NUMERIC_DATE = re.compile(
    r"(?<![\d./])(?<!(?<!\d{3})\d-)(\d{1,2})([./-])(\d{1,2})\2(?:\d{4}(?![\d./])|\d{2}(?![\d./-]))"
)
_DOTTED_DATE = re.compile(r"(?<![\d./-])(?:\d{1,2}\.\d{1,2}\.(?:19|20)\d\d|\d\d\.\d\d\.\d\d)(?![\d./-])")
_POINT_DECIMALS = re.compile(r"(?<![\d.,/:-])(?:\d{1,3}(?:,\d{2,3})+|\d+)?\.\d{2}(?![\d.,/:-])")
_COMMA_DECIMALS = re.compile(r"(?<![\d.,/:-])(?:\d{1,3}(?:[.  ]\d{3})+|\d+),(?:\d{2}|-)(?![\d.,/:-])")


def guess_date_order(text: str) -> DateOrder | None:
    """The order in which this page writes numeric dates.

    Dates with a number above 12 decide by majority. Without any, amounts with a decimal comma say day
    first (where those are written nobody puts the month first, whatever country an address is in), and a
    US state with its ZIP code says month first where no money but dollars is paid and no date is written
    with dots. None where nothing tells.
    """
    day_first = month_first = 0
    for match in _NUMERIC_DATE.finditer(text):
        first, second = int(match[1]), int(match[3])
        day_first += 12 < first <= 31 and 1 <= second <= 12
        month_first += 12 < second <= 31 and 1 <= first <= 12
    if day_first != month_first:
        return DateOrder.DAY_FIRST if day_first > month_first else DateOrder.MONTH_FIRST
    if guess_decimal_style(text) is DecimalStyle.COMMA:
        return DateOrder.DAY_FIRST
    if not US_STATE_AND_ZIP.search(text) or _DOTTED_DATE.search(text):
        return None
    return DateOrder.MONTH_FIRST if guess_currency(text) in ("USD", None) else None


def guess_decimal_style(text: str) -> DecimalStyle | None:
    """The decimal mark that most amounts with two decimals on this page use."""
    points = sum(1 for _ in _POINT_DECIMALS.finditer(text))
    commas = sum(1 for _ in _COMMA_DECIMALS.finditer(text))
    if points == commas:
        return None
    return DecimalStyle.POINT if points > commas else DecimalStyle.COMMA


def page_context(text: str) -> PageContext:
    """Everything :class:`PageContext` holds, guessed from the text of one page."""
    return PageContext(guess_date_order(text), guess_currency(text), guess_decimal_style(text))
