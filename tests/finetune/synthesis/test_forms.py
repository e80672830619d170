"""Forms: labels as people would ask for them, answers behind, below and over several rows."""

from __future__ import annotations

from random import Random

import pytest

from finetune.synthesis.forms import dense_form, form
from finetune.synthesis.page import Draft, read_draft
from finetune.synthesis.questions import ask_about
from finetune.synthesis.vocabulary import words

DRAFTS = [build(Random(seed), "en") for seed in range(30) for build in (form, dense_form)]


def rows_of(draft: Draft, fact: str) -> set[int]:
    return {word.row for word in draft.words if word.fact == fact}


def test_every_label_is_printed_and_remembered() -> None:
    for draft in DRAFTS:
        assert draft.labels
        for entry, label in draft.labels.items():
            printed = " ".join(word.text for word in draft.words if word.fact == f"{entry}.label")
            assert printed.startswith(label)


def test_answers_stand_behind_below_and_over_several_rows() -> None:
    behind = below = several = 0
    for draft in DRAFTS:
        for entry in draft.labels:
            label, value = rows_of(draft, f"{entry}.label"), rows_of(draft, f"{entry}.value")
            behind += bool(label & value)
            below += bool(value) and not label & value
            several += len(value) > 1
    assert min(behind, below, several) > 30


def test_labels_are_more_than_a_list() -> None:
    listed = {
        label.casefold()
        for kind in ("company", "person", "date", "phone", "code", "amount", "place", "text", "measure")
        for label in words("form_labels", kind)
    }
    labels = [label.casefold() for draft in DRAFTS for label in draft.labels.values()]
    assert sum(label not in listed for label in labels) > 0.3 * len(labels)


@pytest.mark.parametrize("seed", range(3))
def test_questions_name_the_label_as_printed_though_it_was_misread(seed: int) -> None:
    draft = dense_form(Random(seed), "en")
    entry, label = next((entry, label) for entry, label in draft.labels.items() if len(label) > 3)
    misread = tuple(
        word if word.fact != f"{entry}.label" else type(word)("?", word.box, word.row, word.fact)
        for word in draft.words
    )
    document = read_draft(Draft(draft.kind, draft.language, misread, draft.labels))
    asked = [question for number in range(40) for question, _ in ask_about(document, Random(number), 8)]
    assert any(label.casefold() in question.casefold() for question in asked)
