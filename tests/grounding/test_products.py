"""Figures of a table tell by their products which column they are."""

from __future__ import annotations

import pytest

from docvlm.grounding import PageWords
from docvlm.grounding.factor_names import Factors
from docvlm.grounding.products import find_factors
from docvlm.schemas import FieldSpec, load_schema, page_context
from docvlm.types import Box, Word

STARTS = (0, 200, 300, 400, 500)


FACTORS = Factors(1, 2, 3)
BILL = "items[description, quantity:number, unit_price:amount, amount]"


def columns(schema: str = BILL) -> tuple[FieldSpec, ...]:
    return load_schema(schema).fields[0].columns


def page(*rows: tuple[str, ...]) -> PageWords:
    lines = [
        [
            Word(text, Box(start, 40.0 * row, start + 8.0 * len(text), 40.0 * row + 16))
            for start, text in zip(STARTS, texts, strict=False)
            if text
        ]
        for row, texts in enumerate(rows)
    ]
    return PageWords(lines, lines)


def split(words: PageWords) -> PageWords:
    """The same page with the words of each text apart."""
    lines = [
        [
            Word(
                part,
                Box(word.box.x0 + 8.0 * at, word.box.y0, word.box.x0 + 8.0 * (at + len(part)), word.box.y1),
            )
            for word in row
            for part in word.text.split()
            for at in [word.text.index(part)]
        ]
        for row in words.lines
    ]
    return PageWords(lines, lines)


def found(words: PageWords, first: int = 0, chosen: tuple[int, ...] = ()) -> tuple[int, int, int] | None:
    """The numbers of the printed columns that are quantity, price and amount.

    Args:
        chosen: which of them the model took for the three; none by default.
    """
    entries = [
        [words.run_in_row(row, 0, 1), *(words.run_in_row(row, at, at + 1) for at in chosen)]
        for row in range(first, len(words.lines))
    ]
    padded = [[*entry, *[None] * (4 - len(entry))] for entry in entries]
    places = find_factors(padded, FACTORS, columns(), words, page_context(words.text))
    if places is None:
        return None
    one, two, three = (STARTS.index(int(box.x0)) for box in (places.quantity, places.price, places.amount))
    return one, two, three


def test_three_figures_that_multiply_out_on_most_rows_are_the_columns() -> None:
    words = page(
        ("1 Chair", "38.0", "500.00", "20.0", "19000.00"),
        ("2 Lamp", "6.0", "35.00", "20.0", "210.00"),
        ("3 Desk", "7.0", "12.50", "10.0", "87.50"),
        ("4 Box", "9.0", "misread", "10.0", "108.00"),
    )
    assert found(words) == (1, 2, 4)


def test_an_amount_may_hold_the_tax_of_its_row() -> None:
    words = page(
        ("Chair", "69.0", "400.00", "20.0", "33120.00"),
        ("Desk", "99.0", "120.50", "10.0", "13122.45"),
    )
    assert found(words) == (1, 2, 4)


def test_heads_tell_quantities_from_prices() -> None:
    rows = (("Chair", "30", "97", "2910"), ("Shelf", "50", "96", "4800"), ("Desk", "12", "46", "552"))
    assert found(page(("Item", "PU", "QTE", "TOTAL"), *rows), first=1) == (2, 1, 3)
    assert found(page(("Item", "Quantity", "Unit price", "Total"), *rows), first=1) == (1, 2, 3)


def test_a_currency_stands_beside_the_price() -> None:
    words = page(("Chair", "$30", "97", "$2910"), ("Shelf", "$50", "96", "$4800"))
    assert found(words) == (2, 1, 3)


def test_where_nothing_else_tells_quantities_from_prices_the_model_does() -> None:
    words = page(("Apples", "1.25", "4.00", "5.00"), ("Pears", "0.50", "6.00", "3.00"))
    assert found(words, chosen=(1, 2, 3)) == (1, 2, 3)
    assert found(words, chosen=(2, 1, 3)) == (2, 1, 3)


def test_where_the_model_tells_nothing_a_quantity_is_printed_without_cents() -> None:
    assert found(page(("Chair", "30.50", "97", "2958.50"), ("Shelf", "50.25", "96", "4824.00"))) == (2, 1, 3)


def test_a_unit_beside_the_quantity_is_no_currency() -> None:
    words = page(("Apples", "1.25kg", "4.10", "5.13"), ("Pears", "2.50kg", "6.00", "15.00"))
    assert found(words, chosen=(1, 2, 3)) == (1, 2, 3)


@pytest.mark.parametrize("amount", [3, 4])
def test_of_two_amounts_that_multiply_out_the_model_tells_which_is_meant(amount: int) -> None:
    words = page(("Chair 20%", "3", "10.00", "30.00", "36.00"), ("Desk 20%", "5", "12.00", "60.00", "72.00"))
    assert found(words, chosen=(1, 2, amount)) == (1, 2, amount)


def test_a_choice_without_the_currency_is_the_same_choice() -> None:
    words = page(
        ("Chair 20%", "3", "10.00", "€ 30.00", "€ 36.00"), ("Desk 20%", "5", "12.00", "€ 60.00", "€ 72.00")
    )
    words = split(words)
    chosen = [
        [words.find(text)[0] for text in row]
        for row in (("Chair", "3", "10.00", "36.00"), ("Desk", "5", "12.00", "72.00"))
    ]
    places = find_factors(chosen, FACTORS, columns(), words, page_context(words.text))
    assert places is not None and places.amount is not None and places.amount.x0 == 500


@pytest.mark.parametrize("amounts", [("36.00", "72.00", "24.00"), ("27.00", "57.00", "14.40")])
def test_amounts_with_tax_or_less_a_discount_are_left_to_the_model(amounts: tuple[str, ...]) -> None:
    words = page(
        ("Chair", "3", "10.00", "30.00", amounts[0]),
        ("Desk", "5", "12.00", "60.00", amounts[1]),
        ("Lamp", "2", "10.00", "20.00", amounts[2]),
    )
    entries = [[words.run_in_row(row, at, at + 1) for at in (0, 2, 1, 4)] for row in range(3)]
    places = find_factors(entries, FACTORS, columns(), words, page_context(words.text))
    assert places is not None and places.amount is None
    for entry in entries:
        entry[3] = None
    places = find_factors(entries, FACTORS, columns(), words, page_context(words.text))
    assert places is not None and places.amount is not None and places.amount.x0 == 400


def test_factors_miss_by_as_much_either_way_round() -> None:
    rows = (
        ("Design", "1.33", "90.00", "120.00"),
        ("Review", "0.67", "90.00", "60.00"),
        ("Travel", "2.17", "90.00", "195.00"),
    )
    assert found(page(("Service", "Hours", "Price", "Amount"), *rows), first=1) == (1, 2, 3)
    assert found(page(*rows), chosen=(1, 2, 3)) == (1, 2, 3)


def test_words_of_other_entries_are_no_heads() -> None:
    words = page(
        ("Rice", "", "kg poids", ""),
        ("-", "2", "3.99", "7.98"),
        ("Flour", "", "kg poids", ""),
        ("-", "3", "0.89", "2.67"),
    )
    entries = [[words.run_in_row(row, at, at + 1) for at in range(4)] for row in (1, 3)]
    places = find_factors(entries, FACTORS, columns(), words, page_context(words.text))
    assert places is not None and places.quantity.x0 == 200


def test_credit_notes_print_their_sign_somewhere() -> None:
    assert found(page(("Chair", "3", "10.00", "-30.00"), ("Desk", "5", "12.00", "-60.00"))) == (1, 2, 3)


def test_a_price_by_one_tells_nothing() -> None:
    rows = (
        ("Chair", "1", "97.00", "97.00"),
        ("Shelf", "2", "96.00", "192.00"),
        ("Desk", "3", "5.00", "15.00"),
    )
    assert found(page(*rows[:2])) is None
    assert found(page(*rows)) == (1, 2, 3)


def test_one_row_may_multiply_out_by_chance() -> None:
    assert found(page(("3", "1", "60.00", "20.0", "60.00"))) is None


def test_figures_that_multiply_out_on_few_rows_are_chance() -> None:
    words = page(
        ("Chair", "2", "3.00", "6.00"), ("Shelf", "5", "7.00", "9.00"), ("Desk", "8", "4.00", "1.00")
    )
    assert found(words) is None


def test_no_rows_have_no_columns() -> None:
    words = page(("Chair", "2", "3.00", "6.00"))
    assert find_factors([], FACTORS, columns(), words, page_context(words.text)) is None


def test_rows_of_many_figures_are_left_alone() -> None:
    sizes = [
        [
            Word(str(1 + (row + at) % 4), Box(30.0 * at, 40.0 * row, 30.0 * at + 8, 40.0 * row + 16))
            for at in range(31)
        ]
        for row in range(40)
    ]
    words = PageWords(sizes, sizes)
    entries = [[words.run_in_row(row, 0, 1), None, None, None] for row in range(40)]
    assert find_factors(entries, FACTORS, columns(), words, page_context(words.text)) is None
