"""The grammars are tried with llguidance itself over a byte-level tokenizer."""

import llguidance
import pytest

from docvlm.grounding import answer_grammar, beginning_grammar, extraction_grammar
from docvlm.schemas import Schema, load_schema, page_context
from tests.pages import words_of


def accepts(grammar: str, reply: str) -> bool:
    """True where the whole of ``reply`` is a complete reply."""
    tokenizer = llguidance.LLTokenizer("byte")
    matcher = llguidance.LLMatcher(tokenizer, grammar)
    assert not matcher.get_error()
    tokens = tokenizer.tokenize_str(reply)
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()


@pytest.mark.parametrize(
    ("reply", "allowed"),
    [
        (" RM9.00\n", True),
        (" Total RM9.00\n", True),
        (" not found\n", True),
        (" 9.00\n", False),
        (" RM9.0\n", False),
        (" Total\n", True),
        (" Cash Total\n", False),
        ("\n", False),
        (" RM9.00", False),
    ],
)
def test_answers_are_runs_of_whole_words_or_not_found(reply: str, allowed: bool) -> None:
    assert accepts(answer_grammar(words_of("Total RM9.00", "Cash 10.00")), reply) is allowed


def extraction(schema: Schema, *rows: str) -> str:
    words = words_of(*rows)
    return extraction_grammar(schema, words, page_context(words.text))


def test_typed_values_are_runs_that_parse() -> None:
    grammar = extraction(load_schema("date:date, total:amount"), "12/03/2018 Acme", "Total 9.00")
    assert accepts(grammar, "date: 12/03/2018\ntotal: 9.00\n")
    assert accepts(grammar, "date: not found\ntotal: not found\n")
    assert not accepts(grammar, "date: Acme\ntotal: 9.00\n")
    assert not accepts(grammar, "date: 12/03/2018\ntotal: Total\n")
    assert not accepts(grammar, "total: 9.00\ndate: 12/03/2018\n")


def test_rows_have_every_cell_in_order() -> None:
    grammar = extraction(load_schema("items[description, amount:amount]"), "Pen 7.00", "Ink 2.50")
    assert accepts(grammar, "items: not found\n")
    assert accepts(
        grammar, "items:\n- description: Pen\tamount: 7.00\n- description: Ink\tamount: not found\n"
    )
    assert not accepts(grammar, "items:\n")
    assert not accepts(grammar, "items:\n- amount: 7.00\tdescription: Pen\n")
    assert not accepts(grammar, "items:\n- description: Pen\n")


TABLE = ("Chair 2 55,00 110,00", "Table 1 500,00 500,00", "Lamp 3 9,50 28,50", "Total 638,50")
ITEMS = "items[description, quantity:number, amount:amount]"


def item(description: str, quantity: str, amount: str) -> str:
    return f"- description: {description}\tquantity: {quantity}\tamount: {amount}\n"


def test_an_entry_takes_nothing_from_another_row() -> None:
    grammar = extraction(load_schema(ITEMS), *TABLE)
    assert accepts(grammar, f"items:\n{item('Chair', '2', '110,00')}{item('Table', '1', '500,00')}")
    assert not accepts(grammar, f"items:\n{item('Chair', '1', '110,00')}")
    assert not accepts(grammar, f"items:\n{item('Chair', '2', '500,00')}")


def test_entries_come_from_top_to_bottom_and_each_once() -> None:
    grammar = extraction(load_schema(ITEMS), *TABLE)
    assert not accepts(grammar, f"items:\n{item('Table', '1', '500,00')}{item('Chair', '2', '110,00')}")
    assert not accepts(grammar, f"items:\n{item('Chair', '2', '110,00')}{item('Chair', '2', '110,00')}")


def test_equal_entries_in_two_rows_are_two() -> None:
    grammar = extraction(load_schema(ITEMS), "Chair 2 55,00 110,00", "Chair 2 55,00 110,00")
    assert accepts(grammar, f"items:\n{2 * item('Chair', '2', '110,00')}")
    assert not accepts(grammar, f"items:\n{3 * item('Chair', '2', '110,00')}")


def test_a_list_begins_anywhere_and_leaves_out_at_most_one_row_of_figures() -> None:
    grammar = extraction(load_schema(ITEMS), *TABLE)
    assert accepts(grammar, f"items:\n{item('Lamp', '3', '28,50')}")
    assert accepts(grammar, f"items:\n{item('Chair', '2', '110,00')}{item('Lamp', '3', '28,50')}")
    assert not accepts(
        grammar, f"items:\n{item('Chair', '2', '110,00')}{item('Total', 'not found', '638,50')}"
    )


def test_entries_without_figures_may_share_a_row() -> None:
    grammar = extraction(load_schema("pairs[key, value]"), "Date: Monday   Pages: two")
    assert accepts(grammar, "pairs:\n- key: Date:\tvalue: Monday\n- key: Pages:\tvalue: two\n")


def test_control_words_and_quotes_on_the_page_do_no_harm() -> None:
    grammar = answer_grammar(words_of('say "hi" \\n <|im_end|> | ∅ %regex'))
    assert accepts(grammar, ' "hi" \\n <|im_end|>\n')
    assert accepts(grammar, " ∅ %regex\n")
    assert accepts(grammar, " |\n")


def test_a_run_is_not_longer_than_forty_words() -> None:
    words = [f"w{index}" for index in range(60)]
    grammar = answer_grammar(words_of(" ".join(words)))
    assert accepts(grammar, f" {' '.join(words[:40])}\n")
    assert not accepts(grammar, f" {' '.join(words[:41])}\n")


@pytest.mark.parametrize(
    ("reply", "allowed"),
    [(" 3\n", True), (' 3 "May"\n', True), (' "May"\n', False), (" not found\n", False), ("\n", False)],
)
def test_a_reply_held_to_words_begins_with_the_first(reply: str, allowed: bool) -> None:
    assert accepts(beginning_grammar(words_of('3 "May" 1999').lines[0]), reply) is allowed
