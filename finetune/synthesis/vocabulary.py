"""What documents state and how people call it (``facts.toml``), and other words (``words.toml``, Faker)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from faker import Faker

from docvlm.schemas import FieldType

LANGUAGES = ("en", "fr", "de", "es", "it", "nl", "pt", "pl")

LOCALES = {
    "en": ("en_US", "en_GB", "en_AU", "en_IN", "en_CA", "en_IE"),
    "fr": ("fr_FR", "fr_BE", "fr_CH"),
    "de": ("de_DE", "de_AT", "de_CH"),
    "es": ("es_ES", "es_MX", "es_AR"),
    "it": ("it_IT",),
    "nl": ("nl_NL", "nl_BE"),
    "pt": ("pt_PT", "pt_BR"),
    "pl": ("pl_PL",),
}


@dataclass(frozen=True, slots=True)
class FactKind:
    """One kind of fact: the type of its value and the words people use for it.

    ``labels`` and ``questions`` are keyed by language.
    """

    type: FieldType
    names: tuple[str, ...]
    hint: str
    labels: Mapping[str, tuple[str, ...]]
    questions: Mapping[str, tuple[str, ...]]

    def label(self, rng: Random, language: str) -> str:
        return rng.choice(self.labels[language])


@cache
def fact_kinds() -> Mapping[str, FactKind]:
    """Every kind of fact by its key."""
    tables = tomllib.loads((Path(__file__).parent / "facts.toml").read_text(encoding="utf-8"))
    return {key: _fact_kind(table) for key, table in tables.items()}


def _fact_kind(table: dict[str, list[str]]) -> FactKind:
    questions = {"en": tuple(table.get("ask", ()))}
    questions |= {language: tuple(table.get(f"ask_{language}", ())) for language in LANGUAGES[1:]}
    return FactKind(
        type=FieldType(str(table["type"])),
        names=tuple(table["names"]),
        hint=str(table.get("hint", "")),
        labels={language: tuple(table[language]) for language in LANGUAGES},
        questions=questions,
    )


def words(name: str, language: str | None = None) -> Sequence[str]:
    """A list of ``words.toml``, or one language's list of one of its tables."""
    found = _word_lists()[name]
    chosen: list[str] = found[language] if language else found
    return chosen


@cache
def _word_lists() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


@cache
def _faker(locale: str) -> Faker:
    return Faker(locale)


def faker_for(rng: Random, language: str) -> Faker:
    """A Faker of one of the language's locales, its state set from ``rng``."""
    return _seeded(rng.choice(LOCALES[language]), rng)


def sentence(rng: Random, language: str, count: int) -> str:
    """About ``count`` words without meaning and a full stop; some locales of English have Latin ones."""
    locale = "en_US" if language == "en" else rng.choice(LOCALES[language])
    return str(_seeded(locale, rng).sentence(nb_words=count))


def _seeded(locale: str, rng: Random) -> Faker:
    faker = _faker(locale)
    faker.seed_instance(rng.getrandbits(32))
    return faker
