"""The weights that ship know generated documents only: nothing of the real sets is in the training stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from docvlm.schemas import FieldType
from finetune.data.cases import read_cases
from finetune.data.documents import FieldLabel
from finetune.instruct import InstructConfig
from finetune.long_run import read_recipe
from finetune.synthesis.drawing.pages import make_draft, page_source
from finetune.synthesis.examples import make_example
from finetune.synthesis.vocabulary import LANGUAGES, fact_kinds, words
from finetune.vision.train import VisionConfig
from tests.conftest import REPOSITORY

WORDS_IN_A_ROW = 8
"""Shorter runs are everyday language that no page needs to copy from another."""

LABEL_WORDS = 4
PAGES_A_BATCH = 6
"""A batch of sixteen tiles takes three to six."""


def folded(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in text.lower()).split()


def runs(text: list[str], length: int) -> set[tuple[str, ...]]:
    """Every run of that many words, but for runs that are mostly numbers."""
    found = (tuple(text[start : start + length]) for start in range(len(text) - length + 1))
    return {run for run in found if sum(word.isalpha() for word in run) * 2 > length}


@cache
def set_phrase_words() -> frozenset[str]:
    """The words of what most tills print: beside sums, and below ("thank you please come again")."""
    phrases = [
        *words("small_print"),
        *words("before_rounding"),
        *(phrase for language in LANGUAGES for phrase in words("thanks", language)),
        *(
            label
            for kind in fact_kinds().values()
            if kind.type is FieldType.AMOUNT
            for label in kind.labels["en"]
        ),
    ]
    return frozenset(word for phrase in phrases for word in folded(phrase))


def own_words(run: tuple[str, ...]) -> set[str]:
    """The words of a run that are neither numbers nor in set phrases."""
    return {word for word in run if word.isalpha()} - set_phrase_words()


def real_texts(folder: Path) -> Iterator[str]:
    """Transcripts, questions and answers of every set."""
    for file in sorted(folder.glob("*/cases.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            yield from strings(json.loads(line))


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def pages_of_tiles(recipe: VisionConfig) -> Iterator[str]:
    """What stands on the pages whose tiles a run of the vision tower sees; samples of print are no words."""
    for number in range(recipe.tiles // recipe.batch):
        if not recipe.batches(None).is_print(number):
            for page in range(PAGES_A_BATCH):
                draft = make_draft(page_source(f"{recipe.seed}:{number}:{page}"))
                yield " ".join(word.text for word in draft.words)


@pytest.fixture(scope="module")
def stream() -> list[str]:
    """Every page and reply of the last run towards the shipped adapter, and every page of the tower's run."""
    recipe = read_recipe(REPOSITORY / "finetune" / "recipes" / "docvlm-mini-tenth.yaml", InstructConfig)
    examples = (make_example(f"{recipe.seed}:{number}") for number in range(recipe.documents))
    texts = [
        "\n".join((example.page_text, *(f"{turn.prompt} {turn.reply}" for turn in example.turns)))
        for example in examples
    ]
    tower = read_recipe(REPOSITORY / "finetune" / "recipes" / "docvlm-mini-tower.yaml", VisionConfig)
    return [*texts, *pages_of_tiles(tower)]


@pytest.mark.slow
@pytest.mark.shared_data
def test_no_run_of_words_of_a_real_document_is_trained_on(shared_data: Path, stream: list[str]) -> None:
    real: set[tuple[str, ...]] = set()
    for text in real_texts(shared_data):
        real |= runs(folded(text), WORDS_IN_A_ROW)
    assert len(real) > 10_000
    copied = {run for text in stream for run in runs(folded(text), WORDS_IN_A_ROW) & real}
    assert [run for run in copied if len(own_words(run)) > 1] == []


@pytest.mark.slow
@pytest.mark.shared_data
def test_no_long_label_of_a_real_document_is_trained_on(shared_data: Path, stream: list[str]) -> None:
    labels: set[tuple[str, ...]] = set()
    for name in ("sroie", "wildreceipt", "invoices_fr"):
        for document in read_cases(shared_data / name / "cases.jsonl", print):
            for field in document.fields:
                if isinstance(field, FieldLabel) and field.value:
                    labels.add(tuple(folded(field.value)))
    long = {label for label in labels if len(label) >= LABEL_WORDS}
    assert len(long) > 200
    lengths = {len(label) for label in long}
    for text in stream:
        for length in lengths:
            assert not runs(folded(text), length) & long


def test_a_copied_run_would_be_seen() -> None:
    text = "NO.53 55,57 & 59, JALAN SAGU 18, TAMAN DAYA, 81100 JOHOR BAHRU, JOHOR."
    copied = ("59", "jalan", "sagu", "18", "taman", "daya", "81100", "johor")
    assert copied in runs(folded(text), 8)
    assert own_words(copied) == {"jalan", "sagu", "taman", "daya", "johor"}
