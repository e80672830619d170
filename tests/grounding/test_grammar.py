"""The grammars are tried with llguidance itself over a byte-level tokenizer."""

import llguidance
import pytest

from docvlm.grounding import PageWords, answer_grammar, extraction_grammar
from docvlm.reading import layout_rows
from docvlm.schemas import Schema, load_schema, page_context
from tests.pages import reading_of


def words_of(*rows: str) -> PageWords:
    reading = reading_of(rows)
    return PageWords([line.words for line in reading.lines], layout_rows(reading))


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
