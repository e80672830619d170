"""Questions about a made-up document, with their answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from docvlm.prompts import ANSWER_START, NOT_FOUND, question_prompt
from finetune.synthesis.kinds import (
    PARTIES,
    absent_facts,
    clean_name,
    document_kinds,
    other_label,
    present_facts,
)
from finetune.synthesis.page import Document
from finetune.synthesis.requests import Turn
from finetune.synthesis.vocabulary import fact_kinds

_BY_LABEL = {
    "en": (
        'What is the value of "{}"?',
        "What is the {}?",
        'What is written for "{}"?',
        "{}?",
        'Which value has the field "{}"?',
        'What value is in the field "{}"?',
        'What is entered for "{}"?',
        "What does it say under {}?",
        "Find the {}.",
    ),
    "fr": ("Quelle est la valeur de « {} » ?", "{} ?"),
    "de": ("Was steht bei „{}“?", "{}?"),
    "es": ("¿Cuál es el valor de «{}»?", "{}?"),
}
_AMOUNT_OF = (
    "How much is the {}?",
    "What is the amount for {}?",
    "What does {} cost in total?",
    "What was charged for {}?",
)
_PRICE_OF = ("What is the unit price of {}?", "How much does one {} cost?", "What is the price of {}?")
_QUANTITY_OF = ("How many {} were bought?", "What is the quantity of {}?", "How many {} are there?")
_CELL_OF = (
    "What is the {header} of {name}?",
    "What is {name}'s {header}?",
    "{header} for {name}?",
    'What is the value for "{name}" in the column {header}?',
)

_WHO_IS = {
    "en": ("Who is the {}?", "What is the name of the {}?", "Which person or company is the {}?", "{}?"),
    "fr": ("Qui est le {} ?", "Quel est le nom du {} ?"),
    "de": ("Wer ist der {}?", "Wie heißt der {}?"),
}

Asked = tuple[str, str]
"""A question and its answer."""

Asker = Callable[[Document, Random], Asked | None]
"""Finds something to ask, or nothing."""


def question_turns(document: Document, rng: Random, count: int, *, absent: bool = True) -> list[Turn]:
    """Questions as the model gets them (see ``ask_about``), with its replies."""
    asked = ask_about(document, rng, count, absent=absent)
    return [Turn(question_prompt(question), ANSWER_START, f" {answer}\n") for question, answer in asked]


def ask_about(document: Document, rng: Random, count: int, *, absent: bool = True) -> list[Asked]:
    """``count`` different questions where there is enough to ask, about a fifth of them without an answer.

    Args:
        absent: whether questions without an answer are asked at all.
    """
    asked: dict[str, str] = {}
    for _ in range(4 * count):
        if len(asked) >= count:
            break
        found = rng.choice(_askers(document))(document, rng)
        if found is not None and (absent or found[1] != NOT_FOUND):
            asked.setdefault(_spoken(found[0], rng), found[1])
    return list(asked.items())


def _askers(document: Document) -> Sequence[Asker]:
    if document.kind == "table":
        return [_about_cell]
    if document.kind == "form":
        return [*[_about_entry] * 9, _about_absent, _about_other_label]
    if document_kinds()[document.kind].list_name == "entries":
        return [_about_entry, _about_entry, _about_entry, _about_missing]
    if document.kind == "contract":
        return [*[_about_fact] * 4, _about_party, _about_absent]
    askers: list[Asker] = [_about_fact, _about_fact, _about_label, _about_absent]
    return [*askers, _about_item] if document.rows("items") else askers


def _about_fact(document: Document, rng: Random) -> Asked | None:
    """A whole question, in English or in the document's language."""
    facts = present_facts(document)
    if not facts:
        return None
    fact = rng.choice(facts)
    question = _phrase(fact, document.language, rng)
    return (question, document.facts[fact]) if question else None


def _about_absent(document: Document, rng: Random) -> Asked | None:
    """Something that documents of the kind may state, or any other thing, and this one does not."""
    usual = document_kinds()[document.kind].facts
    absent = absent_facts(document, usual if rng.random() < 0.8 and usual else fact_kinds())
    question = _phrase(rng.choice(absent), document.language, rng) if absent else ""
    return (question, NOT_FOUND) if question else None


def _about_missing(document: Document, rng: Random) -> Asked | None:
    """Something that documents of the kind never state, whatever their labels are called."""
    question = _phrase(rng.choice(document_kinds()[document.kind].facts), document.language, rng)
    return (question, NOT_FOUND) if question else None


def _phrase(fact: str, language: str, rng: Random) -> str:
    kind = fact_kinds()[fact]
    spoken = language if kind.questions.get(language) and rng.random() < 0.5 else "en"
    questions = kind.questions[spoken]
    if questions and rng.random() < 0.75:
        return rng.choice(questions)
    return rng.choice(_BY_LABEL["en"]).format(rng.choice(kind.names).replace("_", " "))


def _about_label(document: Document, rng: Random) -> Asked | None:
    """Ask for the value printed beside a label."""
    facts = [fact for fact in document.labels if fact in document.facts]
    if not facts:
        return None
    fact = rng.choice(facts)
    patterns = _BY_LABEL.get(document.language, _BY_LABEL["en"])
    return rng.choice(patterns).format(document.labels[fact]), document.facts[fact]


def _about_party(document: Document, rng: Random) -> Asked | None:
    """A party of a contract by what it is called there."""
    parties = [fact for fact in PARTIES if fact in document.facts]
    if not parties:
        return None
    fact = rng.choice(parties)
    patterns = _WHO_IS.get(document.language, _WHO_IS["en"])
    return rng.choice(patterns).format(document.labels[fact]), document.facts[fact]


def _about_item(document: Document, rng: Random) -> Asked | None:
    rows = document.rows("items")
    row = rng.choice(rows)
    name = row.get("description")
    if not name or [other.get("description") for other in rows].count(name) > 1:
        return None
    if "unit_price" in row and "amount" in row:
        choices = [(_PRICE_OF, "unit_price"), (_AMOUNT_OF, "amount")]
    else:
        choices = [(_AMOUNT_OF + _PRICE_OF[2:], "amount")]
    patterns, fact = rng.choice([*choices, (_QUANTITY_OF, "quantity")])
    return (rng.choice(patterns).format(name), row[fact]) if fact in row else None


def _about_entry(document: Document, rng: Random) -> Asked | None:
    number = rng.randrange(len(document.rows("entries")))
    read = document.facts.get(f"entries.{number}.label", "")
    # People ask for what stands on the paper, whatever the reader made of it.
    printed = (document.labels.get(f"entries.{number}") or read).rstrip(" :.")
    label = printed if rng.random() < 0.6 else clean_name(printed)
    value = f"entries.{number}.value"
    if not label or not read or value in document.unclear:
        return None
    return rng.choice(_BY_LABEL["en"]).format(label), document.facts.get(value, NOT_FOUND)


def _about_other_label(document: Document, rng: Random) -> Asked | None:
    """What other forms ask and this one does not."""
    label = other_label(document, rng)
    return (rng.choice(_BY_LABEL["en"]).format(label), NOT_FOUND) if label else None


def _about_cell(document: Document, rng: Random) -> Asked | None:
    rows = document.rows("cells")
    row = rng.choice(rows)
    columns = [column for column in row if column != "name"]
    if "name" not in row or not columns or [other.get("name") for other in rows].count(row["name"]) > 1:
        return None
    if rng.random() < 0.15:
        return rng.choice(_CELL_OF).format(
            header=rng.choice(("Total tax", "2031", "Phone", "Owner")), name=row["name"]
        ), NOT_FOUND
    column = rng.choice(columns)
    return rng.choice(_CELL_OF).format(header=document.labels[f"cells.{column}"], name=row["name"]), row[
        column
    ]


def _spoken(question: str, rng: Random) -> str:
    """People type carelessly."""
    if rng.random() < 0.15:
        return question.lower().rstrip("?. ")
    return question
