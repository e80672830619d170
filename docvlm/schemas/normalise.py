"""The printed text of one value → its typed form. What cannot be read for certain stays None."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from docvlm.schemas.contacts import find_emails, find_ibans, parse_phone
from docvlm.schemas.context import PageContext
from docvlm.schemas.dates import find_dates, find_times
from docvlm.schemas.letters import fold, same_words
from docvlm.schemas.numbers import FoundNumber, as_text, currency_for, find_numbers
from docvlm.schemas.schema import FieldSpec, FieldType


class Flag(StrEnum):
    """What a person should know about a typed value."""

    UNREADABLE = "unreadable"
    """The text is not one value of the type; the typed form is None."""
    INCOMPLETE_DATE = "incomplete-date"
    """A date without its day or year; the typed form is None."""
    AMBIGUOUS_DATE = "ambiguous-date"
    """Day and month could be exchanged; read day first."""
    AMBIGUOUS_NUMBER = "ambiguous-number"
    """1.234 or 1,234: the page does not say whether the mark groups thousands."""
    OCR_REPAIRED = "ocr-repaired"
    """Letters were read as the digits they look like."""
    ASSUMED_CURRENCY = "assumed-currency"
    """Several countries share the sign; the likeliest was taken."""
    CREDIT = "credit"
    DEBIT = "debit"
    """The ledger side printed beside the amount (CR, DR); the value keeps its printed sign."""
    KNOWN_SPELLING = "known-spelling"
    """A text as it was labelled before; what was read differs by a misread letter or two."""
    LINED_UP = "lined-up"
    """Taken from where the other rows of the table have this column; the model chose another place."""
    ADDED_UP = "added-up"
    """The total or the tax as the sums of the page show it; the model chose another amount."""
    WRONG_CHECK_DIGITS = "wrong-check-digits"
    """An IBAN as printed, whose check digits do not fit."""


@dataclass(frozen=True, slots=True)
class TypedValue:
    """A value in its typed form (see :class:`FieldType`); None where the text is not one such value."""

    value: str | None
    currency: str | None = None
    flags: tuple[str, ...] = ()


_UNREADABLE = TypedValue(None, flags=(Flag.UNREADABLE,))
_NO_CONTEXT = PageContext()


def normalise(raw: str, spec: FieldSpec, context: PageContext = _NO_CONTEXT) -> TypedValue:
    """The typed form of ``raw``, the words of one value as printed on a page with ``context``.

    Words around the value (``TOTAL: RM 9.00``) are allowed as long as only one value of the type is there.
    """
    match spec.type:
        case FieldType.TEXT:
            text = " ".join(raw.split())
            return TypedValue(text) if text else _UNREADABLE
        case FieldType.DATE:
            return _date(raw, context)
        case FieldType.TIME:
            times = {time.value for time in find_times(raw)}
            return TypedValue(times.pop()) if len(times) == 1 else _UNREADABLE
        case FieldType.AMOUNT:
            return _amount(raw, context)
        case FieldType.NUMBER | FieldType.INTEGER | FieldType.PERCENT:
            return _number(raw, spec.type, context)
        case FieldType.IDENTIFIER:
            return _or_unreadable(identifier(raw))
        case FieldType.PHONE:
            return _or_unreadable(parse_phone(raw))
        case FieldType.EMAIL:
            addresses = {email.value for email in find_emails(raw)}
            return TypedValue(addresses.pop()) if len(addresses) == 1 else _UNREADABLE
        case FieldType.IBAN:
            return _iban(raw)
        case FieldType.ENUM:
            return _or_unreadable(choice(raw, spec.choices))


def _or_unreadable(value: str | None) -> TypedValue:
    return TypedValue(value) if value else _UNREADABLE


def _date(raw: str, context: PageContext) -> TypedValue:
    found = find_dates(raw, context.date_order)
    whole = [date for date in found if date.value is not None]
    if not whole:
        return TypedValue(None, flags=(Flag.INCOMPLETE_DATE,)) if found else _UNREADABLE
    first = whole[0]
    if first.value is None or any(date.value != first.value for date in whole):
        return _UNREADABLE
    flags = []
    if first.ambiguous:
        flags.append(Flag.AMBIGUOUS_DATE)
    if first.repaired:
        flags.append(Flag.OCR_REPAIRED)
    return TypedValue(first.value.isoformat(), flags=tuple(flags))


def _amount(raw: str, context: PageContext) -> TypedValue:
    numbers = [
        number
        for number in find_numbers(raw, context.decimal_style, thousands_first=True)
        if not number.percent
    ]
    number = _only(numbers) or _only([number for number in numbers if number.currency_sign])
    if number is None:
        return _UNREADABLE
    currency, settled = currency_for(number, context.currency)
    flags = _number_flags(number)
    if currency is not None and not settled:
        flags.append(Flag.ASSUMED_CURRENCY)
    if number.entry:
        flags.append(Flag.CREDIT if number.entry == "CR" else Flag.DEBIT)
    return TypedValue(as_text(number.value), currency, tuple(flags))


def _number(raw: str, kind: FieldType, context: PageContext) -> TypedValue:
    numbers = find_numbers(raw, context.decimal_style, thousands_first=kind is FieldType.INTEGER)
    number = _only(numbers)
    if number is None and kind is FieldType.PERCENT:
        number = _only([number for number in numbers if number.percent])
    if number is None:
        return _UNREADABLE
    if kind is FieldType.INTEGER:
        if number.value != number.value.to_integral_value():
            return _UNREADABLE
        return TypedValue(as_text(number.value.quantize(1)), flags=tuple(_number_flags(number)))
    return TypedValue(as_text(number.value), flags=tuple(_number_flags(number)))


def _only(numbers: list[FoundNumber] | tuple[FoundNumber, ...]) -> FoundNumber | None:
    return numbers[0] if len(numbers) == 1 else None


def _number_flags(number: FoundNumber) -> list[Flag]:
    flags = []
    if number.ambiguous:
        flags.append(Flag.AMBIGUOUS_NUMBER)
    if number.repaired:
        flags.append(Flag.OCR_REPAIRED)
    return flags


def _iban(raw: str) -> TypedValue:
    found = {iban.value: iban for iban in find_ibans(raw)}
    if len(found) != 1:
        return _UNREADABLE
    (iban,) = found.values()
    flags = []
    if not iban.valid:
        flags.append(Flag.WRONG_CHECK_DIGITS)
    if iban.repaired:
        flags.append(Flag.OCR_REPAIRED)
    return TypedValue(iban.value, flags=tuple(flags))


_LABEL = re.compile(r"^.*[:#№]\s*(?=\S)")


def identifier(raw: str) -> str | None:
    """A code without label and punctuation: ``No: #INV-7.`` → ``INV-7``; None where there is no digit."""
    code = _LABEL.sub("", " ".join(raw.split())).strip(" .,;:#*'\"")
    if code.count("(") != code.count(")"):
        code = code.strip("()")
    return code if any(character.isdigit() for character in code) else None


def choice(raw: str, choices: tuple[str, ...]) -> str | None:
    """The one choice that ``raw`` is, or else the one whose words it contains; None if none or several."""
    printed = fold(raw)
    exact = [item for item in choices if fold(item) == printed]
    if exact:
        return exact[0]
    near = [item for item in choices if same_words(printed, fold(item))]
    within = near or [item for item in choices if f" {fold(item)} " in f" {printed} "]
    longest = [
        item for item in within if not any(fold(item) in fold(other) for other in within if other != item)
    ]
    return longest[0] if len(longest) == 1 else None
