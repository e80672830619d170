"""A question about a document: rank the windows, ask the best ones, keep the surest answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from docvlm.grounding import (
    ReplySpan,
    ReplyText,
    WordRun,
    parse_answer,
    parse_free_answer,
    run_that_says,
    words_instead,
)
from docvlm.models.calibration import Calibration
from docvlm.models.protocol import Engine, GenerationRequest, PageInput
from docvlm.pipeline.ranking import rank_texts
from docvlm.pipeline.requests import ANSWER_TOKENS, held_to_words, question_request
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


@dataclass(frozen=True, slots=True)
class _Found:
    """What the model replied to a window, and what is given instead where a label of the page says more."""

    reply: Answer
    instead: Answer | None = None


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
    found: list[_Found] = []
    ranked = rank_texts(question, [window.words.text for window in windows])[:ASKED_WINDOWS]
    for index in ranked:
        window = windows[index]
        shown = show(window)
        request = _request(engine, question, window)
        reply = ReplyText()
        for step in engine.generate(shown, request, cancel):
            reply.push(step)
            yield AnswerPiece(window.page_number, step.text)
        parse = parse_answer if engine.card.follows_grammar else parse_free_answer
        span = parse(reply)
        run = window.words.find_best(span.text, question) if span.text else None
        answer = _grounded(question, span, run, window)
        beside = words_instead(question, run, window.words) if request.grammar else ()
        instead: Answer | None = None
        if beside:
            # It has to begin there; how far it goes is the model's choice.
            held = ReplyText.of(engine.generate(shown, held_to_words(request, beside), cancel))
            stands = run_that_says(beside, parse_answer(held).text)
            instead = None if stands is None else _grounded(question, span, stands, window)
        found.append(_Found(answer, instead))
        if answer.text is not None and answer.confidence >= SURE:
            break
    yield _surest(question, found, engine.card.calibration)


def _request(engine: Engine, question: str, window: Window) -> GenerationRequest:
    if not engine.card.follows_grammar:
        return GenerationRequest(free_question_prompt(question), max_tokens=ANSWER_TOKENS)
    return question_request(question, window.words)


def _grounded(question: str, span: ReplySpan, run: WordRun | None, window: Window) -> Answer:
    if run is None:
        return Answer(question, None, span.confidence)
    confidence = span.confidence * run.confidence
    return Answer(question, without_sentence_end(run.text), confidence, window.page_number, run.boxes)


def _surest(question: str, found: Sequence[_Found], calibration: Calibration) -> Answer:
    """The most confident answer with words, else "not found" as sure as its least sure window.

    What stands beside a label is as sure as the reply in whose place it is given.
    """
    with_words = [one for one in found if one.reply.text is not None]
    if with_words:
        best = max(with_words, key=lambda one: one.reply.confidence)
    else:
        # Of replies without words those that a label contradicts come first.
        nothing = _Found(Answer(question, None, 1.0))
        best = min(found, key=lambda one: (one.instead is None, one.reply.confidence), default=nothing)
    answer = calibration.answer(best.reply)
    return answer if best.instead is None else replace(best.instead, confidence=answer.confidence)
