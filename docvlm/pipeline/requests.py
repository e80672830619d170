"""What an engine that follows a grammar is asked: a prompt, and a reply of the page's own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from docvlm.grounding import (
    AnswerDraft,
    ExtractionDraft,
    PageWords,
    answer_grammar,
    beginning_grammar,
    extraction_grammar,
)
from docvlm.models.protocol import GenerationRequest
from docvlm.prompts import ABSENT, ANSWER_START, extraction_prompt, question_prompt
from docvlm.schemas import PageContext, Schema
from docvlm.types import Word

EXTRACTION_TOKENS = 1536
ANSWER_TOKENS = 192  # forty words, the longest run, take up to about 180


def extraction_request(
    schema: Schema, words: PageWords, context: PageContext, *, only_window: bool = True
) -> GenerationRequest:
    """Ask for the fields of a schema.

    Args:
        only_window: whether the document has no other words than these. Of several windows one with any value
            outvotes all that have none, so there each must be sure of its own.
    """
    return GenerationRequest(
        extraction_prompt(schema),
        grammar=extraction_grammar(schema, words, context),
        max_tokens=EXTRACTION_TOKENS,
        absent=ABSENT if only_window else "",
        draft=ExtractionDraft(schema, words, context),
    )


def question_request(question: str, words: PageWords) -> GenerationRequest:
    """Ask a question."""
    return GenerationRequest(
        question_prompt(question),
        ANSWER_START,
        answer_grammar(words),
        ANSWER_TOKENS,
        draft=AnswerDraft(words),
    )


def held_to_words(request: GenerationRequest, words: Sequence[Word]) -> GenerationRequest:
    """The same question, whose reply has to begin with the first of these words and go on with the next."""
    return replace(request, grammar=beginning_grammar(words))
