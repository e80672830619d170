"""Forms: labels as people would ask for them, answers behind, below and over several rows."""

from __future__ import annotations

from random import Random

import pytest

from docvlm.prompts import NOT_FOUND
from finetune.synthesis.form_entries import label_beside
from finetune.synthesis.forms import dense_form, form
from finetune.synthesis.kinds import other_label
from finetune.synthesis.page import Draft, read_draft
from finetune.synthesis.questions import ask_about
from finetune.synthesis.requests import extraction_turn
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


def test_labels_of_other_forms_are_asked_for_and_not_found() -> None:
    for draft in DRAFTS[:12]:
        document = read_draft(draft)
        asked = [pair for number in range(60) for pair in ask_about(document, Random(number), 8)]
        others = [other_label(document, Random(number)) for number in range(60)]
        unanswered = {question.casefold() for question, answer in asked if answer == NOT_FOUND}
        answered = {question.casefold() for question, answer in asked if answer != NOT_FOUND}
        assert (
            sum(any(label.casefold() in question for question in unanswered) for label in others if label) > 3
        )
        assert not unanswered & answered


def test_what_other_forms_ask_is_none_of_the_printed_labels() -> None:
    printed = ["Date of birth", "TELEPHONE", "Case No."]
    drawn = {label_beside(printed, Random(number)) for number in range(600)} - {""}
    assert len(drawn) > 200
    assert "Date received" in drawn  # one word is shared
    assert not drawn & {"DATE", "Date of birth", "CASE NO."}
    assert not drawn & set(words("form_labels", "phone"))  # other words for what is printed


def test_schemas_for_forms_ask_for_more_than_is_there() -> None:
    shares = []
    for draft in DRAFTS:
        turn = extraction_turn(read_draft(draft), Random(draft.columns))
        if turn is not None and turn.schema is not None and turn.schema.name == "custom":
            lines = turn.reply.splitlines()
            shares.append(sum(line.endswith(f": {NOT_FOUND}") for line in lines) / len(lines))
    assert 0.1 < sum(shares) / len(shares) < 0.35
    assert max(shares) < 1
