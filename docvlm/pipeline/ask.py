"""A question about a document: rank the windows, ask the best ones, keep the surest answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from docvlm.grounding import ReplySpan, ReplyText, parse_answer, parse_free_answer
from docvlm.models.protocol import Engine, GenerationRequest, PageInput
from docvlm.pipeline.ranking import rank_texts
from docvlm.pipeline.requests import ANSWER_TOKENS, question_request
from docvlm.pipeline.windows import Window
from docvlm.prompts import free_question_prompt
from docvlm.schemas import without_sentence_end
from docvlm.types import Answer

ASKED_WINDOWS = 3
SURE = 0.8  # an answer this sure ends the search through further windows


@dataclass(frozen=True, slots=True)
class AnswerPiece:
    """Characters of a reply as they come; ``page`` is the page being read."""

    page: int
    text: str


def ask_windows(
    engine: Engine,
    windows: Sequence[Window],
    question: str,
    show: Callable[[Window], PageInput],
    cancel: threading.Event | None = None,
) -> Iterator[AnswerPiece | Answer]:
    """Stream the pieces of each reply; the last value is the answer.

    Args:
        show: makes what the engine sees of a window, only for the windows that are asked.

    Raises:
        Cancelled: soon after ``cancel`` was set.
    """
    found: list[Answer] = []
    ranked = rank_texts(question, [window.words.text for window in windows])[:ASKED_WINDOWS]
    for index in ranked:
        window = windows[index]
        reply = ReplyText()
        for step in engine.generate(show(window), _request(engine, question, window), cancel):
            reply.push(step)
            yield AnswerPiece(window.page_number, step.text)
        parse = parse_answer if engine.card.follows_grammar else parse_free_answer
        answer = _ground(question, parse(reply), window)
        found.append(answer)
        if answer.text is not None and answer.confidence >= SURE:
            break
    yield engine.card.calibration.answer(_surest(question, found))


def _request(engine: Engine, question: str, window: Window) -> GenerationRequest:
    if not engine.card.follows_grammar:
        return GenerationRequest(free_question_prompt(question), max_tokens=ANSWER_TOKENS)
    return question_request(question, window.words)


def _ground(question: str, span: ReplySpan, window: Window) -> Answer:
    run = window.words.find_best(span.text, question) if span.text else None
    if run is None:
        return Answer(question, None, span.confidence)
    confidence = span.confidence * run.confidence
    return Answer(question, without_sentence_end(run.text), confidence, window.page_number, run.boxes)


def _surest(question: str, found: Sequence[Answer]) -> Answer:
    """The most confident answer with words, else "not found" as sure as its least sure window."""
    with_words = [answer for answer in found if answer.text is not None]
    if with_words:
        return max(with_words, key=lambda answer: answer.confidence)
    return Answer(question, None, min((answer.confidence for answer in found), default=1.0))
