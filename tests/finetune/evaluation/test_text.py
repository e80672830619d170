from __future__ import annotations

import pytest

from finetune.evaluation.text import (
    BagCounts,
    ErrorCounts,
    anls,
    bag_of_words,
    character_errors,
    fold,
    word_errors,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Jalan Sagu 18,", "jalansagu18"),
        ("25/12/2018", "25122018"),
        ("25.12.2018", "25122018"),
        ("Eur129,75", "eur129.75"),
        ("-1,234.50", "1234.50"),
        ("1 234,5 €", "1234.5"),
        ("12.345", "12345"),
        ("ﬁne", "fine"),
        ("✓", "✓"),
        ("", ""),
    ],
)
def test_folding_keeps_letters_digits_and_the_decimal_mark(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_folding_never_makes_one_amount_of_two() -> None:
    assert fold("9.00") != fold("900")


def test_anls_is_one_minus_the_normalised_distance() -> None:
    assert anls("Kitten", ["sitting"]) == pytest.approx(1 - 3 / 7)
    assert anls("  12  MAY ", ["12 May"]) == 1.0


def test_anls_takes_the_nearest_answer_and_cuts_at_one_half() -> None:
    assert anls("abcd", ["zzzz", "abcx"]) == pytest.approx(0.75)
    assert anls("abcd", ["abxx"]) == 0.5
    assert anls("abcd", ["axxx"]) == 0.0
    assert anls(None, ["abcd"]) == 0.0


def test_character_and_word_errors_are_edits_over_the_right_texts_length() -> None:
    assert character_errors("kitten", "sitting") == ErrorCounts(3, 7)
    assert word_errors("the cat sat down", "the cat sits") == ErrorCounts(2, 3)
    assert character_errors("", "abc") == ErrorCounts(3, 3)
    assert character_errors("a\n b", "a b") == ErrorCounts(0, 3)


def test_a_bag_of_words_forgets_order_case_and_lone_punctuation() -> None:
    assert bag_of_words("Total: 9.00 total", "9.00 : TOTAL") == BagCounts(shared=2, read=3, right=2)
