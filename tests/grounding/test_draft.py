"""What a reply will probably say next."""

from __future__ import annotations

import pickle

import llguidance
import pytest

from docvlm.grounding import AnswerDraft, ExtractionDraft, PageWords, extraction_grammar
from docvlm.schemas import load_schema, page_context
from tests.grounding.test_columns import line
from tests.pages import words_of

SCHEMA = load_schema(
    "seller, date:date, items[description, quantity:number, unit_price:amount, amount:amount],"
    "total:amount, iban:iban"
)
LETTERHEAD = (("Acme Office Ltd", "Invoice A-17"), ("12 Mill Lane", "Date 12/03/2018"), ("Oxford", ""))
TABLE = (
    ("Blue chair", "2", "55.00", "110.00"),
    ("Table, oak", "1", "500.00", "500.00"),
    ("Long lamp", "3", "9.50", "28.50"),
)
STARTS = (0, 300, 400, 500)


def page(table: tuple[tuple[str, ...], ...] = TABLE) -> PageWords:
    """A letterhead in two columns, a table, and its total."""
    rows = (*LETTERHEAD, *table, ("Total", "", "", "638.50"))
    lines = [line(number, row, STARTS[: len(row)]) for number, row in enumerate(rows)]
    return PageWords(lines, lines)


def extraction_draft(words: PageWords) -> ExtractionDraft:
    return ExtractionDraft(SCHEMA, words, page_context(words.text))


def entry(description: str, quantity: str, unit_price: str, amount: str) -> str:
    return f"- description: {description}\tquantity: {quantity}\tunit_price: {unit_price}\tamount: {amount}\n"


HEAD = "seller: Acme Office Ltd\ndate: 12/03/2018\nitems:\n"
FIRST, SECOND, THIRD = (entry(*row) for row in TABLE)


@pytest.mark.parametrize(
    ("reply", "rest"),
    [
        ("", ""),
        (" Acme", " Office Ltd\n"),
        (" Off", "ice Ltd\n"),
        (" Acme Office Ltd", "\n"),
        (" 12 Mill Lane Ox", ""),  # in neither order do the words follow each other
        (" nowhere", ""),
    ],
)
def test_an_answer_goes_on_to_the_end_of_its_text(reply: str, rest: str) -> None:
    assert AnswerDraft(page())(reply) == rest


def test_an_answer_that_has_left_its_line_goes_on_to_the_end_of_the_next() -> None:
    assert AnswerDraft(words_of("Acme Ltd", "12 Mill Lane", "Oxford"))(" Acme Ltd 12") == " Mill Lane\n"


@pytest.mark.parametrize(
    ("reply", "rest"),
    [
        ("seller:", ""),  # any run may begin
        ("seller: Acme", " Office Ltd\ndate: 12/03/2018"),  # beside its name, and the one of its type
        ("seller: Acme Office Ltd\ndate:", " 12/03/2018\nitems:\n- description:"),
        ("seller: Acme Office Ltd\ndate: 12/03/2018", "\nitems:\n- description:"),
        (f"{HEAD}{FIRST}{SECOND}{THIRD}total:", " 638.50\niban: not found"),  # beside its name; none is one
        (f"{HEAD}{FIRST}{SECOND}{THIRD}total: 638.50\niban:", " not found\n"),
    ],
)
def test_a_value_goes_on_and_the_next_name_follows(reply: str, rest: str) -> None:
    assert extraction_draft(page())(reply) == rest


def test_of_values_that_nothing_names_the_common_begin_is_known() -> None:
    schema = load_schema("due:date, price:amount")
    words = words_of("12/03/2018 Oxford 9.00", "Pen 19.00", "15/03/2018")
    draft = ExtractionDraft(schema, words, page_context(words.text))
    assert draft("due:") == " 1"
    assert draft("due: 12/03/2018\nprice:") == " "


def test_the_entries_below_one_stand_as_it_stands() -> None:
    draft = extraction_draft(page())
    assert draft(HEAD + FIRST) == SECOND + THIRD + "total: 638.50"
    assert draft(HEAD + FIRST + SECOND[:20]) == SECOND[20:] + THIRD + "total: 638.50"
    assert draft(HEAD + FIRST + SECOND) == THIRD + "total: 638.50"
    assert draft(HEAD + FIRST + SECOND + THIRD) == "total: 638.50"


def test_an_entry_begun_otherwise_is_looked_for_where_it_begins() -> None:
    draft = extraction_draft(page())
    assert draft(HEAD + FIRST + "- description: Long lamp\tquantity:") == (
        " 3\tunit_price: 9.50\tamount: 28.50\ntotal: 638.50"
    )


def test_of_the_first_entry_only_the_value_is_known() -> None:
    draft = extraction_draft(page())
    assert draft(HEAD) == ""
    assert draft(HEAD + "- description: Blue") == " chair\tquantity:"


def test_what_an_entry_does_not_have_the_next_one_has_not_either() -> None:
    words = page(tuple((text, "", "", amount) for text, _, _, amount in TABLE))
    first, second = (entry(text, "not found", "not found", amount) for text, _, _, amount in TABLE[:2])
    assert extraction_draft(words)(HEAD + first).startswith(second)


def test_drafts_of_a_table_keep_to_the_grammar() -> None:
    words = page()
    reply = HEAD + FIRST
    tokenizer = llguidance.LLTokenizer("byte")
    matcher = llguidance.LLMatcher(tokenizer, extraction_grammar(SCHEMA, words, page_context(words.text)))
    tokens = tokenizer.tokenize_str(reply + extraction_draft(words)(reply))
    assert matcher.try_consume_tokens(tokens) == len(tokens)


def test_no_part_of_a_reply_is_without_an_answer() -> None:
    """A draft never ends a reply: neither before what was said nor before what was not foreseen."""
    draft = extraction_draft(page())
    for reply in (
        f"{HEAD}{FIRST}{SECOND}{THIRD}total: 638.50\niban: not found\n",
        "seller: not found\ndate: not found\nitems: not found\ntotal: not found\niban: not found\n",
        f"{HEAD}{entry('Total', '638.50', 'not found', 'not found') * 2}total: 638.50\n",
        "items",
        "nothing:\n- of the kind",
    ):
        for end in range(len(reply) + 1):
            assert isinstance(draft(reply[:end]), str)


def test_a_draft_can_be_pickled() -> None:
    draft = extraction_draft(page())
    again = pickle.loads(pickle.dumps(draft))
    assert again(HEAD + FIRST) == draft(HEAD + FIRST) != ""
