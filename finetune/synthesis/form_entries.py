"""What stands on forms: labels of all sorts, and what was filled in behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from finetune.synthesis.names import make_city, make_company, make_person
from finetune.synthesis.values import make_code, make_date, make_phone
from finetune.synthesis.vocabulary import sentence, words
from finetune.synthesis.writer import Writer

_VALUES: dict[str, Callable[[Writer], str]] = {
    "company": lambda writer: make_company(writer.rng, writer.language),
    "person": lambda writer: make_person(writer.rng, writer.language),
    "date": lambda writer: writer.style.date(make_date(writer.rng)),
    "phone": lambda writer: make_phone(writer.rng, writer.language),
    "code": lambda writer: make_code(writer.rng),
    "amount": lambda writer: f"${writer.style.amount(writer.rng.randint(100, 9000000))}",
    "place": lambda writer: make_city(writer.rng, writer.language),
    "text": lambda writer: writer.sentence(writer.rng.randint(2, 7)).rstrip("."),
    "number": lambda writer: str(writer.rng.randint(1, 400)),
    "measure": lambda writer: make_code(writer.rng, writer.rng.choice(words("measures"))),
    "short": lambda writer: writer.rng.choice(words("short_answers")),
    "people": lambda writer: _people(writer),
}


_MANY_NAMES = frozenset({"company", "phone", "amount"})
"""Kinds of value that labels with no word in common may ask for: where one is printed, all are."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A label and the kind of value that goes with it; ``number`` is its row in the list ``entries``."""

    number: int
    kind: str
    label: str

    @property
    def label_fact(self) -> str:
        return f"entries.{self.number}.label"

    @property
    def value_fact(self) -> str:
        return f"entries.{self.number}.value"


def make_entries(writer: Writer, count: int) -> list[Entry]:
    """``count`` entries; their labels are remembered as people would ask for them."""
    rng = writer.rng
    known = [(kind, label) for kind in _VALUES for label in words("form_labels", kind)]
    chosen = [(kind, _varied(label, rng)) for kind, label in rng.sample(known, count)]
    if writer.language == "en":
        # Labels that no list knows.
        chosen = [(kind, label) if rng.random() < 0.7 else _any_label(rng) for kind, label in chosen]
    if writer.chance(0.35):
        chosen = [(kind, label.upper()) for kind, label in chosen]
    entries = [Entry(number, kind, label) for number, (kind, label) in enumerate(chosen)]
    for entry in entries:
        writer.labels[f"entries.{entry.number}"] = entry.label
    return entries


def label_beside(printed: Sequence[str], rng: Random) -> str:
    """A label such as other forms have, of something that a form with the ``printed`` labels does not ask.

    It may share a word with one of them; it holds none of them whole and stands in none of them.
    Empty where the words drawn are too close to a printed one.
    """
    kind = rng.choice(list(_VALUES))
    known = _varied(rng.choice(words("form_labels", kind)), rng)
    label = known if rng.random() < 0.7 else _any_label(rng)[1]
    asked = [_words_of(label)]
    if kind in _MANY_NAMES:
        asked += [_words_of(other) for other in words("form_labels", kind)]
    beside = [_words_of(other) for other in printed]
    near = any(one <= other or other <= one for one in asked for other in beside)
    return "" if near else label


def _words_of(label: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", label.casefold()))


def fill_in(writer: Writer, kind: str, room: int, empty: float) -> str:
    """A value of at most ``room`` characters, or nothing with the chance ``empty``."""
    if writer.chance(empty):
        return ""
    value = _VALUES[kind](writer)
    return value if len(value) <= room else value[: max(room, 3)].rsplit(" ", 1)[0].strip(" ,.-(/")


def fill_in_rows(writer: Writer, kind: str, room: int) -> Sequence[str]:
    """A value of two to four rows: names below each other, or a text that goes on."""
    count = writer.rng.choice((2, 2, 2, 3, 4))
    if kind in ("person", "people", "company", "place", "measure"):
        return [fill_in(writer, kind if kind != "people" else "person", room, 0) for _ in range(count)]
    return [fill_in(writer, "text", room, 0) for _ in range(count)]


def _people(writer: Writer) -> str:
    names = [make_person(writer.rng, writer.language) for _ in range(writer.rng.randint(2, 4))]
    if writer.chance(0.5):
        names = [f"{name[0]}. {name.split()[-1]}" for name in names]
    return writer.rng.choice((", ", ", ", "/", " & ", "; ")).join(names)


def _varied(label: str, rng: Random) -> str:
    """The label, or one made of it with a word before or behind it or with a second one."""
    chance = rng.random()
    if chance < 0.1:
        return f"{rng.choice(words('label_starts'))} {label}"
    if chance < 0.2:
        return f"{label} {rng.choice(words('label_ends'))}"
    if chance < 0.25:
        other = rng.choice(words("form_labels", rng.choice(list(_VALUES))))
        return f"{label} {rng.choice(('/', 'and', '&', 'or'))} {other}"
    return label


def _any_label(rng: Random) -> tuple[str, str]:
    """A label of one to six words, perhaps a question or numbered, with any value behind it."""
    kind = rng.choice(list(_VALUES))
    text = sentence(rng, "en", rng.choice((1, 1, 2, 2, 3, 4, 6))).rstrip(".")
    form = rng.random()
    if form < 0.4:
        text = text.title()
    elif form < 0.7:
        text = text.upper()
    if " " in text and rng.random() < 0.12:
        return "short", f"{text}?"
    if rng.random() < 0.08:
        text = f"{rng.randint(1, 20)}{rng.choice(('.', ')'))} {text}"
    elif rng.random() < 0.06:
        text = f"{text} ({sentence(rng, 'en', 2).rstrip('.').lower()})"
    return kind, text
