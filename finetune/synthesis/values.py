"""Dates, amounts and codes in the styles that documents print them in."""

from __future__ import annotations

import datetime
import string
from dataclasses import dataclass
from random import Random

from finetune.synthesis.vocabulary import faker_for, words

_CURRENCIES = {
    "en": ("RM", "$", "£", "S$", "USD", "MYR", "SGD", "Rs.", "€", "AUD", "₹"),
    "pl": ("zł", "PLN"),
    "fr": ("€", "€", "EUR", "CHF"),
}
_EURO = ("€", "EUR")


@dataclass(frozen=True, slots=True)
class Style:
    """The habits of one document: its language, how it writes dates and money."""

    language: str
    date_format: str
    decimal: str
    thousands: str
    currency: str
    leading_zero: bool = True

    def date(self, day: datetime.date) -> str:
        month = words("months", self.language)[day.month - 1] if "{month}" in self.date_format else ""
        return day.strftime(self.date_format.replace("{month}", month))

    def amount(self, cents: int) -> str:
        whole, part = divmod(abs(cents), 100)
        grouped = f"{whole:,}".replace(",", self.thousands) if whole or self.leading_zero else ""
        return f"{'-' if cents < 0 else ''}{grouped}{self.decimal}{part:02d}"


def make_style(rng: Random, language: str) -> Style:
    if language == "en":
        decimal, thousands = ".", rng.choice((",", ",", ""))
    else:
        decimal, thousands = rng.choice(((",", "."), (",", ""), (",", " "), (",", " "), (".", "")))
    currencies = _CURRENCIES.get(language, _EURO)
    date_format = rng.choice(words("date_styles", language))
    leading_zero = language != "en" or rng.random() < 0.94
    return Style(language, date_format, decimal, thousands, rng.choice(currencies), leading_zero)


def make_date(rng: Random) -> datetime.date:
    return datetime.date(2008, 1, 1) + datetime.timedelta(days=rng.randrange(18 * 365))


def make_time(rng: Random) -> str:
    hour, minute, second = rng.randrange(24), rng.randrange(60), rng.randrange(60)
    if rng.random() < 0.3:
        half = "AM" if hour < 12 else "PM"
        return (
            f"{hour % 12 or 12}:{minute:02d}{rng.choice((f':{second:02d}', ''))}{rng.choice((' ', ''))}{half}"
        )
    return f"{hour:02d}:{minute:02d}{rng.choice((f':{second:02d}', ''))}"


def make_code(rng: Random, pattern: str | None = None) -> str:
    """A code after a pattern: ``#`` stands for a digit, ``@`` for a capital."""
    if pattern is None:
        pattern = rng.choice(words("codes", "any"))
    swap = {"#": string.digits, "@": string.ascii_uppercase}
    return "".join(rng.choice(swap[letter]) if letter in swap else letter for letter in pattern)


def make_phone(rng: Random, language: str) -> str:
    if language == "en" and rng.random() < 0.6:
        return make_code(rng, rng.choice(words("phones", "en")))
    return str(faker_for(rng, language).phone_number())


def make_tax_id(rng: Random, language: str) -> str:
    return make_code(rng, rng.choice(words("tax_ids", language)))


def make_registration(rng: Random) -> str:
    return make_code(rng, rng.choice(words("code_styles", "registration")))


def make_iban(rng: Random, language: str) -> str:
    country = {"en": "GB"}.get(language, language.upper())
    compact = country + make_code(rng, "#" * rng.choice((16, 18, 20, 22)))
    if rng.random() < 0.3:
        return compact
    return " ".join(compact[start : start + 4] for start in range(0, len(compact), 4))
