"""What stands on a row, and what below it."""

from __future__ import annotations

from docvlm.grounding import PageWords
from docvlm.grounding.row_places import overlap, row_of, run_standing_in, runs_on_row, texts_of_line
from docvlm.schemas import FieldSpec, FieldType, page_context
from docvlm.types import Box, Word

AMOUNT = FieldSpec("amount", FieldType.AMOUNT)
TEXT = FieldSpec("text")


def page(*rows: tuple[tuple[float, str], ...]) -> PageWords:
    lines = [
        [Word(text, Box(x, 40.0 * row, x + 8.0 * len(text), 40.0 * row + 16)) for x, text in texts]
        for row, texts in enumerate(rows)
    ]
    return PageWords(lines, lines)


def test_a_row_has_the_widest_runs_of_a_type() -> None:
    words = page(((0, "Oak"), (30, "chair"), (200, "1"), (214, "250.00"), (300, "€"), (314, "9.50")))
    context = page_context(words.text)
    assert [run.text for run in runs_on_row(0, AMOUNT, words, context)] == ["1 250.00", "€ 9.50"]
    assert [run.text for run in runs_on_row(0, TEXT, words, context)][:1] == ["Oak chair"]


def test_the_one_run_in_a_place_is_found_and_of_two_none() -> None:
    words = page(((0, "Chair"), (200, "12.00"), (300, "24.00")))
    context = page_context(words.text)
    place = Box(295, 0, 345, 1)
    found = run_standing_in(place, 0, AMOUNT, words, context)
    assert found is not None and found.text == "24.00"
    assert run_standing_in(Box(190, 0, 345, 1), 0, AMOUNT, words, context) is None
    assert run_standing_in(Box(500, 0, 545, 1), 0, AMOUNT, words, context) is None


def test_an_entry_is_on_the_row_of_most_of_its_runs() -> None:
    words = page(((0, "Chair"), (200, "12.00")), ((0, "blue"), (200, "13.00")))
    runs = [words.run_in_row(0, 0, 1), None, words.run_in_row(0, 1, 2), words.run_in_row(1, 0, 1)]
    assert row_of(runs, words) == 0
    assert row_of([None, None], words) is None


def test_places_share_a_part_of_the_narrower_one() -> None:
    assert overlap(Box(0, 0, 100, 1), Box(90, 0, 110, 1)) == 0.5
    assert overlap(Box(0, 0, 100, 1), Box(100, 0, 110, 1)) == 0.0


def test_words_close_to_each_other_are_one_text() -> None:
    words = page(((0, "Oak"), (30, "chair"), (200, "12.00")))
    oak, price = texts_of_line(words.lines[0])
    assert ([word.text for word in oak], [word.text for word in price]) == (["Oak", "chair"], ["12.00"])
