"""Printed numbers, amounts of money and percentages → decimals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from docvlm.schemas.context import DecimalStyle
from docvlm.schemas.currencies import LONGEST_SIGN, currency_of, currency_signs
from docvlm.schemas.digits import repair_digits

MAX_WHOLE_DIGITS = 15


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """A number at ``text[start:end]``, with its sign and its currency sign where it has them.

    ``core_start`` and ``core_end`` bound the digits without a separate currency sign. ``decimals`` is
    the count of printed decimals. ``ambiguous``: a single mark before three digits, on a page that does
    not say whether it groups thousands. ``entry`` is ``"CR"`` or ``"DR"`` where the ledger side is
    printed.
    """

    start: int
    end: int
    core_start: int
    core_end: int
    value: Decimal
    decimals: int = 0
    grouped: bool = False
    ambiguous: bool = False
    currency_sign: str | None = None
    percent: bool = False
    entry: str | None = None
    repaired: bool = False


# Digits with marks between them; spaces group thousands only in threes.
_NUMBER = re.compile(
    r"(?<![\d.,])(?<!\d[/:])(?:"
    r"\d{1,3}(?:[ \u00a0\u202f'’´]\d{3})+(?!\d)(?:[.,]\d{1,4}(?!\d))?"  # 1 234,56  1'234.56
    r"|\d+(?:[.,]\d+)+"  # 1.234,56  1,23,456.78  9.00
    r"|\d+[.,]\s\d\d(?![\d.,/:%])"  # 9. 00, split by OCR
    r"|\d+\s[.,]\d\d(?!\d)"  # 9 .00
    r"|\d+"
    r"|(?<![\w)])[.,]\d\d(?!\d)"  # .26
    r")"
)
_SPLIT_BY_OCR = re.compile(r"\s?([.,])\s?(?=\d\d$)")
_GROUP_SPACE = re.compile(r"[ \u00a0\u202f'’´]")


def find_numbers(
    text: str, style: DecimalStyle | None = None, *, thousands_first: bool = False
) -> tuple[FoundNumber, ...]:
    """Every number in ``text`` by position, without those inside dates written with slashes and clock times.

    ``style`` is the page's decimal mark. Without it, a single comma before three digits groups thousands,
    a single point does so only when ``thousands_first`` (money); both are marked ambiguous.
    Numbers whose groups are not of a known size (1.23.45) are left out.
    """
    repaired = repair_digits(text)
    return tuple(_found(repaired, text, style, thousands_first))


def _found(
    repaired: str, text: str, style: DecimalStyle | None, thousands_first: bool
) -> Iterator[FoundNumber]:
    for match in _NUMBER.finditer(repaired):
        start, end = match.span()
        is_taxed_minus = bool(_MINUS_AND_TAX.match(text, end) and _CENTS.search(match[0]))
        if _GOES_ON.match(repaired, end) and not is_taxed_minus:
            continue
        parsed = parse_decimal(match[0], style, thousands_first=thousands_first)
        if parsed is None:
            continue
        value, decimals, grouped, ambiguous = parsed
        around = _surroundings(repaired, start, end, decimals, is_taxed_minus)
        if around is None:
            continue
        yield FoundNumber(
            start=around.start,
            end=around.end,
            core_start=around.core_start,
            core_end=around.core_end,
            value=-value if around.negative and value else value,
            decimals=decimals,
            grouped=grouped,
            ambiguous=ambiguous,
            currency_sign=around.currency_sign or None,
            percent=around.percent,
            entry=around.entry,
            repaired=repaired[start:end] != text[start:end],
        )


class _Surroundings(NamedTuple):
    """What stands directly around the digits; the bounds are those of :class:`FoundNumber`."""

    start: int
    end: int
    core_start: int
    core_end: int
    negative: bool
    currency_sign: str
    percent: bool
    entry: str | None


# What follows shows that the digits belong to a date, a time, a code with hyphens or a measure such as 35X25.
_GOES_ON = re.compile(r"[/:.,)]?\d|[-/:][^\W_]|[xX*]\d")
_DASHES = "-−–"
_WHOLE_AMOUNT = re.compile(r"[.,:][-–—=]{1,2}(?![\w-])")  # 12,- and 12.--
_MINUS_AFTER = re.compile(r"[-−–](?![\w-])")
_MINUS_AND_TAX = re.compile(r"[-−–][A-Z](?![\w-])")  # 5.00-A: the letter says how it is taxed
_MINUS_AFTER_CURRENCY = re.compile(r"[-−–](?![\w-]|\s?\d)")  # 12,50 €- but not from 12,50 €- 14,50 €
_CENTS = re.compile(r"[.,]\d\d$")
_ENTRY = re.compile(r"\s?(CR|DR|Cr|Dr|cr|dr)\b")
_PERCENT = re.compile(r"\s?(?:%|(?:per\s?cent|percent|pct|Prozent)\b)")


def _surroundings(
    text: str, start: int, end: int, decimals: int, is_taxed_minus: bool
) -> _Surroundings | None:
    """The minus, brackets, currency, ledger side and per cent sign around the digits ``text[start:end]``.

    None where the surroundings show that the digits are part of something else.
    """
    digits_start = start
    inner = text[start - 1] if start and text[start - 1] in f"{_DASHES}(+" else ""
    start -= len(inner)
    core_start = start
    sign = _currency_before(text, start)
    outer = ""
    if sign:
        start = text.rindex(sign, 0, start)
        outer = text[start - 1] if start and text[start - 1] in f"{_DASHES}(" else ""
        start -= len(outer)
    elif inner and inner in _DASHES and start and text[start - 1].isalnum():
        if text[start - 1].isdigit() or not decimals:
            return None
        inner, start, core_start = "", digits_start, digits_start  # "TOTAL-9.00": the dash is no minus

    whole = None if decimals else _WHOLE_AMOUNT.match(text, end)
    minus_after = None if whole else _MINUS_AFTER.match(text, end)
    has_minus = minus_after is not None or is_taxed_minus
    end += is_taxed_minus
    if tail := whole or minus_after:
        end = tail.end()
    core_end = end
    if not sign and (sign := _currency_after(text, end)):
        end = text.index(sign, end) + len(sign)
        if decimals and not has_minus and _MINUS_AFTER_CURRENCY.match(text, end):
            has_minus, end = True, end + 1
    in_brackets = "(" in (inner, outer) and text[end : end + 1] == ")"
    if in_brackets:
        core_end = core_end + 1 if core_end == end else core_end
        end += 1
    entry, percent = _ENTRY.match(text, end), _PERCENT.match(text, end)
    if suffix := entry or percent:
        end = suffix.end()
    has_minus = has_minus or any(mark and mark in _DASHES for mark in (inner, outer))
    return _Surroundings(
        start=start,
        end=end,
        core_start=core_start,
        core_end=core_end,
        negative=has_minus or in_brackets,
        currency_sign=sign,
        percent=percent is not None,
        entry=entry[1].upper() if entry else None,
    )


def _currency_before(text: str, end: int) -> str:
    """The currency sign that ends at ``end``, perhaps with a space between; empty where there is none."""
    end -= text[end - 1 : end].isspace()
    for length in range(LONGEST_SIGN, 0, -1):
        sign = text[max(0, end - length) : end]
        if sign in currency_signs():
            before = text[end - length - 1 : end - length]
            if not (sign[0].isalpha() and before.isalpha()):
                return sign
    return ""


def _currency_after(text: str, start: int) -> str:
    """The currency sign that begins at ``start``, perhaps after a space; empty where there is none."""
    start += text[start : start + 1].isspace()
    for length in range(LONGEST_SIGN, 0, -1):
        sign = text[start : start + length]
        if sign in currency_signs():
            after = text[start + length : start + length + 1]
            if not (sign[-1].isalpha() and after.isalnum()):
                return sign
    return ""


def parse_decimal(
    digits: str, style: DecimalStyle | None = None, *, thousands_first: bool = False
) -> tuple[Decimal, int, bool, bool] | None:
    """A bare number → (value, printed decimals, thousands were grouped, ambiguous); None when it is not one.

    Two different marks: the last is the decimal mark. One mark several times: it groups. One mark once:
    decimals, unless three digits follow it and the page's style, or failing that the default, says group.
    """
    text = _SPLIT_BY_OCR.sub(r"\1", digits.strip())
    grouped = _GROUP_SPACE.search(text) is not None
    text = _GROUP_SPACE.sub("", text)
    marks = [character for character in text if character in ".,"]
    ambiguous = False
    decimal_mark: str | None = None
    if len(set(marks)) == 2:
        decimal_mark = marks[-1]
        if marks.count(decimal_mark) > 1:
            return None
    elif len(marks) == 1:
        whole, _, rest = text.partition(marks[0])
        could_group = len(rest) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0" and not grouped
        if not could_group:
            decimal_mark = marks[0]
        elif style is not None:
            decimal_mark = marks[0] if (marks[0] == ".") == (style is DecimalStyle.POINT) else None
        else:
            ambiguous = True
            decimal_mark = marks[0] if marks[0] == "." and not thousands_first else None
    whole, _, decimals = text.rpartition(decimal_mark) if decimal_mark else (text, "", "")
    groups = re.split(r"[.,]", whole)
    if len(groups) > 1:
        grouped = True
        western = all(len(group) == 3 for group in groups[1:]) and 1 <= len(groups[0]) <= 3
        indian = (
            len(groups[-1]) == 3
            and all(len(group) == 2 for group in groups[1:-1])
            and 1 <= len(groups[0]) <= 2
        )
        if not (western or indian):
            return None
    integer = "".join(groups) or "0"
    if len(integer) > MAX_WHOLE_DIGITS:
        return None
    return Decimal(f"{integer}.{decimals}" if decimals else integer), len(decimals), grouped, ambiguous


def as_text(value: Decimal) -> str:
    """The number with a dot, without an exponent, with the decimals it was printed with."""
    return format(value, "f")


def decimal_of(value: str | None) -> Decimal | None:
    """A typed value as a number; None also for text that a person typed over it and that is no number."""
    try:
        number = Decimal(value) if value is not None else None
    except InvalidOperation:
        return None
    return number if number is None or number.is_finite() else None


def currency_for(number: FoundNumber, page_currency: str | None) -> tuple[str | None, bool]:
    """The ISO code of an amount and whether it is settled; the page's currency where no sign stands by it."""
    if number.currency_sign is None:
        return page_currency, True
    return currency_of(number.currency_sign, page_currency)
