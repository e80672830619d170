from __future__ import annotations

from collections.abc import Sequence

import pytest

from finetune.evaluation.facts import Fact, FactKind, check_fact, markdown_tables, near_matches
from tests.pages import reading_of

PAGE = ["Annual report", "The “first” chapter — a beginning", "A second chapter follows", "Page 62"]


def holds(fact: Fact, rows: Sequence[str] = PAGE) -> bool:
    return check_fact(fact, reading_of(rows, 1))


def test_present_text_stands_on_the_page() -> None:
    assert holds(Fact("a", FactKind.PRESENT, 1, 'The "first" chapter - a'))
    assert not holds(Fact("a", FactKind.PRESENT, 1, "third chapter"))


def test_present_text_may_differ_in_so_many_letters() -> None:
    assert not holds(Fact("a", FactKind.PRESENT, 1, "A sekond chapter"))
    assert holds(Fact("a", FactKind.PRESENT, 1, "A sekond chapter", max_diffs=1))


def test_case_counts_unless_said_otherwise() -> None:
    assert not holds(Fact("a", FactKind.PRESENT, 1, "ANNUAL REPORT"))
    assert holds(Fact("a", FactKind.PRESENT, 1, "ANNUAL REPORT", case_sensitive=False))


def test_absent_text_is_missing_where_it_is_looked_for() -> None:
    assert not holds(Fact("a", FactKind.ABSENT, 1, "62"))
    assert holds(Fact("a", FactKind.ABSENT, 1, "62", first_characters=20))
    assert not holds(Fact("a", FactKind.ABSENT, 1, "62", last_characters=10))
    assert holds(Fact("a", FactKind.ABSENT, 1, "a text longer than the page"), ["short"])


def test_order_needs_the_earlier_text_before_the_later() -> None:
    assert holds(Fact("a", FactKind.ORDER, 1, "Annual", after="second chapter"))
    assert not holds(Fact("a", FactKind.ORDER, 1, "second chapter", after="Annual"))
    assert not holds(Fact("a", FactKind.ORDER, 1, "Annual", after="third chapter"))
    assert holds(Fact("a", FactKind.ORDER, 1, "Anual", after="sekond chapter", max_diffs=1))


def test_near_matches_are_placed() -> None:
    assert list(near_matches("abc", "xxabcxx", 0)) == [(2, 5)]
    assert (2, 5) in list(near_matches("abc", "xxaxcxx", 1))
    assert list(near_matches("abc", "xyz", 1)) == []


def test_a_formula_stands_there_as_latex() -> None:
    assert holds(Fact("a", FactKind.MATH, 1, "e^{i} + 1 = 0"), ["so e^{i}+1=0 follows"])
    assert not holds(Fact("a", FactKind.MATH, 1, "e^{i}+1=0"))


def test_a_blank_page_has_few_characters() -> None:
    assert holds(Fact("a", FactKind.BASELINE, 1, longest=5), ["12"])
    assert not holds(Fact("a", FactKind.BASELINE, 1, longest=5))
    assert holds(Fact("a", FactKind.BASELINE, 1))


def test_markdown_tables_are_parted_and_lose_their_rule() -> None:
    text = "| Year | Net |\n| --- | ---: |\n| 2019 | 1\\|2 |\n\ntext\n\n| a |\n"
    assert markdown_tables(text) == [[["Year", "Net"], ["2019", "1|2"]], [["a"]]]


@pytest.mark.parametrize(
    ("side", "text", "right"),
    [
        ("up", "Net", True),
        ("up", "Year", False),
        ("down", "20", True),
        ("left", "2019", True),
        ("right", "30", False),
        ("top_heading", "Net", True),
        ("left_heading", "2019", True),
        ("left_heading", "2020", False),
    ],
)
def test_a_cell_has_its_neighbours(
    side: str, text: str, right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = "| Year | Net |\n| --- | --- |\n| 2019 | 10 |\n| 2020 | 20 |"
    monkeypatch.setattr("finetune.evaluation.facts.to_markdown", lambda _reading: table)
    assert holds(Fact("a", FactKind.TABLE, 1, "10", beside=((side, text),))) is right
