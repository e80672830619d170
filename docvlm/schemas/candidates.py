"""Where on a page a value of a type can stand: runs of whole words that read as the type.

The decoder may only choose among these runs, so a place that is missed here can never be an answer, while
a place too many costs little. Text fields have no list: any run of words can be their value.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

from docvlm.schemas.contacts import FEWEST_PHONE_DIGITS, MOST_PHONE_DIGITS, find_emails, find_ibans
from docvlm.schemas.context import PageContext
from docvlm.schemas.dates import FoundDate, FoundTime, find_dates, find_times
from docvlm.schemas.letters import fold, same_words
from docvlm.schemas.normalise import identifier
from docvlm.schemas.numbers import FoundNumber, find_numbers
from docvlm.schemas.schema import FieldSpec, FieldType

Span = tuple[int, int]
"""Words ``[start, end)`` of a page, counted from 0."""

MOST_IDENTIFIER_WORDS = 5
MOST_PHONE_WORDS = 6
MOST_PLAIN_INTEGER_DIGITS = 9
"""Above, an integer without a currency or thousands marks is a code, not money or a quantity."""

_NO_CONTEXT = PageContext()


def find_candidates(
    words: Sequence[str], spec: FieldSpec | FieldType, context: PageContext = _NO_CONTEXT
) -> tuple[Span, ...] | None:
    """The runs of ``words`` (in reading order, without white space) that can be a value of ``spec``.

    Sorted by start, then end; no run twice. None for text, where any run will do; empty where the page
    has no value of the type. A word may carry glued text (``Date:25/12/2018``). Where a currency stands as
    its own word, the amount is listed with and without it.

    Raises:
        ValueError: for a list field (ask for its columns), or an enum given as a bare type.
    """
    if isinstance(spec, FieldSpec) and spec.is_list:
        raise ValueError(f"'{spec.name}' is a list; look for its columns")
    kind, choices = (spec.type, spec.choices) if isinstance(spec, FieldSpec) else (spec, ())
    if kind is FieldType.TEXT:
        return None
    if kind is FieldType.ENUM and not choices:
        raise ValueError("an enum needs its choices")
    return _candidates(tuple(words), kind, choices, context)


@lru_cache(maxsize=4)
def _page(words: tuple[str, ...], context: PageContext) -> _Page:
    return _Page(words, context)


# A schema has many fields of one type, and each is asked for on the same page.
@lru_cache(maxsize=64)
def _candidates(
    words: tuple[str, ...], kind: FieldType, choices: tuple[str, ...], context: PageContext
) -> tuple[Span, ...]:
    page = _page(words, context)
    match kind:
        case FieldType.DATE:
            spans = [page.span(date.start, date.end) for date in page.dates]
        case FieldType.TIME:
            spans = [page.span(time.start, time.end) for time in page.times]
        case FieldType.AMOUNT:
            spans = list(_amounts(page))
        case FieldType.NUMBER | FieldType.INTEGER:
            spans = list(_numbers(page, whole_only=kind is FieldType.INTEGER))
        case FieldType.PERCENT:
            spans = list(_percentages(page))
        case FieldType.IDENTIFIER:
            spans = list(_identifiers(page))
        case FieldType.PHONE:
            spans = list(_phones(page))
        case FieldType.EMAIL:
            spans = [page.span(email.start, email.end) for email in find_emails(page.text)]
        case FieldType.IBAN:
            spans = [page.span(iban.start, iban.end) for iban in find_ibans(page.text)]
        case _:
            spans = list(_choices(page, choices))
    return tuple(sorted(set(spans)))


class _Page:
    """The words as one text, with the way back from characters to words, and what several types need."""

    def __init__(self, words: tuple[str, ...], context: PageContext) -> None:
        self.words = words
        self.context = context
        self.text = " ".join(words)
        self.starts: list[int] = []
        position = 0
        for word in words:
            self.starts.append(position)
            position += len(word) + 1

    def span(self, start: int, end: int) -> Span:
        """The whole words that hold the characters ``[start, end)``."""
        return bisect_right(self.starts, start) - 1, bisect_left(self.starts, end)

    @cached_property
    def dates(self) -> tuple[FoundDate, ...]:
        return find_dates(self.text, self.context.date_order)

    @cached_property
    def times(self) -> tuple[FoundTime, ...]:
        return find_times(self.text)

    @cached_property
    def amounts(self) -> tuple[FoundNumber, ...]:
        return self._without_dates(find_numbers(self.text, self.context.decimal_style, thousands_first=True))

    @cached_property
    def numbers(self) -> tuple[FoundNumber, ...]:
        return self._without_dates(find_numbers(self.text, self.context.decimal_style))

    def _without_dates(self, numbers: tuple[FoundNumber, ...]) -> tuple[FoundNumber, ...]:
        """The numbers that are no part of a complete date or of a time with a colon."""
        taken = [(date.start, date.end) for date in self.dates if date.value is not None]
        taken += [(time.start, time.end) for time in self.times if ":" in self.text[time.start : time.end]]
        taken.sort()
        starts = [start for start, _ in taken]

        def is_free(number: FoundNumber) -> bool:
            before = bisect_right(starts, number.core_start) - 1
            return before < 0 or number.core_start >= taken[before][1]

        return tuple(number for number in numbers if is_free(number))

    def with_single_words(self, start: int, end: int) -> Iterator[Span]:
        """A run, and each of its words with a digit: ``2 150.00`` may be a quantity and a price."""
        first, last = self.span(start, end)
        yield first, last
        if last - first > 1:
            for index in range(first, last):
                if any(character.isdigit() for character in self.words[index]):
                    yield index, index + 1


def _amounts(page: _Page) -> Iterator[Span]:
    for number in page.amounts:
        looks_like_money = number.decimals or number.grouped or number.currency_sign
        if number.percent or not (looks_like_money or _stands_alone(page, number)):
            continue
        yield from page.with_single_words(number.core_start, number.core_end)
        yield page.span(number.start, number.end)


def _stands_alone(page: _Page, number: FoundNumber) -> bool:
    """Whether a bare integer is all that its word holds, and short enough to be money or a quantity."""
    first, last = page.span(number.core_start, number.core_end)
    printed = "".join(page.words[first:last]).strip(".,;:()*-–−+=")
    is_code = printed.startswith("0") and len(printed) > 1
    return printed.isdecimal() and len(printed) <= MOST_PLAIN_INTEGER_DIGITS and not is_code


def _numbers(page: _Page, *, whole_only: bool) -> Iterator[Span]:
    for number in page.numbers:
        if whole_only and number.value != number.value.to_integral_value() and not number.ambiguous:
            continue
        if number.decimals == 0 and not number.grouped and number.value >= 10**MOST_PLAIN_INTEGER_DIGITS:
            continue
        yield from page.with_single_words(number.core_start, number.core_end)


def _percentages(page: _Page) -> Iterator[Span]:
    """Numbers with a per cent sign, and bare ones up to 100: in a table the sign stands in the heading."""
    for number in page.numbers:
        if number.percent:
            yield page.span(number.core_start, number.core_end)
            yield page.span(number.start, number.end)
        elif abs(number.value) <= 100 and not number.currency_sign:
            yield from page.with_single_words(number.core_start, number.core_end)


_CODE_PART = re.compile(r"[(#]?(?:[A-Z]{1,4}|[A-Z0-9./#-]*\d[A-Z0-9./#-]*|[-/–])[).,;]?")


def _identifiers(page: _Page) -> Iterator[Span]:
    """Words with a digit, and short runs of parts of a code such as ``INV - 2019 / 001``."""
    for start, word in enumerate(page.words):
        if identifier(word) is not None:
            yield start, start + 1
        if _CODE_PART.fullmatch(word.rpartition(":")[2]) is None:
            continue
        for end in range(start + 2, min(start + MOST_IDENTIFIER_WORDS, len(page.words)) + 1):
            last = page.words[end - 1]
            if _CODE_PART.fullmatch(last) is None:
                break
            if any(character.isdigit() for character in last):
                yield start, end


_PHONE_RUN = re.compile(r"[+(]{0,2}\d[\d\s()./\-–·+]*\d")


def _phones(page: _Page) -> Iterator[Span]:
    for run in _PHONE_RUN.finditer(page.text):
        first, last = page.span(run.start(), run.end())
        for start in range(first, last):
            if start > first and _AREA_CODE.search(page.words[start - 1]):
                continue
            for end in range(start + 1, min(start + MOST_PHONE_WORDS, last) + 1):
                begin = max(run.start(), page.starts[start])
                finish = min(run.end(), page.starts[end - 1] + len(page.words[end - 1]))
                digits = sum(character.isdigit() for character in page.text[begin:finish])
                if digits > MOST_PHONE_DIGITS or _is_date_time_or_money(page.words[end - 1]):
                    break
                if digits >= FEWEST_PHONE_DIGITS and (end - start == 1 or digits > FEWEST_PHONE_DIGITS):
                    yield start, end


_AREA_CODE = re.compile(r"(?:\(\+?\d{2,5}\)|\+\d{1,3})$")
"""A word that no telephone number begins behind: the number goes on there."""

_MONEY_OR_TIME = re.compile(r"\D*\d{1,3}(?:[.,]\d{3})*[.,]\d{2}\D*|\D*\d{1,2}:\d\d(?::\d\d)?\D*")


@lru_cache(maxsize=4096)
def _is_date_time_or_money(word: str) -> bool:
    if _MONEY_OR_TIME.fullmatch(word):
        return True
    return any(date.value is not None and "/" in word for date in find_dates(word))


def _choices(page: _Page, choices: tuple[str, ...]) -> Iterator[Span]:
    folded = [fold(word) for word in page.words]
    for wanted in {fold(item) for item in choices}:
        length = len(wanted.split())
        for start in range(len(folded) - length + 1):
            if same_words(" ".join(folded[start : start + length]), wanted):
                yield start, start + length
