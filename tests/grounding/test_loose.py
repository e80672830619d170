"""Freely written values found on the page, and values that are not there refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docvlm.grounding import PageWords
from docvlm.grounding.loose import loose_spans
from docvlm.reading import layout_rows
from tests.pages import reading_of

WORDS = ["Société", "Générale", "S.A.", "Total:", "12.50", "EUR", "(2024-01-31)", "1,250.00", "-", "x"]


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("Societe Generale SA", "Société Générale S.A."),
        ("SOCIÉTÉ GÉNÉRALE", "Société Générale"),
        ('"12.50 EUR".', "12.50 EUR"),
        ("**12.50**", "12.50"),
        ("2024-01-31", "(2024-01-31)"),
        ("12.50EUR", "12.50 EUR"),
        ("1250", None),
        ("1.250,00", None),
        ("12.5", None),
        ("12.60", None),
        ("2.50", None),
        ("The total is 12.50 EUR", None),
        ("...", None),
        ("", None),
    ],
)
def test_spelling_may_differ_and_content_may_not(value: str, place: str | None) -> None:
    found = [" ".join(WORDS[start:end]) for start, end in loose_spans(WORDS, value)]
    assert found == ([] if place is None else [place])


@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=6), st.data())
def test_every_run_with_letters_or_digits_is_found(words: list[str], data: st.DataObject) -> None:
    words = [word for text in words for word in text.split()] or ["x"]
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    value = " ".join(words[start:end])
    for first, last in loose_spans(words, value):
        assert 0 <= first < last <= len(words)
    if words[start].isalnum() and words[end - 1].isalnum():
        assert (start, end) in list(loose_spans(words, value))


def test_a_loose_value_gets_the_box_of_the_words() -> None:
    reading = reading_of(["Seller ACME Ltd.", "Total 12.50"])
    words = PageWords([line.words for line in reading.lines], layout_rows(reading))
    run = words.find_best("acme ltd", "seller")
    assert run is not None and run.text == "ACME Ltd."
    assert words.find_best("ACME Limited", "seller") is None
