"""What a run would learn from, before it begins: who is held back, and labels that cannot be learnt."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from docvlm.config import Settings
from finetune.data.documents import LabelledDocument
from finetune.data.readings import Readings
from finetune.runner.lesson import make_lesson
from finetune.runner.request import RunRequest
from finetune.training.events import Emit

CHARACTERS_A_TOKEN = 2.3
"""Of reader text, by the embedded model's tokenizer: 2.4 to 2.5 over receipts, 2.0 over an invoice."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A labelled document that can be chosen. ``labels`` says how many of which kind it has."""

    sha256: str
    name: str
    labels: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The sides of the split by content hash, and what is left out.

    Attributes:
        problems: one sentence for each label that cannot be learnt.
        not_on_the_way: one sentence why nothing is measured on the way; empty where it is, or was not wanted.
        tokens: about how many tokens the pages learnt from have together.
    """

    train: frozenset[str]
    validation: frozenset[str]
    held_out: frozenset[str]
    problems: tuple[str, ...]
    tokens: int
    not_on_the_way: str = ""


def entries(documents: Iterable[LabelledDocument]) -> list[Entry]:
    """The documents of which something can be learnt, in their order."""
    return [
        Entry(document.sha256, document.name, _labels(document))
        for document in documents
        if document.fields or document.questions
    ]


def preview(request: RunRequest, settings: Settings, emit: Emit) -> Preview:
    """Make the lesson that the run would make, and throw it away.

    Args:
        emit: told of the documents as they are read.

    Raises:
        InputError: when nothing can be learnt from the labels.
    """
    with Readings(settings) as readings, tempfile.TemporaryDirectory() as scratch:
        lesson = make_lesson(request, Path(scratch), settings, readings, emit)
        characters = sum(len(reading.text) for document in lesson.train for reading in readings.of(document))
    return Preview(
        _hashes(lesson.train),
        _hashes(lesson.validation),
        _hashes(lesson.held_out),
        lesson.problems,
        round(characters / CHARACTERS_A_TOKEN),
        lesson.not_on_the_way,
    )


def _hashes(documents: Sequence[LabelledDocument]) -> frozenset[str]:
    return frozenset(document.sha256 for document in documents)


def _labels(document: LabelledDocument) -> str:
    counts = ((len(document.fields), "field"), (len(document.questions), "question"))
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts if count)
