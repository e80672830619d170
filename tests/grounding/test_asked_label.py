"""A question names a label of the page; what stands beside it is what is meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from docvlm.grounding import PageWords, WordRun, run_that_says, words_instead
from docvlm.imageops import Alignment
from docvlm.types import Box
from tests.pages import words_of

FORM = (
    "Maker        AMF            Kind      plastic rod",
    "Date made:   3 May 1999     Plant:    Leeds",
    "Tip          none           Length",
    "Sample of the maker who sent it         84 mm",
)


def instead(question: str, words: PageWords, said: str | None = None) -> str:
    """What is to be said instead of ``said``; empty where nothing is."""
    answer = words.find(said)[0] if said else None
    return " ".join(word.text for word in words_instead(question, answer, words))


@pytest.mark.parametrize(
    ("question", "beside"),
    [
        ('What is the value of the field "Maker"?', "AMF Kind plastic rod"),
        ("What is written for “Date made”?", "3 May 1999"),
        ("Quelle est la valeur de « PLANT » ?", "Leeds"),
        ("Was steht bei „Kind“?", "plastic rod"),
        ("Date made?", "3 May 1999"),
        ("Kind", "plastic rod"),
    ],
)
def test_a_label_in_quotation_marks_or_alone_means_what_stands_beside_it(question: str, beside: str) -> None:
    assert instead(question, words_of(*FORM)) == beside


@pytest.mark.parametrize(
    "question",
    [
        "Who is the maker?",  # names no label: whoever asks like this may mean anything
        'What is the value of the field "Colour"?',  # is not there
        'What is the value of the field "the maker"?',  # in the middle of a text
        'What is the value of the field "Sample"?',  # the begin of a text that goes on
        'What is the value of the field "Leeds"?',  # has nothing beside it
        "",
    ],
)
def test_without_a_label_there_is_nothing_to_say_instead(question: str) -> None:
    assert instead(question, words_of(*FORM)) == ""


def test_an_answer_beside_its_label_or_below_it_stays() -> None:
    words = words_of("Blend     Casing    Flavour", "OGS       none      menthol", "Weight    12 g")
    assert instead('What is "Casing"?', words, "none") == ""
    assert instead('What is "Weight"?', words, "12 g") == ""
    assert instead('What is "Weight"?', words, "g") == ""
    assert instead('What is "Weight"?', words, "menthol") == "12 g"


def test_an_answer_before_its_label_or_on_its_second_row_stays() -> None:
    words = words_of("[x] Married     [ ] Single", "", "Address:   12 High Street", "           Leeds")
    assert instead("Married?", words, "[x]") == ""
    assert instead("Address?", words, "Leeds") == ""
    assert instead("Married?", words, "Married") == "[ ] Single"  # the label is no answer
    boxes = words_of("Location            Approved", "      York          W. Hill", "", "", "", "Seen  Ann")
    assert instead("Location?", boxes, "York") == ""
    assert instead("Location?", boxes, "Ann") == "Approved"


def test_the_next_label_is_no_value() -> None:
    words = words_of(
        "Name:     Date: 3 May", "Plant:    Leeds   Town:   York", "Nom :     Zoé     Né :  1999"
    )
    assert instead('What is "Name"?', words) == ""
    assert instead('What is "Plant"?', words) == "Leeds"
    assert instead("Nom ?", words) == "Zoé"


@pytest.mark.parametrize(
    "rows",
    [
        ("Date:   3 May", "Date:   4 May"),
        ("Date:   3 May", "DATE    Description    Amount"),
    ],
)
def test_a_label_that_stands_twice_means_either(rows: tuple[str, ...]) -> None:
    assert instead('What is "Date"?', words_of(*rows)) == ""


def test_a_question_with_more_than_a_label_means_more() -> None:
    words = words_of("Item      Price    Qty", "Apple     1.00     2", "Mango     3.10     4")
    assert instead('What is the "Price" of the mango?', words, "4") == ""
    assert instead('What is in the row "Mango" under "Price"?', words, "4") == ""


def test_leaders_before_a_value_are_none_of_it_and_other_marks_are() -> None:
    assert instead('What is "Total"?', words_of("Total ..... : $ 12.50")) == "$ 12.50"
    assert instead('What is "Total"?', words_of("Total .....")) == ""
    assert instead('What is "Total"?', words_of("Total    -       Weight   84 kg")) == "- Weight 84 kg"
    assert instead('What is "Terms"?', words_of("Terms & Conditions of Sale")) == ""


def test_a_figure_ends_a_label() -> None:
    assert instead('What is "Total due"?', words_of("Total due 12.50")) == "12.50"
    assert instead('What is "Total"?', words_of("Total due 12.50")) == ""


def test_a_label_of_two_rows_has_its_value_beside_the_second() -> None:
    assert instead('What is "Date of birth"?', words_of("Date of", "birth      3 May")) == "3 May"


def test_another_block_may_hold_the_value() -> None:
    words = words_of("Maker           AMF", "Plant           Leeds")
    labels, values = zip(*words.lines, strict=True)
    apart = PageWords([[word] for word in labels + values], [[word] for word in labels + values])
    assert instead('What is "Plant"?', apart) == ""  # nothing tells that these rows run to the right
    title = words_of("", "", "The form").lines[0]
    assert instead('What is "Plant"?', PageWords([title, *apart.lines], [title, *apart.lines])) == "Leeds"


def turned(words: PageWords, turn: Callable[[Box], Box]) -> PageWords:
    lines = [[replace(word, box=turn(word.box)) for word in line] for line in words.lines]
    return PageWords(lines, lines)


def test_pages_that_are_not_level_are_left_alone() -> None:
    above = [""] * 10
    words = words_of(*above, "Invoice number                4711", "Invoice date                  3 May")
    question = 'What is "Invoice number"?'
    assert instead(question, words) == "4711"
    on_its_side = turned(words, lambda box: Box(box.y0, -box.x1, box.y1, -box.x0))
    upside_down = turned(words, lambda box: Box(-box.x1, -box.y1, -box.x0, -box.y0))
    tilted = turned(words, Alignment(1000, 1000, 0, 5.0).to_page)
    assert [instead(question, one) for one in (on_its_side, upside_down, tilted)] == ["", "", ""]


def test_the_run_that_a_reply_says() -> None:
    words = words_of("Date made:   3 May 1999").lines[0][2:]
    run = run_that_says(words, "3 May")
    assert isinstance(run, WordRun)
    assert (run.text, run.boxes[0].as_list()) == ("3 May", [130, 0, 180, 18])
    assert run_that_says(words, "May") is None
    assert run_that_says(words, "3 May 1999 4") is None
    assert run_that_says(words, None) is None
