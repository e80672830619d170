from collections.abc import Sequence

import pytest

from docvlm.grounding import UNKNOWN_CONFIDENCE
from docvlm.pipeline.ask import ASKED_WINDOWS, AnswerPiece, ask_windows
from docvlm.pipeline.windows import Window
from docvlm.types import Answer
from tests.engines import WrittenEngine, windows_of


def answer_of(engine: WrittenEngine, windows: Sequence[Window], question: str) -> Answer:
    *pieces, answer = ask_windows(engine, windows, question, lambda window: window.input)
    assert all(isinstance(piece, AnswerPiece) for piece in pieces)
    assert isinstance(answer, Answer)
    return answer


def test_the_answer_has_its_page_and_the_box_beside_the_cue() -> None:
    engine = WrittenEngine(lambda _page, _prompt: " 9.00\n")
    windows = windows_of(engine, ["cover"], ["Subtotal 9.00", "Total 9.00"])
    answer = answer_of(engine, windows, "What is the total?")
    assert answer.text == "9.00"
    assert answer.page == 2
    assert answer.boxes[0].as_list() == [60, 24, 100, 42]
    assert answer.confidence == pytest.approx(0.9)


def test_an_answer_loses_the_end_of_the_sentence_it_stands_in() -> None:
    engine = WrittenEngine(lambda _page, _prompt: " three months.\n")
    windows = windows_of(engine, ["The notice period is three months."])
    answer = answer_of(engine, windows, "What is the notice period?")
    assert answer.text == "three months"


def test_the_best_ranked_page_is_asked_first_and_a_sure_answer_ends_the_search() -> None:
    engine = WrittenEngine(lambda page, _prompt: " Friday\n" if "deadline" in page else " not found\n")
    windows = windows_of(engine, ["nothing here"], ["deadline Friday"], ["more of nothing"])
    assert answer_of(engine, windows, "When is the deadline?").page == 2
    assert len(engine.requests) == 1


def test_not_found_on_any_page_has_no_page() -> None:
    engine = WrittenEngine(lambda _page, _prompt: " not found\n", probability=0.7)
    windows = windows_of(engine, *[["text"]] * 5)
    answer = answer_of(engine, windows, "Who?")
    assert answer == Answer("Who?", None, pytest.approx(0.7))
    assert len(engine.requests) == ASKED_WINDOWS


def test_words_that_stand_nowhere_are_not_an_answer() -> None:
    engine = WrittenEngine(lambda _page, _prompt: " invented\n")
    assert answer_of(engine, windows_of(engine, ["Total 9.00"]), "Who?").text is None


def test_an_empty_document_has_no_answer() -> None:
    engine = WrittenEngine(lambda _page, _prompt: " x\n")
    assert answer_of(engine, [], "Who?") == Answer("Who?", None, 1.0)


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("12.50 eur\n", "12.50 EUR"),
        ("Answer: **12.50**", "12.50"),
        ("not found.", None),
        ("13.50 EUR", None),
        ("The total is 12.50 EUR.", None),
        ("", None),
    ],
)
def test_a_free_reply_is_held_to_the_page(reply: str, text: str | None) -> None:
    engine = WrittenEngine(lambda _page, _prompt: reply, probability=None, follows_grammar=False)
    answer = answer_of(engine, windows_of(engine, ["Total 12.50 EUR"]), "What is the total?")
    assert answer.text == text
    assert (answer.page is None) == (text is None)
    assert answer.confidence == UNKNOWN_CONFIDENCE
    assert engine.requests[0].grammar is None
