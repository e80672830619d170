"""Replies held to the words of the page, and values traced back to where those words stand."""

from docvlm.grounding.grammar import answer_grammar, extraction_grammar
from docvlm.grounding.reply import (
    ParsedReply,
    ReplyRows,
    ReplySpan,
    ReplyText,
    parse_answer,
    parse_extraction,
)
from docvlm.grounding.runs import PageWords, WordRun

__all__ = [
    "PageWords",
    "ParsedReply",
    "ReplyRows",
    "ReplySpan",
    "ReplyText",
    "WordRun",
    "answer_grammar",
    "extraction_grammar",
    "parse_answer",
    "parse_extraction",
]
