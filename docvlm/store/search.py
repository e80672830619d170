"""Words of a text and of a query, made comparable, so that both databases find the same.

The databases are given folded text: without accents, in lower case, each ideograph a word by itself
(Chinese and Japanese have no spaces to split at). Each word of a query becomes a phrase of folded
tokens, so nothing a person types is query syntax.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

MAX_INDEXED_CHARACTERS = 200_000
"""PostgreSQL refuses a text whose index entries take more than a megabyte."""

_COMBINING_ACCENTS = re.compile("[\u0300-\u036f]")
_UNSPACED_SCRIPTS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_MAX_QUERY_WORDS = 32
_SNIPPET_CHARACTERS = 160
_SNIPPET_LEAD = 50


@dataclass(frozen=True, slots=True)
class Token:
    """A folded word and the characters ``start`` to ``end`` (exclusive) of the text it came from."""

    text: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """The folded words of ``text`` in order."""
    word, start = "", 0
    for position, character in enumerate(text):
        folded = _fold_character(character)
        if folded is None:  # no part of a word
            if word:
                yield Token(word, start, position)
            word = ""
        elif _UNSPACED_SCRIPTS.match(folded):
            if word:
                yield Token(word, start, position)
            yield Token(folded, position, position + 1)
            word = ""
        elif folded:
            start = start if word else position
            word += folded
    if word:
        yield Token(word, start, len(text))


def fold(text: str) -> str:
    """The folded words of ``text``, separated by spaces: what the databases index."""
    return " ".join(token.text for token in tokens(text[:MAX_INDEXED_CHARACTERS]))


def query_phrases(query: str) -> list[list[str]]:
    """The words of a query, each a phrase of folded tokens: "12.50 Café" → [["12", "50"], ["cafe"]]."""
    phrases = ([token.text for token in tokens(word)] for word in query.split()[:_MAX_QUERY_WORDS])
    return [phrase for phrase in phrases if phrase]


def fts5_query(phrases: list[list[str]]) -> str:
    """All phrases, the last word as a prefix, in FTS5's syntax (SQLite)."""
    return " AND ".join(f'"{" ".join(phrase)}"' for phrase in phrases) + " *"


def tsquery(phrases: list[list[str]]) -> str:
    """All phrases, the last word as a prefix, in the syntax of ``to_tsquery`` (PostgreSQL)."""
    return (
        " & ".join("(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in phrases)[:-1]
        + ":*)"
    )


def snippet(text: str, phrases: list[list[str]]) -> str:
    """The surroundings of the first of the query's words in ``text``, on one line."""
    first_words = {phrase[0] for phrase in phrases}
    last = phrases[-1][0] if len(phrases[-1]) == 1 else None
    begin = 0
    for token in tokens(text[:MAX_INDEXED_CHARACTERS]):
        if token.text in first_words or (last and token.text.startswith(last)):
            begin = max(0, token.start - _SNIPPET_LEAD)
            break
    if begin:  # begin with a whole word
        space = re.compile(r"\s").search(text, begin, begin + _SNIPPET_LEAD)
        begin = space.end() if space else begin
    end = begin + _SNIPPET_CHARACTERS
    shown = " ".join(text[begin:end].split())
    return ("… " if begin else "") + shown + (" …" if end < len(text) else "")


def matches(text: str, query: str) -> list[tuple[int, int]]:
    """Where words of ``query`` stand in ``text`` (start, end exclusive), the last also as a beginning."""
    phrases = query_phrases(query)
    if not phrases:
        return []
    words, last = {word for phrase in phrases for word in phrase}, phrases[-1][-1]
    return [
        (token.start, token.end)
        for token in tokens(text)
        if token.text in words or token.text.startswith(last)
    ]


def _fold_character(character: str) -> str | None:
    """The character without accent and case; "" for a bare accent; None for what parts words."""
    if character.isascii():
        return character.lower() if character.isalnum() else None
    folded = _COMBINING_ACCENTS.sub("", unicodedata.normalize("NFKD", character)).casefold()
    if not folded:
        return ""
    kept = "".join(part for part in folded if unicodedata.category(part)[0] in "LNM")
    return kept or None
