"""Where a text that a person typed stands among the words of a page, however OCR and typist differ.

Three ways of looking, each only where the one before finds nothing: the same letters and digits in whole
words; the same, glued to something else; nearly the same (OCR slips, lost words, typing errors).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from docvlm.grounding import PageWords, WordRun
from docvlm.grounding.grammar import MAX_RUN_WORDS
from docvlm.schemas.letters import without_accents

_LEAST_SIMILAR = 0.8  # one minus Levenshtein distance over the longer length
_SHORTEST_WITH_SLIPS = 5
_SHORTEST_NUMBER_WITH_A_SLIP = 8
_GLUED_SHARE = 0.5  # characters that may stand beside a value in its words, as a share of the value
_MARKS_IN_NUMBERS = str.maketrans(",", ".")
_EDGE_MARKS = ".,;:!?()[]{}\"'*#-_/|=<>~«»“”‘’"

Span = tuple[int, int, int]
"""Order, first word, word after the last."""


def text_places(value: str, words: PageWords) -> tuple[WordRun, ...]:
    """The runs of words that ``value`` means; empty where it stands nowhere or only doubtfully."""
    spans = _spans(value, words)
    return tuple(words.run(*span) for span in spans)


def _spans(value: str, words: PageWords) -> list[Span]:
    is_number = not any(character.isalpha() for character in value)
    wanted = _fold(value, is_number)
    if not wanted:
        return []
    pages = [_folded_page(order, is_number) for order in words.orders]
    for look in (_whole_words, _glued, _nearly):
        if spans := [(order, *span) for order, page in enumerate(pages) for span in look(page, wanted)]:
            return _nearest(spans, pages, wanted) if look is _nearly else spans
    return []


@dataclass(frozen=True, slots=True)
class _FoldedPage:
    """The words of a page in one order as one string without spaces.

    ``texts`` are the folded words, some of them empty; ``starts`` where each begins in ``joined``; ``full``
    the indexes of the words that are not empty.
    """

    texts: tuple[str, ...]
    starts: tuple[int, ...]
    full: tuple[int, ...]
    joined: str


@lru_cache(maxsize=16)
def _folded_page(order: tuple[str, ...], is_number: bool) -> _FoldedPage:
    texts = tuple(_fold(word, is_number) for word in order)
    starts, position = [], 0
    for text in texts:
        starts.append(position)
        position += len(text)
    full = tuple(index for index, text in enumerate(texts) if text)
    return _FoldedPage(texts, tuple(starts), full, "".join(texts))


@lru_cache(maxsize=65536)
def _fold(text: str, is_number: bool) -> str:
    """Letters and digits alone; of a number also the marks within it, as 9.00 is not 900."""
    if is_number:
        return "".join(text.split()).translate(_MARKS_IN_NUMBERS).strip(_EDGE_MARKS)
    return "".join(filter(str.isalnum, without_accents(text)))


def _whole_words(page: _FoldedPage, wanted: str) -> Iterator[tuple[int, int]]:
    for first, last, left, right in _occurrences(page, wanted):
        if not left and not right:
            yield first, last


def _glued(page: _FoldedPage, wanted: str) -> Iterator[tuple[int, int]]:
    """Where letters turn into digits or the other way round at the cut: ``TEL0123``, ``RM9.00``."""
    for first, last, left, right in _occurrences(page, wanted):
        cuts = [(left[-1:], wanted[0])] * bool(left) + [(wanted[-1], right[:1])] * bool(right)
        clear = all(before.isalpha() != after.isalpha() for before, after in cuts)
        if clear and len(left) + len(right) <= _GLUED_SHARE * len(wanted):
            yield first, last


def _occurrences(page: _FoldedPage, wanted: str) -> Iterator[tuple[int, int, str, str]]:
    """First word and word after the last of each occurrence, and what else stands in those words."""
    position = page.joined.find(wanted)
    starts = [page.starts[index] for index in page.full]
    while position >= 0:
        end = position + len(wanted)
        first = page.full[bisect_right(starts, position) - 1]
        last = page.full[bisect_right(starts, end - 1) - 1]
        if last - first < MAX_RUN_WORDS:
            left = page.joined[page.starts[first] : position]
            right = page.joined[end : page.starts[last] + len(page.texts[last])]
            yield first, last + 1, left, right
        position = page.joined.find(wanted, position + 1)


def _nearly(page: _FoldedPage, wanted: str) -> Iterator[tuple[int, int]]:
    """Every run of whole words that is similar enough."""
    most = _allowed_slips(wanted)
    if not most:
        return
    shortest, longest = len(wanted) - most, len(wanted) + most
    for position, first in enumerate(page.full):
        begin = page.starts[first]
        for last in page.full[position : position + MAX_RUN_WORDS]:
            end = page.starts[last] + len(page.texts[last])
            if end - begin > longest or last - first >= MAX_RUN_WORDS:
                break
            if end - begin >= shortest:
                slips = Levenshtein.distance(page.joined[begin:end], wanted, score_cutoff=most)
                if slips <= most:
                    yield first, last + 1


def _allowed_slips(wanted: str) -> int:
    """How many characters may differ; in numbers one at most, as each digit counts."""
    digits = sum(character.isdigit() for character in wanted)
    if 2 * digits >= len(wanted):
        return int(len(wanted) >= _SHORTEST_NUMBER_WITH_A_SLIP)
    if len(wanted) < _SHORTEST_WITH_SLIPS:
        return 0
    return max(1, int((1 - _LEAST_SIMILAR) * len(wanted)))


def _nearest(spans: list[Span], pages: list[_FoldedPage], wanted: str) -> list[Span]:
    """Those with the fewest slips, and of these the ones as long as the value."""

    def unlike(span: Span) -> tuple[int, int]:
        order, first, last = span
        text = "".join(pages[order].texts[first:last])
        return Levenshtein.distance(text, wanted), abs(len(text) - len(wanted))

    least = min(map(unlike, spans))
    return [span for span in spans if unlike(span) == least]
