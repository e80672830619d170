from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docvlm.errors import UsageError
from docvlm.ingest import parse_page_range


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1-3,7", (1, 2, 3, 7)),
        ("9-", (9, 10)),
        ("-2", (1, 2)),
        (" 4 , 2 ", (4, 2)),
        ("all", tuple(range(1, 11))),
        ("3,1-4", (3, 1, 2, 4)),
        ("2–3", (2, 3)),
    ],
)
def test_ranges(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_page_range(text, 10) == numbers


@pytest.mark.parametrize("text", ["", "-", "1,,2", "a", "1-2-3", "3-1", "1.5"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_page_range(text, 10)


@pytest.mark.parametrize("text", ["0", "11", "5-11", "0-3"])
def test_a_page_that_does_not_exist_is_refused_with_the_page_count(text: str) -> None:
    with pytest.raises(UsageError, match="10 pages"):
        parse_page_range(text, 10)


@given(st.lists(st.integers(1, 500), min_size=1, unique=True))
def test_single_numbers_come_back_as_they_are(numbers: list[int]) -> None:
    assert parse_page_range(",".join(map(str, numbers)), 500) == tuple(numbers)


@pytest.mark.parametrize(
    ("text", "count", "numbers"),
    [
        ("1-3", 1, (1,)),
        ("1-3", 2, (1, 2)),
        ("2,5,9-12", 10, (2, 5, 9, 10)),
        ("5-", 3, ()),
        ("7", 3, ()),
        ("-4", 2, (1, 2)),
    ],
)
def test_a_range_is_clipped_where_that_is_wanted(text: str, count: int, numbers: tuple[int, ...]) -> None:
    assert parse_page_range(text, count, clip=True) == numbers


@pytest.mark.parametrize("text", ["0", "0-3", "3-1", "a", ""])
def test_clipping_accepts_no_nonsense(text: str) -> None:
    with pytest.raises(UsageError):
        parse_page_range(text, 2, clip=True)
