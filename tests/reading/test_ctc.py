import itertools
import math

import numpy as np
import pytest

from docvlm.reading.ctc import BETWEEN, UNLIKELY, Alphabet, decode, likely_characters, log_probability

_ALPHABET = Alphabet.of(("", "a", "b", " "))


def _columns(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_runs_of_a_character_are_one_and_a_blank_makes_two_of_them():
    a, blank = (0.1, 0.7, 0.1, 0.1), (0.8, 0.1, 0.05, 0.05)

    read = decode(_columns(a, a, blank, a), _ALPHABET, 4)

    assert [(one.text, one.columns) for one in read] == [("a", (0, 2)), ("a", (3, 4))]
    assert [one.position for one in read] == [1 / 4, 3.5 / 4]


def test_a_space_belongs_to_the_character_behind_it():
    read = decode(_columns((0, 1, 0, 0), (0.2, 0, 0, 0.8), (0, 0, 1, 0)), _ALPHABET, 3)

    assert [one.text for one in read] == ["a", "b"]
    assert read[1].space_before == pytest.approx(0.8)


def test_what_a_column_may_show_has_spaces_and_blank_as_one():
    (likely,) = likely_characters(_columns((0.2, 0.5, UNLIKELY / 2, 0.3)), _ALPHABET)

    assert likely == pytest.approx({BETWEEN: 0.5, "a": 0.5})


def test_a_word_is_as_likely_as_all_its_layouts_together():
    rng = np.random.default_rng(1)
    rows = rng.dirichlet(np.ones(3), size=5)
    columns = [dict(zip((BETWEEN, "a", "b"), row, strict=True)) for row in rows]
    by_text: dict[str, float] = {}
    for layout in itertools.product((BETWEEN, "a", "b"), repeat=5):
        text = "".join(character for character, _ in itertools.groupby(layout))
        share = math.prod(column[one] for column, one in zip(columns, layout, strict=True))
        by_text[text] = by_text.get(text, 0.0) + share

    assert {text: math.exp(log_probability(columns, text)) for text in by_text} == pytest.approx(by_text)


def test_more_characters_than_columns_are_all_but_impossible():
    assert log_probability([{"a": 1.0}, {"b": 1.0}], "aba") < math.log(UNLIKELY)
