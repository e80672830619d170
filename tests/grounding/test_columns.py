"""Entries of a table are held against each other."""

from __future__ import annotations

import pytest

from docvlm.grounding import Cell, PageWords, WordRun, line_up
from docvlm.schemas import FieldSpec, load_schema, page_context
from docvlm.types import Box, Word

COLUMNS = {"description": 0, "quantity": 300, "unit_price": 400, "amount": 500}
SCHEMA = load_schema("items[description, quantity:number, unit_price:amount, amount:amount]")
ROWS = (
    ("Blue chair", "2", "55.00", "110.00"),
    ("Table", "1", "500.00", "500.00"),
    ("Long lamp", "3", "9.50", "28.50"),
    ("Box", "4", "14.00", "56.00"),
)


def line(row: int, cells: tuple[str, ...], starts: tuple[int, ...] = tuple(COLUMNS.values())) -> list[Word]:
    words = []
    for start, cell in zip(starts, cells, strict=True):
        x = float(start)
        for text in cell.split():
            words.append(Word(text, Box(x, 40.0 * row, x + 8 * len(text), 40.0 * row + 16)))
            x += 8 * len(text) + 6
    return words


def page(rows: tuple[tuple[str, ...], ...] = ROWS) -> PageWords:
    lines = [line(number, row) for number, row in enumerate(rows)]
    return PageWords(lines, lines)


def run(words: PageWords, row: int, text: str, last: bool = False) -> WordRun:
    places = [found for found in words.find(text) if words.row_of(found) == row]
    return places[-1 if last else 0]


def entries(words: PageWords, rows: tuple[tuple[str | None, ...], ...]) -> list[list[Cell]]:
    return [
        [
            Cell(None if text is None else run(words, number, text, last=column == 3), 0.9)
            for column, text in enumerate(row)
        ]
        for number, row in enumerate(rows)
    ]


def texts(found: list[list[Cell]]) -> list[tuple[str | None, ...]]:
    return [tuple(cell.run.text if cell.run else None for cell in entry) for entry in found]


def columns() -> tuple[FieldSpec, ...]:
    return SCHEMA.fields[0].columns


def lined_up(words: PageWords, rows: tuple[tuple[str | None, ...], ...]) -> list[list[Cell]]:
    return line_up(entries(words, rows), columns(), words, page_context(words.text))


def test_a_value_from_another_column_is_exchanged_for_the_one_that_stands_there() -> None:
    chosen = (*ROWS[:3], ("Box", "4", "56.00", "56.00"))
    found = lined_up(page(), chosen)
    assert texts(found) == list(ROWS)
    assert [cell.moved for cell in found[3]] == [False, False, True, False]
    assert found[3][2].confidence <= 0.9
    assert not any(cell.moved for entry in found[:3] for cell in entry)


def test_a_value_that_was_not_found_is_taken_from_its_place() -> None:
    found = lined_up(page(), (*ROWS[:3], ("Box", None, "14.00", "56.00")))
    assert texts(found)[3] == ROWS[3]
    assert found[3][1].moved


def test_texts_stand_below_each_other_by_their_left_edges() -> None:
    found = lined_up(page(), (*ROWS[:3], ("14.00", "4", "14.00", "56.00")))
    assert texts(found)[3] == ROWS[3]


def test_an_empty_place_leaves_the_value_as_it_was_chosen() -> None:
    rows = (*ROWS[:3], ("Box", "", "14.00", "56.00"))
    words = page(rows)
    found = lined_up(words, (*ROWS[:3], ("Box", None, "14.00", "56.00")))
    assert texts(found)[3] == ("Box", None, "14.00", "56.00")


def test_a_price_is_no_quantity() -> None:
    rows = (("Chair", "", "", "110.00"), ("Table", "", "", "500.00"))
    found = lined_up(page(rows), tuple((row[0], row[3], None, row[3]) for row in rows))
    assert texts(found) == [("Chair", None, None, "110.00"), ("Table", None, None, "500.00")]


def test_the_quantity_is_found_where_the_price_was_taken_for_it() -> None:
    found = lined_up(page(), (*ROWS[:3], ("Box", "14.00", "14.00", "56.00")))
    assert texts(found)[3] == ROWS[3]


def test_rows_that_were_passed_over_are_entries_too() -> None:
    rows = (("Stool", "5", "20.00", "100.00"), *ROWS, ("Lamp", "7", "58.00", "406.00"))
    words = page((*rows, ("Subtotal", "", "", "1200.50"), ("Shelf", "1", "5.00", "5.00")))
    chosen = entries(words, rows)
    found = line_up([chosen[1], chosen[2], chosen[4]], columns(), words, page_context(words.text))
    assert texts(found) == list(rows)
    assert [all(cell.moved for cell in entry) for entry in found] == [True, False, False, True, False, True]


def test_with_one_column_of_figures_a_total_is_no_entry() -> None:
    schema = load_schema("items[description, amount:amount]")
    rows = (*((row[0], "", "", row[3]) for row in ROWS), ("Total", "", "", "694.50"))
    words = page(rows)
    chosen = [
        [Cell(run(words, number, row[0]), 0.9), Cell(run(words, number, row[3]), 0.9)]
        for number, row in enumerate(rows[:4])
    ]
    found = line_up(chosen, schema.fields[0].columns, words, page_context(words.text))
    assert len(found) == 4


@pytest.mark.parametrize(
    "last",
    [
        "Total",
        "Grand total:",
        "Subtotal",
        "Sub-total",
        "Zwischensumme",
        "Carried forward",
        "Übertrag",
        "Sum of",
    ],
)
def test_a_row_with_the_sum_is_no_entry_though_it_has_all_columns(last: str) -> None:
    schema = load_schema("items[description, quantity:number, amount:amount]")
    rows = (
        *((row[0], row[1], "", row[3]) for row in ROWS),
        (last, "10", "", "694.50"),
        ("Cup", "1", "", "2.00"),
    )
    words = page(rows)
    chosen = [
        [Cell(run(words, number, row[column], last=column == 3), 0.9) for column in (0, 1, 3)]
        for number, row in enumerate(rows[:3])
    ]
    found = line_up(chosen, schema.fields[0].columns, words, page_context(words.text))
    assert texts(found) == [(row[0], row[1], row[3]) for row in ROWS]


def test_a_row_carried_over_among_the_entries_is_none_but_a_name_with_such_a_word_is() -> None:
    rows = (
        ("Brought forward", "2", "1.00", "99.00"),
        *ROWS[:2],
        ("Carried forward", "3", "1.00", "709.00"),
        ("Colgate Total", "1", "3.00", "3.00"),
        ("Report printing", "1", "3.00", "3.00"),
        *ROWS[2:],
    )
    words = page(rows)
    chosen = entries(words, rows)
    found = line_up([chosen[1], chosen[2], chosen[6], chosen[7]], columns(), words, page_context(words.text))
    assert texts(found) == [*ROWS[:2], *rows[4:6], *ROWS[2:]]


def test_of_two_entries_neither_is_the_odd_one() -> None:
    rows = (("Blue chair", "2", "55.00", "100.00"), ("Table", "1", "500.00", "460.00"))
    chosen = (rows[0], ("Table", "1", "460.00", "460.00"))
    assert texts(lined_up(page(rows), chosen)) == list(chosen)


def test_where_most_rows_took_one_column_for_two_fields_nothing_is_exchanged() -> None:
    rows = (
        ("Blue chair", "2", "55.00", "100.00"),
        ("Table", "2", "500.00", "900.00"),
        ("Long lamp", "3", "9.50", "25.00"),
        ROWS[3],
    )
    chosen = (*((row[0], row[1], row[3], row[3]) for row in rows[:3]), rows[3])
    assert not any(cell.moved for entry in lined_up(page(rows), chosen) for cell in entry)


def test_where_rows_multiply_out_figures_are_what_they_must_be_on_every_row() -> None:
    chosen = tuple((name, None, amount, amount) for name, _, _, amount in ROWS)
    assert texts(lined_up(page(), chosen)) == list(ROWS)


def test_an_entry_whose_text_is_its_figure_is_a_sum() -> None:
    rows = (*ROWS, ("", "", "", "694.50"))
    assert texts(lined_up(page(rows), (*ROWS, ("694.50", None, None, "694.50")))) == list(ROWS)


def test_an_entry_that_begins_with_a_word_for_sums_is_one() -> None:
    rows = (*ROWS, ("Subtotal", "", "", "694.50"))
    assert texts(lined_up(page(rows), (*ROWS, ("Subtotal", None, None, "694.50")))) == list(ROWS)
    assert texts(lined_up(page(rows), (*ROWS, ("694.50", None, None, "694.50")))) == list(ROWS)


def test_an_article_without_a_quantity_is_no_sum() -> None:
    rows = (("4711", "2", "55.00", "110.00"), ("4712", "3", "9.50", "28.50"), ("4713", "", "", "120.00"))
    assert texts(lined_up(page(rows), (*rows[:2], ("4713", None, None, "120.00")))) == [
        *rows[:2],
        ("4713", None, None, "120.00"),
    ]


def test_an_entry_without_a_quantity_stays_though_its_text_was_taken_for_a_figure() -> None:
    rows = (*ROWS[:3], ("Box", "", "14.00", "56.00"))
    found = lined_up(page(rows), (*ROWS[:3], ("14.00", None, "14.00", "56.00")))
    assert texts(found)[3] == ("Box", None, "14.00", "56.00")


def test_a_text_that_is_a_figure_too_is_no_sum_where_nothing_multiplies_out() -> None:
    schema = load_schema("items[size, pieces:integer]").fields[0].columns
    words = page((("40", "40", "", ""), ("41", "12", "", ""), ("42", "7", "", "")))
    chosen = [[Cell(words.run_in_row(row, at, at + 1), 0.9) for at in (0, 1)] for row in range(3)]
    found = line_up(chosen, schema, words, page_context(words.text))
    assert texts(found) == [("40", "40"), ("41", "12"), ("42", "7")]


def test_two_columns_are_not_given_one_place() -> None:
    schema = load_schema("items[description, quantity:number, unit_price:amount, tax:amount, amount:amount]")
    lines = [line(number, (*row, f"{number}.07"), (0, 300, 400, 500, 600)) for number, row in enumerate(ROWS)]
    words = PageWords(lines, lines)
    # Tax and amount were taken for each other, but on the last row.
    places = [(0, -4, -3, -2, -1)] * 3 + [(0, -4, -3, -1, -2)]
    chosen = [
        [
            Cell(words.run_in_row(row, at % len(lines[row]), at % len(lines[row]) + 1), 0.9)
            for at in row_places
        ]
        for row, row_places in enumerate(places)
    ]
    found = texts(line_up(chosen, schema.fields[0].columns, words, page_context(words.text)))
    assert [entry[4] for entry in found] == [row[3] for row in ROWS]
    assert found[3][3] == "3.07"


def test_a_number_cut_short_is_taken_whole() -> None:
    rows = (
        ("Chair", "2", "55,00", "1 110,00"),
        ("Table", "1", "500,00", "2 500,00"),
        ("Lamp", "3", "9,50", "28,50"),
    )
    words = page(rows)
    chosen = (rows[0], ("Table", "1", "500,00", "500,00"), rows[2])
    assert texts(lined_up(words, chosen)) == list(rows)
