"""What is furniture of a page, and above all what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docvlm.reading import bodies_of
from docvlm.types import Line, Reading
from tests.pages import reading_of

PROSE = ["The use of bones has, however, become so general that"] * 20


def body_rows(*pages: list[str]) -> list[list[str]]:
    """The rows of each page that are left, lines of a row joined."""
    readings = [_in_cells(reading_of(rows, number)) for number, rows in enumerate(pages, start=1)]
    return [[line.text for line in body.lines] for body in bodies_of(readings)]


def _in_cells(reading: Reading) -> Reading:
    """Each word that stands far from the one before begins a line, as readers part them."""
    lines: list[Line] = []
    for line in reading.lines:
        cell = [line.words[0]]
        for before, word in zip(line.words, line.words[1:], strict=False):
            if word.box.x0 - before.box.x1 > 40:
                lines.append(replace(line, words=tuple(cell)))
                cell = []
            cell.append(word)
        lines.append(replace(line, words=tuple(cell)))
    return replace(reading, lines=tuple(lines))


@pytest.mark.parametrize(
    "number",
    [
        "7",
        "- 12 -",
        "xiv",
        "XIV",
        "lxxxviii",
        "Page XL",
        "Page 3",
        "Page 3 of 10",
        "Seite 4 von 9",
        "3/10",
        "(8)",
        "[ 21 ]",
    ],
)
def test_page_numbers_go_at_the_top_and_at_the_foot(number: str) -> None:
    assert body_rows([number, *PROSE]) == [PROSE]
    assert body_rows([*PROSE, number]) == [PROSE]


@pytest.mark.parametrize(
    "row", ["Downloaded from example.org on 3 May 2024", "Download date: 28 Dec 2018", "Digitized by Google"]
)
def test_stamps_of_downloads_go(row: str) -> None:
    assert body_rows([*PROSE, row]) == [PROSE]
    assert body_rows([*PROSE[:10], row, *PROSE[10:]]) == [[*PROSE[:10], row, *PROSE[10:]]]


@pytest.mark.parametrize("head", ["400       HUSBANDRY.     [Ch.", "HUSBANDRY OF THE NORTH         117"])
def test_a_running_head_with_its_number_goes_above_running_text(head: str) -> None:
    assert body_rows([head, *PROSE]) == [PROSE]
    few = ["bread 1.20"] * 20
    (kept,) = body_rows([head, *few])
    assert len(kept) > len(few), "a receipt's first row is its shop"


def test_rows_that_come_again_on_other_pages_go_and_their_numbers_may_differ() -> None:
    pages = [
        [
            f"Contract {number} of Oakfield",
            *(f"{name} {word}" for word in ("one", "two") * 12),
            "Oakfield Ltd",
        ]
        for number, name in enumerate(("alpha", "beta", "gamma"))
    ]
    first, *others = body_rows(*pages)
    assert first == pages[0], "it is said once"
    assert others == [page[1:-1] for page in pages[1:]]


def test_rows_of_several_pages_that_say_different_things_stay() -> None:
    pages = [
        [f"Statement of {name}", *(f"{name} {word}" for word in ("one", "two") * 12), f"Total {total}"]
        for name, total in (("alpha", "12.50"), ("beta", "80"), ("gamma", "7"))
    ]
    assert body_rows(*pages) == pages


@pytest.mark.parametrize("head", ["2024 Report          {}", "Page {} of 12 of the report", "Report {}/12"])
def test_the_number_of_the_page_counts_on_in_a_running_head(head: str) -> None:
    pages = [
        [head.format(number), *(f"{name} {word}" for word in ("one", "two") * 12)]
        for number, name in enumerate(("alpha", "beta", "gamma"), start=4)
    ]
    first, *others = body_rows(*pages)
    assert others == [page[1:] for page in pages[1:]] and len(first) >= len(pages[0]) - 1


@pytest.mark.parametrize(
    "rows",
    [
        ["HARBOUR PANTRY", "27 Quayside Street", *["bread 1.20"] * 20, "THANK YOU"],
        ["INVOICE 4711", *PROSE, "Total 120.00"],
        ["4711", *PROSE],  # no page of a book
        ["2024 was a year", *PROSE, "12.50"],
        ["Retrieved goods", *PROSE],
        [*PROSE, "", "Signed in Oslo on 3 May 2024"],
        ["7"] * 30,
        ["CV", *PROSE],
        [*PROSE, "CIVIL"],
        ["Li", *PROSE],
        ["Anna Li              CV", *PROSE],
    ],
)
def test_what_may_be_text_stays(rows: list[str]) -> None:
    (kept,) = body_rows(rows)
    assert len(kept) >= len([row for row in rows if row]) - (5 if rows[0] == "7" else 0)


def test_pages_without_words_stay_as_they_are() -> None:
    empty = reading_of([])
    assert bodies_of([empty, empty]) == (empty, empty)
    assert bodies_of([]) == ()
