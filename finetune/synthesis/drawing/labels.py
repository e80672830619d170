"""What is right about a drawn page, in the repository's form of labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

from docvlm.prompts import NOT_FOUND
from finetune.data.documents import (
    FieldLabel,
    LabelledDocument,
    QuestionLabel,
    RowsLabel,
    TranscriptLabel,
)
from finetune.synthesis.drawing.pages import DrawnPage
from finetune.synthesis.kinds import absent_facts, document_kinds, present_facts
from finetune.synthesis.questions import ask_about

_ABSENT = 4
"""How many fields that a page does not have are named; more would only repeat."""


def labelled(page: DrawnPage, path: Path, sha256: str, rng: Random, questions: int = 4) -> LabelledDocument:
    """The labels of a page whose picture lies at ``path``: fields, questions and the transcript."""
    document = page.document
    return LabelledDocument(
        sha256=sha256,
        name=path.name,
        path=path,
        kind=document.kind,
        fields=(*_fields(page), *_absent(page, rng), *_rows(page)),
        questions=tuple(_questions(page, rng, questions)),
        transcripts=(TranscriptLabel(text=document.reading.text, page=1),),
    )


def _fields(page: DrawnPage) -> Iterator[FieldLabel]:
    for fact in present_facts(page.document):
        yield _field(page, fact, fact)


def _absent(page: DrawnPage, rng: Random) -> Iterator[FieldLabel]:
    absent = absent_facts(page.document, document_kinds()[page.document.kind].facts)
    for fact in rng.sample(absent, min(_ABSENT, len(absent))):
        yield FieldLabel(fact, None, page=1)


def _rows(page: DrawnPage) -> Iterator[RowsLabel]:
    """The list of the kind, where every cell of it is printed as one run of words."""
    name = document_kinds()[page.document.kind].list_name
    if not name or any(fact.startswith(f"{name}.") for fact in page.document.unclear):
        return
    numbers = sorted({int(fact.split(".")[1]) for fact in page.document.facts if fact.startswith(f"{name}.")})
    rows = tuple(
        tuple(
            _field(page, fact, fact.split(".")[2])
            for fact in page.document.facts
            if fact.startswith(f"{name}.{number}.")
        )
        for number in numbers
    )
    if rows:
        yield RowsLabel(name, rows)


def _field(page: DrawnPage, fact: str, name: str) -> FieldLabel:
    return FieldLabel(name, page.document.facts[fact], page=1, boxes=page.fact_boxes[fact])


def _questions(page: DrawnPage, rng: Random, count: int) -> Iterator[QuestionLabel]:
    """Questions; a place is given where only one fact has the answer for its value."""
    for question, answer in ask_about(page.document, rng, count):
        if answer == NOT_FOUND:
            yield QuestionLabel(question, (), page=1)
            continue
        facts = [fact for fact, value in page.document.facts.items() if value == answer]
        boxes = page.fact_boxes[facts[0]] if len(facts) == 1 else ()
        yield QuestionLabel(question, (answer,), page=1, boxes=boxes)
