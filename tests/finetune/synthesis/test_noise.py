"""Reader mistakes keep facts whole."""

from __future__ import annotations

from random import Random

from docvlm.types import Box
from finetune.synthesis.noise import read_badly
from finetune.synthesis.page import CELL_WIDTH, MarkedWord


def _row(*marked: tuple[str, str | None]) -> list[MarkedWord]:
    words, x = [], 0.0
    for text, fact in marked:
        words.append(MarkedWord(text, Box(x, 0, x + len(text) * CELL_WIDTH, 16), 0, fact))
        x += (len(text) + 1) * CELL_WIDTH
    return words


WORDS = (
    _row(("Total", None), ("due", None), ("1234.56", "total"), ("Jalan", "address"), ("Besar", "address"))
    * 20
)


def test_digits_of_values_survive() -> None:
    for seed in range(30):
        values = [word.text for word in read_badly(WORDS, Random(seed)) if word.fact == "total"]
        assert all(value.replace(",", ".") == "1234.56" for value in values)
        assert len(values) == 20


def test_words_are_merged_and_torn_only_within_one_fact() -> None:
    merged = torn = 0
    for seed in range(60):
        noisy = read_badly(WORDS, Random(seed))
        letters = {
            fact: sum(len(word.text) for word in noisy if word.fact == fact) for fact in (None, "address")
        }
        assert letters == {None: 20 * len("Totaldue"), "address": 20 * len("JalanBesar")}
        merged += sum(word.fact == "address" and len(word.text) == len("JalanBesar") for word in noisy)
        torn += sum(len(word.text) < len("due") for word in noisy)
    assert merged > 0
    assert torn > 0


def test_about_half_of_the_documents_stay_clean() -> None:
    clean = sum(read_badly(WORDS, Random(seed)) == WORDS for seed in range(200))
    assert 70 < clean < 130
