"""What the generator promises: deterministic, grounded, and honest about what is absent."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from docvlm.grounding import ReplyRows, ReplyText, parse_extraction
from docvlm.prompts import ANSWER_START, NOT_FOUND
from docvlm.reading import layout_rows, layout_text
from docvlm.types import TokenStep
from finetune.synthesis import examples
from finetune.synthesis.examples import BUILDERS, Example, make_document, make_example, turns_of
from finetune.synthesis.kinds import absent_facts, document_kinds, plain
from finetune.synthesis.page import MarkedWord
from finetune.synthesis.vocabulary import LANGUAGES, fact_kinds

EXAMPLES = [make_example(f"test:{number}") for number in range(60)]


def reply_of(text: str) -> ReplyText:
    return ReplyText.of([TokenStep(text, 1.0, forced=False)])


def _values(example: Example) -> list[str]:
    """Every value that the replies of an example state."""
    values: list[str] = []
    for turn in example.turns:
        if turn.schema is None:
            values.append(turn.reply.strip())
            continue
        for found in parse_extraction(reply_of(turn.reply), turn.schema).fields:
            spans = [cell for row in found.rows for cell in row] if isinstance(found, ReplyRows) else [found]
            values += [span.text for span in spans if span.text is not None]
    return [value for value in values if value != NOT_FOUND]


def test_a_seed_gives_the_same_example_again() -> None:
    for number in range(8):
        again = make_example(f"test:{number}")
        assert (again.page_text, again.turns) == (EXAMPLES[number].page_text, EXAMPLES[number].turns)


def test_an_example_does_not_depend_on_the_process() -> None:
    # Words drawn from a Python set would come in another order under another hash seed.
    program = (
        "from random import Random; from finetune.synthesis.examples import BUILDERS;"
        "print([BUILDERS[kind][0](Random(3), language).words"
        " for kind in BUILDERS for language in ('it', 'de', 'pt', 'en')])"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_every_value_is_a_run_of_the_pages_words() -> None:
    for example in EXAMPLES:
        orders = (
            [word.text for word in example.reading.words],
            [word.text for row in layout_rows(example.reading) for word in row],
        )
        pages = [f" {' '.join(order)} " for order in orders]
        for value in _values(example):
            assert any(f" {value} " in page for page in pages), value


def test_extraction_replies_have_a_line_for_every_field() -> None:
    extractions = [turn for example in EXAMPLES for turn in example.turns if turn.schema is not None]
    assert len(extractions) > len(EXAMPLES) // 2
    for turn in extractions:
        assert turn.schema is not None
        found = parse_extraction(reply_of(turn.reply), turn.schema).fields
        assert [field.name for field in found] == [field.name for field in turn.schema.fields]


def test_some_questions_have_no_answer_on_the_page() -> None:
    questions = [turn for example in EXAMPLES for turn in example.turns if turn.schema is None]
    assert all(turn.reply_start == ANSWER_START for turn in questions)
    answers = [turn.reply.strip() for turn in questions]
    share = answers.count(NOT_FOUND) / len(answers)
    assert 0.1 < share < 0.35


@pytest.mark.parametrize("kind", BUILDERS)
def test_absent_facts_are_stated_under_no_name(kind: str) -> None:
    for seed in range(10):
        document = make_document(Random(f"absent:{seed}"), kind)
        absent = absent_facts(document, document_kinds()[document.kind].facts)
        printed = set(document.facts) | document.unclear
        assert not printed & set(absent)
        names = {plain(name) for fact in absent for name in (fact, *fact_kinds()[fact].names)}
        assert not names & {plain(fact) for fact in printed}


@pytest.mark.parametrize("kind", BUILDERS)
def test_facts_carry_the_words_they_were_printed_with(kind: str) -> None:
    document = make_document(Random(f"facts:{kind}"), kind)
    text = " ".join(word.text for word in document.reading.words)
    assert document.facts
    for value in document.facts.values():
        assert value in text
    assert all(word.text in layout_text(document.reading) for word in document.reading.words)


@pytest.mark.parametrize("kind", BUILDERS)
def test_a_page_without_misreadings_says_what_is_printed(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []

    def misread(words: Sequence[MarkedWord], _rng: Random) -> list[MarkedWord]:
        printed[:] = [word.text for word in words]
        return [replace(word, text=f"{word.text}x") for word in words]

    monkeypatch.setattr(examples, "read_badly", misread)
    for seed in range(5):
        clean = make_document(Random(seed), kind, misreadings=False)
        assert sorted(word.text for word in clean.reading.words) == sorted(printed)
        noisy = make_document(Random(seed), kind)
        assert all(word.text.endswith("x") for word in noisy.reading.words)
        assert len(noisy.reading.words) == len(printed)


@pytest.mark.parametrize("kind", BUILDERS)
def test_without_absent_things_everything_asked_for_is_on_the_page(kind: str) -> None:
    missing = 0
    for seed in range(20):
        document = make_document(Random(f"all there:{seed}"), kind)
        missing += sum(NOT_FOUND in turn.reply for turn in turns_of(document, Random(seed)))
        for turn in turns_of(document, Random(seed), absent=False):
            assert NOT_FOUND not in turn.reply
            if turn.schema is not None:
                fields = parse_extraction(reply_of(turn.reply), turn.schema).fields
                assert [field.name for field in fields] == [field.name for field in turn.schema.fields]
    assert missing


def test_every_kind_of_fact_has_labels_in_every_language() -> None:
    for key, kind in fact_kinds().items():
        assert kind.names, key
        assert all(kind.labels[language] for language in LANGUAGES), key
