"""A question names a label of the page; what stands beside it is what is meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docvlm.grounding import PageWords, WordRun, run_that_says, words_instead
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


def test_the_next_label_is_no_value() -> None:
    words = words_of("Name:     Date: 3 May", "Plant:    Leeds   Town:   York")
    assert instead('What is "Name"?', words) == ""
    assert instead('What is "Plant"?', words) == "Leeds"


def test_a_label_that_stands_twice_means_either() -> None:
    assert instead('What is "Date"?', words_of("Date:   3 May", "Date:   4 May")) == ""


def test_marks_before_a_value_are_none_of_it() -> None:
    assert instead('What is "Total"?', words_of("Total ..... : 12.50")) == "12.50"
    assert instead('What is "Total"?', words_of("Total .....")) == ""


def test_a_page_that_lies_on_its_side_is_left_alone() -> None:
    words = words_of(*FORM)
    lines = [
        [
            replace(
                word,
                box=replace(word.box, x0=word.box.y0, y0=-word.box.x1, x1=word.box.y1, y1=-word.box.x0),
            )
            for word in line
        ]
        for line in words.lines
    ]
    assert instead('What is "Plant"?', PageWords(lines, lines)) == ""


def test_the_run_that_a_reply_says() -> None:
    words = words_of("Date made:   3 May 1999").lines[0][2:]
    run = run_that_says(words, "3 May")
    assert isinstance(run, WordRun)
    assert (run.text, run.boxes[0].as_list()) == ("3 May", [130, 0, 180, 18])
    assert run_that_says(words, "May") is None
    assert run_that_says(words, "3 May 1999 4") is None
    assert run_that_says(words, None) is None
