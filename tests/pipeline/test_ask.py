from collections.abc import Sequence

import pytest

from docvlm.grounding import UNKNOWN_CONFIDENCE
from docvlm.models.calibration import Calibration, Curve
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


FORM = ("Maker        AMF            Weight    1.07", "Draw         .41            Length    84 mm")


def test_where_a_question_names_a_label_what_stands_beside_it_is_the_answer() -> None:
    replies = iter([" 84 mm\n", " AMF\n"])
    engine = WrittenEngine(lambda _page, _prompt: next(replies), probability=0.7)
    answer = answer_of(engine, windows_of(engine, FORM), 'What is the value of the field "Maker"?')
    assert answer.text == "AMF"
    assert answer.page == 1
    assert answer.boxes[0].as_list() == [130, 0, 160, 18]
    assert answer.confidence == pytest.approx(0.7)  # of the reply that it takes the place of
    free, held = engine.requests
    assert "AMF" in (held.grammar or "") and "84" not in (held.grammar or "")
    assert (held.prompt, held.reply_start) == (free.prompt, free.reply_start)


def test_what_stands_beside_its_label_is_found_and_as_likely_right_as_wrong() -> None:
    replies = iter([" not found\n", " AMF\n"])
    engine = WrittenEngine(lambda _page, _prompt: next(replies), probability=0.9)
    answer = answer_of(engine, windows_of(engine, FORM), "Maker?")
    assert (answer.text, answer.confidence) == ("AMF", UNKNOWN_CONFIDENCE)


def test_a_reply_that_its_label_contradicts_does_not_end_the_search() -> None:
    def write(page: str, _prompt: str) -> str:
        return " Hauni\n" if "Hauni" in page else next(replies)

    replies = iter([" 84 mm\n", " AMF\n"])
    engine = WrittenEngine(write, probability=0.9)
    windows = windows_of(engine, FORM, ["The machine comes from Hauni"])
    answer_of(engine, windows, "Maker?")
    assert len(engine.requests) == 3


def test_a_reply_beside_the_label_is_not_asked_for_again() -> None:
    engine = WrittenEngine(lambda _page, _prompt: " AMF\n")
    assert answer_of(engine, windows_of(engine, FORM), "Maker?").text == "AMF"
    assert len(engine.requests) == 1


def test_words_on_another_page_come_before_a_label_without_a_reply() -> None:
    def write(page: str, _prompt: str) -> str:
        return " Hauni\n" if "Hauni" in page else next(replies)

    replies = iter([" not found\n", " AMF\n"])
    engine = WrittenEngine(write, probability=0.6)
    windows = windows_of(engine, FORM, ["The maker of the machine is Hauni"])
    assert answer_of(engine, windows, "Maker?").text == "Hauni"
    assert next(replies, None) is None  # both were asked for


def test_words_beside_a_label_are_as_sure_as_the_words_they_take_the_place_of() -> None:
    replies = iter([" 84 mm\n", " AMF\n"])
    curve = Curve((0.0, 1.0), (0.0, 0.8))
    engine = WrittenEngine(
        lambda _page, _prompt: next(replies), probability=0.2, calibration=Calibration(answer_value=curve)
    )
    answer = answer_of(engine, windows_of(engine, FORM), "Maker?")
    assert answer.text == "AMF"  # though words that are right so rarely are not given for themselves
    assert answer.confidence == pytest.approx(0.16)


def test_an_engine_that_writes_freely_is_not_held_to_a_label() -> None:
    engine = WrittenEngine(lambda _page, _prompt: "84 mm", probability=None, follows_grammar=False)
    assert answer_of(engine, windows_of(engine, FORM), "Maker?").text == "84 mm"
    assert len(engine.requests) == 1
