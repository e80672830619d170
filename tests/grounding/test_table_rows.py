"""Which rows of a page one entry of a list may be made of."""

from docvlm.grounding.table_rows import row_bands


def bands(*rows: str) -> list[tuple[int, int, int]]:
    return [(band.start, band.end, band.latest_next) for band in row_bands([row.split() for row in rows])]


def spans(*rows: str) -> list[tuple[int, int]]:
    return [(start, end) for start, end, _ in bands(*rows)]


def test_a_row_with_text_and_figures_is_an_entry_of_its_own() -> None:
    assert spans("Chair 2 55,00 110,00", "Table 1 500,00 500,00", "Lamp 3 9,50 28,50") == [
        (0, 1),
        (1, 2),
        (2, 3),
    ]


def test_text_goes_on_behind_its_figures() -> None:
    rows = ("Design of 1.0 235.0 282.0", "software", "Chair 2 55.0 110.0")
    assert spans(*rows)[0] == (0, 2)
    assert spans(*rows)[2] == (2, 3)


def test_figures_may_stand_below_their_text() -> None:
    rows = ("Oat milk 1L", "2 x 1.95 3.90", "Eggs x10", "1 x 3.45 3.45")
    assert spans(*rows)[0] == (0, 2)
    assert spans(*rows)[2] == (2, 4)


def test_a_text_far_above_any_figure_takes_no_more_than_a_few_rows() -> None:
    assert spans(
        "Dear Sir or Madam", "we thank you", "for your order", "of last week", "and remain", "yours"
    )[0] == (0, 3)


def test_the_next_entry_is_near() -> None:
    rows = ("Chair 55,00", "Table 500,00", "Lamp 9,50", "Total 564,50", "Thank you")
    assert [latest for _, _, latest in bands(*rows)] == [2, 3, 4, 4, 4]


def test_an_empty_page_has_no_bands() -> None:
    assert row_bands([]) == ()
