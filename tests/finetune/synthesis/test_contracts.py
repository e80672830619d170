"""Contracts whose facts stand within sentences."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from random import Random

import pytest

from docvlm.reading import layout_text
from finetune.synthesis import contracts
from finetune.synthesis.contracts import contract
from finetune.synthesis.examples import make_document, turns_of
from finetune.synthesis.kinds import PARTIES, document_kinds
from finetune.synthesis.page import Document
from finetune.synthesis.questions import ask_about

CLAUSES = tomllib.loads((Path(contracts.__file__).parent / "clauses.toml").read_text(encoding="utf-8"))


def documents(count: int) -> list[Document]:
    return [make_document(Random(f"contract:{seed}"), "contract", misreadings=False) for seed in range(count)]


def test_what_a_contract_says_stands_within_its_sentences() -> None:
    before = 0
    for document in documents(40):
        text = " ".join(document.reading.text.split())
        for fact in ("notice_period", "liability_limit", "governing_law", "start_date"):
            value = document.facts.get(fact)
            # Words stand before it in its sentence, and it does not begin a row of its own every time.
            assert value is None or not text.startswith(value)
            before += value is not None and f"\n{value}" not in document.reading.text
        assert set(PARTIES) <= set(document.facts)
        assert "{" not in text and "}" not in text
    assert before > 60


def test_a_value_that_goes_on_in_the_next_row_is_one_value() -> None:
    made = documents(120)
    assert sum(bool(document.unclear) for document in made) <= 2
    broken = [
        value
        for document in made
        for value in document.facts.values()
        if value not in document.reading.text and value in " ".join(document.reading.text.split())
    ]
    assert broken


def test_every_fact_of_a_contract_is_printed_by_some() -> None:
    made = documents(150)
    printed = {fact for document in made for fact in document.facts}
    assert printed == set(document_kinds()["contract"].facts)


def test_rows_are_no_wider_than_the_page() -> None:
    for seed in range(30):
        draft = contract(Random(seed), "en")
        for row in draft.rows:
            if len(row.cells) > 1 or row.cells[0].align == "left":
                words = " ".join(cell.text for cell in row.cells)
                assert len(words) <= draft.columns, words


def test_parties_are_asked_for_by_what_the_contract_calls_them() -> None:
    document = documents(1)[0]
    roles = {document.labels[party]: document.facts[party] for party in PARTIES}
    asked = [pair for seed in range(40) for pair in ask_about(document, Random(seed), 5)]
    found = {
        role for question, answer in asked for role in roles if role in question and answer == roles[role]
    }
    assert found == set(roles)
    fields = {
        spec.name.replace("_", " ").casefold()
        for seed in range(60)
        for turn in turns_of(document, Random(seed))
        if turn.schema is not None
        for spec in turn.schema.fields
    }
    assert {role.casefold() for role in roles} <= fields


@pytest.mark.parametrize(("language", "written"), [("en", "en"), ("fr", "fr"), ("de", "de"), ("it", "en")])
def test_a_language_without_clauses_has_english_contracts(language: str, written: str) -> None:
    assert contract(Random(3), language).language == written


@pytest.mark.parametrize("language", CLAUSES)
def test_a_slot_is_a_fact_or_known_to_the_writer(language: str) -> None:
    known = {*document_kinds()["contract"].facts, "indefinite", "first", "second", "currency"}
    known |= {"first_address", "second_address", "some_amount", "some_days", "some_date", "title"}
    table = CLAUSES[language]
    said = [
        *table["between"],
        *table["fillers"],
        *(one for clause in table["clauses"] for one in clause["sayings"]),
    ]
    assert {slot for text in said for slot in re.findall(r"\{(\w+)(?:\|plain)?\}", text)} <= known


def test_the_same_seed_makes_the_same_contract() -> None:
    first, again = (make_document(Random("same"), "contract") for _ in range(2))
    assert layout_text(first.reading) == layout_text(again.reading)
    assert first.facts == again.facts
