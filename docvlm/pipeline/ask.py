"""A question about a document: rank the windows, ask the best ones, keep the surest answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from docvlm.grounding import (
    UNKNOWN_CONFIDENCE,
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
    """What the model replied to a window, and what stands beside a label that contradicts it."""

    reply: Answer
    instead: Answer | None = None


def ask_windows(
    engine: Engine,
    windows: Sequence[Window],
    question: str,
    show: Callable[[Window], PageInput],
    cancel: threading.Event | None = None,
) -> Iterator[AnswerPiece | Answer]:
    """Stream the pieces of the model's first reply to each window; the last value is the answer.

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
        answer = _answer(question, run, span.confidence, window)
        beside = words_instead(question, run, window.words) if request.grammar else ()
        if not beside:
            found.append(_Found(answer))
            if answer.text is not None and answer.confidence >= SURE:
                break
            continue
        # It has to begin with the first of these words; how far it goes is the model's choice.
        held = ReplyText.of(engine.generate(shown, held_to_words(request, beside), cancel))
        stands = run_that_says(beside, parse_answer(held).text)
        instead = _answer(question, stands, answer.confidence, window) if stands else None
        found.append(_Found(answer, instead))
    yield _surest(question, found, engine.card.calibration)


def _request(engine: Engine, question: str, window: Window) -> GenerationRequest:
    if not engine.card.follows_grammar:
        return GenerationRequest(free_question_prompt(question), max_tokens=ANSWER_TOKENS)
    return question_request(question, window.words)


def _answer(question: str, run: WordRun | None, confidence: float, window: Window) -> Answer:
    """Words of a window as an answer, less sure where they were read badly; "not found" without any."""
    if run is None:
        return Answer(question, None, confidence)
    sure = confidence * run.confidence
    return Answer(question, without_sentence_end(run.text), sure, window.page_number, run.boxes)


def _surest(question: str, found: Sequence[_Found], calibration: Calibration) -> Answer:
    """The most confident answer with words, else "not found" as sure as its least sure window.

    What stands beside a label is as sure as the words that it takes the place of; in the place of "not found"
    it is as likely right as wrong.
    """
    with_words = [one for one in found if one.reply.text is not None]
    if with_words:
        best = max(with_words, key=lambda one: one.reply.confidence)
        if best.instead is None:
            return calibration.answer(best.reply)
        return replace(best.instead, confidence=calibration.answer_value(best.instead.confidence))
    contradicted = [one.instead for one in found if one.instead is not None]
    if contradicted:
        return replace(min(contradicted, key=lambda one: one.confidence), confidence=UNKNOWN_CONFIDENCE)
    least_sure = min((one.reply.confidence for one in found), default=1.0)
    return calibration.answer(Answer(question, None, least_sure))
