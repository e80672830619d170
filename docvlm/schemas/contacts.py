"""Printed telephone numbers, e-mail addresses and IBANs → their compact forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from stdnum import iban, numdb

FEWEST_PHONE_DIGITS, MOST_PHONE_DIGITS = 6, 15  # E.164, section 6

_PHONE = re.compile(r"\+?\s?\(?\+?\d[\d\s()./\-–·]*\d")
# A dot with a space behind it may end the sentence: what follows must look like the rest of an address.
_FIRST_DOT = r"\s?\.(?:\s(?=[a-z]|(?:COM|NET|ORG)\b))?"
_LATER_DOT = r"(?:\s?\.(?:\s(?=(?i:com|net|org)\b))?|(?:(?<=\.co)|(?<=\.com))\.\s(?=[a-z]{2}\b))"
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9][A-Za-z0-9._%+\-]*\s?@\s?[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?"
    rf"{_FIRST_DOT}(?:[A-Za-z0-9\-]+(?:{_LATER_DOT}[A-Za-z0-9\-]+)*{_LATER_DOT})?[A-Za-z]{{2,18}}(?![\w@])"
)
_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\s?[0-9OIl]{2}(?=[\sA-Z0-9])")


@dataclass(frozen=True, slots=True)
class FoundEmail:
    """An e-mail address at ``text[start:end]``; spaces that OCR put around @ and dots are taken out."""

    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class FoundIban:
    """An IBAN at ``text[start:end]``; ``valid`` says whether its check digits are right."""

    start: int
    end: int
    value: str
    valid: bool
    repaired: bool


def parse_phone(raw: str) -> str | None:
    """``+49 (0)89 / 461-693`` → ``+4989461693``; without a + where no country is printed.

    None where there is no number, or more than one.
    """
    found = [match[0] for match in _PHONE.finditer(raw) if _is_long_enough(match[0])]
    if len(found) != 1:
        return None
    printed = found[0].strip()
    international = printed.lstrip("( ").startswith("+")
    if international:
        printed = re.sub(r"\(\s?0\s?\)", "", printed)
    digits = re.sub(r"\D", "", printed)
    if not international and digits.startswith("00"):
        international, digits = True, digits[2:]
    if not FEWEST_PHONE_DIGITS <= len(digits) <= MOST_PHONE_DIGITS:
        return None
    return ("+" if international else "") + digits


def _is_long_enough(printed: str) -> bool:
    return sum(character.isdigit() for character in printed) >= FEWEST_PHONE_DIGITS


def find_emails(text: str) -> tuple[FoundEmail, ...]:
    """Every e-mail address by position."""
    return tuple(
        FoundEmail(match.start(), match.end(), re.sub(r"\s", "", match[0])) for match in _EMAIL.finditer(text)
    )


def find_ibans(text: str) -> tuple[FoundIban, ...]:
    """Every run that begins as an IBAN of a known country and is as long as that country's IBANs are.

    Letters that OCR put for digits are repaired where the country's format has digits. A run with wrong
    check digits is returned with ``valid`` False, so that the mistake can be shown.
    """
    found = []
    for match in _IBAN_START.finditer(text):
        formats = _account_format(match[0][:2])
        if formats is None:
            continue
        length = 4 + len(formats)
        characters: list[str] = []
        position = match.start()
        while position < len(text) and len(characters) < length:
            character = text[position]
            if character.isascii() and character.isalnum():
                characters.append(character)
            elif not (character in " \u00a0-." and text[position - 1].isalnum()):
                break
            position += 1
        if len(characters) < length or text[position : position + 1].isalnum():
            continue
        printed = "".join(characters)
        value = printed[:2].upper() + _with_digits(printed[2:], "nn" + formats)
        found.append(
            FoundIban(match.start(), position, value, iban.is_valid(value), value != printed.upper())
        )
    return tuple(found)


def _with_digits(printed: str, formats: str) -> str:
    like_digits = str.maketrans("OoIl", "0011")
    return "".join(
        (character.translate(like_digits) if kind == "n" else character).upper()
        for character, kind in zip(printed, formats, strict=True)
    )


@lru_cache(maxsize=128)
def _account_format(country: str) -> str | None:
    """A letter for each character after the check digits: n digit, a letter, c either; None without IBANs."""
    info = numdb.get("iban").info(country + "00")
    bban = info[0][1].get("bban", "") if info else ""
    parts = re.findall(r"(\d+)!([nac])", bban)
    return "".join(kind * int(count) for count, kind in parts) or None
