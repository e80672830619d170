"""Replies held to the words of the page, and values traced back to where those words stand."""

from docvlm.grounding.asked_label import run_that_says, words_instead
from docvlm.grounding.columns import Cell, line_up
from docvlm.grounding.draft import AnswerDraft, ExtractionDraft
from docvlm.grounding.grammar import answer_grammar, beginning_grammar, extraction_grammar
from docvlm.grounding.json_reply import extraction_json_schema, parse_json_extraction
from docvlm.grounding.reply import (
    UNKNOWN_CONFIDENCE,
    ParsedReply,
    ReplyRows,
    ReplySpan,
    ReplyText,
    parse_answer,
    parse_extraction,
    parse_free_answer,
)
from docvlm.grounding.runs import PageWords, WordRun
from docvlm.grounding.sums import shown_by_sums

__all__ = [
    "UNKNOWN_CONFIDENCE",
    "AnswerDraft",
    "Cell",
    "ExtractionDraft",
    "PageWords",
    "ParsedReply",
    "ReplyRows",
    "ReplySpan",
    "ReplyText",
    "WordRun",
    "answer_grammar",
    "beginning_grammar",
    "extraction_grammar",
    "extraction_json_schema",
    "line_up",
    "parse_answer",
    "parse_extraction",
    "parse_free_answer",
    "parse_json_extraction",
    "run_that_says",
    "shown_by_sums",
    "words_instead",
]
