"""Contracts: text under headings, in which what matters stands within sentences (``clauses.toml``)."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from finetune.synthesis.names import make_address, make_city, make_company, make_person
from finetune.synthesis.page import Cell, Draft, Role
from finetune.synthesis.values import make_code, make_date
from finetune.synthesis.writer import Writer

_SLOT = re.compile(r"\{(\w+)(\|plain)?\}")
"""A fact or another value; ``plain`` is the form it has by itself, in languages that bend words."""

_ENDS = {"end_date", "contract_term", "indefinite"}
"""Slots that say when a contract ends; one of them is enough."""

Marked = tuple[str, str | None]
"""A word, or some, and the fact that they belong to."""


@cache
def _language_tables() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "clauses.toml").read_text(encoding="utf-8"))


def contract(rng: Random, language: str) -> Draft:
    """A contract of one page; in English where there are no clauses in ``language``."""
    language = language if language in _language_tables() else "en"
    return _Contract(Writer("contract", language, rng.randint(72, 104), rng)).draft()


class _Contract:
    """One contract as it is written from top to bottom."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._rng = rng = writer.rng
        self._tables = _language_tables()[writer.language]
        self._title = rng.choice(list(self._tables["roles"]))
        self._roles = dict(zip(("first", "second"), self._tables["roles"][self._title], strict=True))
        self._indent = rng.choice((0, 0, 0, 3))
        self._second_is_person = rng.random() < 0.3
        self._clause_gap = rng.choice((0.0, 0.5, 1.0))
        self._values = self._make_values()
        # People ask for a party by what the contract calls it.
        for party, role in self._roles.items():
            writer.labels[f"{party}_party"] = role

    def draft(self) -> Draft:
        writer, rng = self._writer, self._rng
        writer.line(writer.cased(self._title), None, rng.choice(("left", "center")), role=Role.TITLE)
        if writer.chance(0.6):
            writer.page.row(
                Cell(writer.title("contract_number"), None, 0), Cell(make_code(rng), "contract_number")
            )
        writer.page.gap(1)
        self._parties()
        clauses = rng.sample(self._tables["clauses"], rng.randint(3, 8))
        numbering = rng.choice(("{}.", "{}.", "§ {}", "Article {} –", "{})", ""))
        for number, clause in enumerate(clauses, start=1):
            writer.page.gap(self._clause_gap)
            self._clause(numbering.format(number), clause)
        writer.page.gap(1)
        self._signatures()
        return writer.finish()

    def _make_values(self) -> dict[str, str]:
        """What every slot stands for; those of facts keep it wherever they are repeated."""
        rng, style, tables = self._rng, self._writer.style, self._tables
        start = make_date(rng)
        language = self._writer.language
        second = make_person(rng, language) if self._second_is_person else make_company(rng, language)
        return {
            **self._roles,
            "first_party": make_company(rng, language),
            "second_party": second,
            "first_address": ", ".join(make_address(rng, language)),
            "second_address": ", ".join(make_address(rng, language)),
            "start_date": style.date(start),
            "end_date": style.date(
                start.replace(year=start.year + rng.randint(1, 5), day=min(start.day, 28))
            ),
            "contract_term": self._span("long"),
            "renewal_period": self._span("long"),
            "notice_period": self._span("middle"),
            "confidentiality_period": self._span("long"),
            "payment_period": self._span("short"),
            "response_time": self._span("soon"),
            "late_interest": rng.choice(tables["percents"]),
            "governing_law": rng.choice(tables["laws"]),
            "jurisdiction": make_city(rng, language),
            "contract_fee": style.amount(rng.randint(500, 200000) * 100),
            "hourly_rate": style.amount(rng.randint(40, 250) * 100),
            "security_deposit": style.amount(rng.randint(300, 9000) * 100),
            "liability_limit": style.amount(rng.randint(5, 2000) * 100000),
            "currency": style.currency,
            "signing_date": style.date(make_date(rng)),
            "title": self._title,
        }

    def _span(self, length: str) -> str:
        """A span of time: a whole phrase, or a number in figures, in words or both, and a unit."""
        rng, tables = self._rng, self._tables
        if rng.random() < 0.35:
            return str(rng.choice(tables[length]))
        unit, numbers = rng.choice(list(tables["spans"][length].items()))
        number = str(rng.choice(numbers))
        word = tables["numbers"].get(number, number)
        return f"{rng.choice((number, number, word, word, f'{word} ({number})'))} {unit}"

    def _parties(self) -> None:
        if self._writer.chance(0.6):
            self._paragraph(self._rng.choice(self._tables["between"]))
            return
        if self._writer.chance(0.4):
            self._labelled_parties()
            return
        for party, lead in (("first", "first_of_parties"), ("second", "second_of_parties")):
            self._writer.line(self._rng.choice(self._tables[lead]))
            self._party(party)

    def _labelled_parties(self) -> None:
        """A row each, or two: what a party is called, its name, and its address behind or below it."""
        writer, rng = self._writer, self._rng
        colon, column = rng.choice((":", ":", "")), rng.choice((0, 0, 14))
        behind = rng.random() < 0.5
        for party, role in self._roles.items():
            label = f"{role}{colon}"
            if behind:
                self._paragraph(f"{label} {{{party}_party}}, {{{party}_address}}")
                continue
            start = column if column > len(label) else None
            name = Cell(self._values[f"{party}_party"], f"{party}_party", start)
            writer.page.row(Cell(label, None, 0), name)
            writer.lines(make_address(rng, writer.language), None, column=column)

    def _party(self, party: str) -> None:
        """A name, an address, perhaps who speaks for it, and what it is called, a line each."""
        writer, rng = self._writer, self._rng
        column = rng.choice((0, 0, 4))
        writer.line(self._values[f"{party}_party"], f"{party}_party", column=column)
        writer.lines(make_address(rng, writer.language), None, column=column)
        if writer.chance(0.4):
            person = make_person(rng, writer.language)
            writer.line(rng.choice(self._tables["represented"]).format(person=person), column=column)
        writer.line(rng.choice(self._tables["called"]).format(role=self._roles[party]), column=column)

    def _clause(self, number: str, clause: Mapping[str, Any]) -> None:
        head = f"{number} {self._rng.choice(clause['heads'])}".strip()
        sentences = self._sayings(clause)
        for filler in self._rng.sample(self._tables["fillers"], self._rng.choice((0, 0, 1, 1, 2))):
            sentences.insert(self._rng.randint(0, len(sentences)), filler)
        if self._writer.chance(0.12):
            self._paragraph(" ".join((head, *sentences)))
            return
        self._writer.line(head, role=Role.HEADING)
        self._paragraph(" ".join(sentences))

    def _sayings(self, clause: Mapping[str, Any]) -> list[str]:
        """One or two sayings of a clause, which do not state the same."""
        first, second = self._rng.sample(clause["sayings"], 2)
        alike = _slots_of(first) & _slots_of(second) - {"first", "second", "currency"}
        return [first, second] if not alike and self._writer.chance(0.4) else [first]

    def _paragraph(self, text: str) -> None:
        """Sentences with slots, broken into rows as wide as the page."""
        width = self._writer.page.columns - self._indent
        for row in _in_rows(_words_of(text, self._filled), width):
            runs = [
                (" ".join(word for word, _ in run), fact)
                for fact, run in itertools.groupby(row, key=lambda marked: marked[1])
            ]
            cells = (
                Cell(run, fact, self._indent if place == 0 else None)
                for place, (run, fact) in enumerate(runs)
            )
            self._writer.page.row(*cells)

    def _filled(self, slot: str, plain: bool) -> Marked:
        """The value of a slot, and its fact where somebody may ask about it."""
        rng, tables, style = self._rng, self._tables, self._writer.style
        if slot == "indefinite":
            return rng.choice(tables["indefinite"]), "contract_term"
        if slot == "some_amount":
            return f"{self._values['currency']} {style.amount(rng.randint(50, 90000) * 100)}", None
        if slot == "some_days":
            return self._span(rng.choice(("middle", "short"))), None
        if slot == "some_date":
            return style.date(make_date(rng)), None
        unasked = slot in ("first", "second", "currency", "title") or slot.endswith("_address")
        value = self._values[slot]
        if plain:
            value = " ".join(tables["plain"].get(word, word) for word in value.split())
        return value, None if unasked else slot

    def _signatures(self) -> None:
        writer, rng = self._writer, self._rng
        date = self._values["signing_date"]
        place = make_city(rng, writer.language)
        template = rng.choice(self._tables["signed"])
        before = template.format(place=place, date="").strip()
        writer.page.row(Cell(before, None, 0), Cell(date, "signing_date"))
        if writer.chance(0.6):
            half = writer.page.columns // 2
            names = [make_person(rng, writer.language) for _ in self._roles]
            if self._second_is_person:
                names[1] = self._values["second_party"]
            said = [rng.choice(self._tables["for_party"]).format(role=role) for role in self._roles.values()]
            writer.page.row(*(Cell(name, None, place * half) for place, name in enumerate(names)))
            writer.page.row(*(Cell(text, None, place * half) for place, text in enumerate(said)))


def _slots_of(text: str) -> set[str]:
    """The facts that a text states, and what it would not leave open to another one."""
    slots = {slot for slot, _ in _SLOT.findall(text)}
    if "indefinite" in slots:
        slots.add("renewal_period")
    return slots | _ENDS if slots & _ENDS else slots


def _words_of(text: str, filled: Callable[[str, bool], Marked]) -> Iterator[Marked]:
    """The words of a text, each slot replaced by the words of its value.

    What is glued to a slot, such as a bracket or a comma, becomes part of the value's first or last word.
    """
    for word in text.split():
        slot = _SLOT.search(word)
        if slot is None:
            yield word, None
            continue
        value, fact = filled(slot.group(1), bool(slot.group(2)))
        before, behind = word[: slot.start()], word[slot.end() :]
        for piece in f"{before}{value}{behind}".split():
            yield piece, fact


def _in_rows(words: Iterator[Marked], width: int) -> Iterator[Sequence[Marked]]:
    row: list[Marked] = []
    used = 0
    for word, fact in words:
        if row and used + 1 + len(word) > width:
            yield row
            row, used = [], 0
        row.append((word, fact))
        used += len(word) + (1 if used else 0)
    if row:
        yield row
