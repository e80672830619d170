"""Puts right words that the recogniser is unsure of, by lists of words: a noisy channel.

A word is as likely as the columns of the line spell it times as it is common in the page's languages
(Kernighan, Church and Gale, "A spelling correction program based on a noisy channel model", COLING 1990).
A recogniser is surer than it is right, so the lists count by their square root alone. What was read without
doubt, numbers, codes and addresses of the web stay as they were read, and so does a name that no list knows
where the columns leave no doubt.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from docvlm.reading.ctc import BETWEEN, CERTAIN, SPACE, Character, Likely, log_probability
from docvlm.reading.lexicon import PageLexicon, lexicon
from docvlm.reading.ocr import RecognisedLine

_WEIGHT = 0.5
_LEAST_GAIN = 1.0
"""How much the lists count, and by how much (natural logarithm) another spelling must be likelier: both
chosen on generated pages, ``python -m tests.benchmarks.respelling``."""

_SHORTEST = 4
"""Letters of a word; shorter ones have too many neighbours."""

_SHORTEST_JOINED, _SHORTEST_TWICE = 5, 7
"""Of a word in which one letter takes the place of two, or two are changed."""

_RAREST = 1e-8
"""Frequency of what no list knows, and below that of anything they do."""

_READ_WELL = 0.9  # from here on a word tells the page's languages
_NEIGHBOURS = 6  # other characters that are tried in one place
_LEAST_LIKELY = 1e-4  # of them
_MOST_CHANGES = 40  # changes of one character that are tried by twos

_NOT_WORDS = re.compile(r"@|//|\\|www|\w\.\w", re.IGNORECASE)
"""In addresses of people and the web, and between initials."""

_MARK = "'’`:;,|!"
"""What a letter may have been taken for."""

_PARTS = re.compile(rf"[^\W\d_]+(?:[{_MARK}][^\W\d_]+)?")
_MIXED = re.compile(r"(?<![^\W_])[^\W\d_]+(?:[01568]+[^\W\d_]+)+(?![^\W_])")
"""Letters, and digits that look like letters among them."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Characters ``start`` to ``end`` (exclusive) of a line that may be one word."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Spelling:
    """A word, what it is made of, and how much likelier it is than what was read."""

    characters: tuple[Character, ...]
    gain: float


def respell(lines: Sequence[RecognisedLine]) -> tuple[RecognisedLine, ...]:
    """The lines of one page, doubtful words put right where the page's languages know better.

    A changed word is as sure as it is likelier than what was read.
    """
    if not any(line.likely for line in lines):
        return tuple(lines)
    words = [word for line in lines for word in _words(line)]
    known = lexicon().of_page(
        [word for word, confidence in words if confidence >= _READ_WELL],
        [word for word, confidence in words if confidence >= CERTAIN],
    )
    if not known.is_known:
        return tuple(lines)
    return tuple(_respelled(line, known) if line.likely else line for line in lines)


def _words(line: RecognisedLine) -> Iterator[tuple[str, float]]:
    """Words of three letters or more with the least confidence of their letters; marks may stand around."""
    for start, end in _tokens(line.characters):
        while start < end and not line.characters[start].text.isalpha():
            start += 1
        while start < end and not line.characters[end - 1].text.isalpha():
            end -= 1
        letters = line.characters[start:end]
        text = "".join(character.text for character in letters)
        if len(letters) >= 3 and text.isalpha():
            yield text, min(character.confidence for character in letters)


def _respelled(line: RecognisedLine, known: PageLexicon) -> RecognisedLine:
    characters = list(line.characters)
    # From the end, so that places before a change stay where they are.
    for part in sorted(_doubtful_parts(line.characters), key=lambda part: -part.start):
        spelling = _best_spelling(line, part, known)
        if spelling is not None:
            sure = 1 / (1 + math.exp(-spelling.gain))
            characters[part.start : part.end] = (
                replace(character, confidence=sure) for character in spelling.characters
            )
    return replace(line, characters=tuple(characters))


def _tokens(characters: Sequence[Character]) -> Iterator[tuple[int, int]]:
    starts = [place for place, one in enumerate(characters) if not place or one.space_before >= SPACE]
    yield from itertools.pairwise([*starts, len(characters)])


def _doubtful_parts(characters: Sequence[Character]) -> Iterator[_Part]:
    """Words that were not read without doubt; one mark or a few digits may stand among their letters."""
    for first, last in _tokens(characters):
        token = "".join(character.text for character in characters[first:last])
        if len(token) != last - first or _NOT_WORDS.search(token):
            continue
        for start, end in (*_letters_in(token), *_mixed_in(token)):
            part = _Part(first + start, first + end)
            doubtful = any(one.confidence < CERTAIN for one in characters[part.start : part.end])
            if doubtful and end - start >= _SHORTEST:
                yield part


def _letters_in(token: str) -> Iterator[tuple[int, int]]:
    for found in _PARTS.finditer(token):
        around = token[max(0, found.start() - 1) : found.start()] + token[found.end() : found.end() + 1]
        if not any(map(str.isdigit, around)):
            yield found.span()


def _mixed_in(token: str) -> Iterator[tuple[int, int]]:
    for found in _MIXED.finditer(token):
        if sum(map(str.isdigit, found[0])) <= len(found[0]) // 3:
            yield found.span()


def _best_spelling(line: RecognisedLine, part: _Part, known: PageLexicon) -> _Spelling | None:
    """The likeliest other spelling, or None where what was read is likely enough."""
    read = line.characters[part.start : part.end]
    columns = _columns(line, part)
    texts, changed = [], []
    for characters in _other_spellings(read, line.likely):
        text = "".join(character.text for character in characters)
        if text.isalpha() and (text.islower() or text.isupper() or text.istitle()):
            texts.append(text)
            changed.append(characters)
    if not texts:
        return None
    as_read = "".join(character.text for character in read)
    base, *frequencies = known.frequencies([as_read, *texts])
    before = log_probability(columns, as_read)
    best: _Spelling | None = None
    for text, characters, frequency in zip(texts, changed, frequencies, strict=True):
        if frequency <= max(base, _RAREST):
            continue
        commoner = math.log(frequency / max(base, _RAREST))
        gain = log_probability(columns, text) - before + _WEIGHT * commoner
        if gain > (best.gain if best else _LEAST_GAIN):
            best = _Spelling(characters, gain)
    return best


def _columns(line: RecognisedLine, part: _Part) -> Sequence[Likely]:
    """The columns of a word, with what lies between it and its neighbours."""
    first, last = line.characters[part.start], line.characters[part.end - 1]
    start = line.characters[part.start - 1].columns[1] if part.start else max(0, first.columns[0] - 1)
    follows = part.end < len(line.characters)
    end = line.characters[part.end].columns[0] if follows else last.columns[1] + 1
    return line.likely[start:end]


def _other_spellings(read: Sequence[Character], likely: Sequence[Likely]) -> Iterator[tuple[Character, ...]]:
    """Words with one character or two put in the place of others, or one in the place of two."""
    likeliest = sorted(
        (
            (-probability, place, replace(character, text=text))
            for place, character in enumerate(read)
            for text, probability in _neighbours(character, likely)
        ),
        key=lambda change: change[0],
    )
    changes = [(place, changed) for _, place, changed in likeliest]
    for place, changed in changes:
        yield (*read[:place], changed, *read[place + 1 :])
        if len(read) < _SHORTEST_JOINED:
            continue
        if place + 1 < len(read):
            yield (*read[:place], _joined(changed, read[place + 1], changed.text), *read[place + 2 :])
        if place:
            yield (*read[: place - 1], _joined(read[place - 1], changed, changed.text), *read[place + 1 :])
    if len(read) < _SHORTEST_TWICE:
        return
    by_place = sorted(changes[:_MOST_CHANGES], key=lambda change: change[0])
    for (place, changed), (later, changed_too) in itertools.combinations(by_place, 2):
        if place < later:
            yield (*read[:place], changed, *read[place + 1 : later], changed_too, *read[later + 1 :])


def _neighbours(character: Character, likely: Sequence[Likely]) -> list[tuple[str, float]]:
    """Other letters that may stand in a character's place, and how likely they are; the likeliest first."""
    found: dict[str, float] = {}
    for column in likely[slice(*character.columns)]:
        for text, probability in column.items():
            if text not in (BETWEEN, character.text) and text.isalpha() and probability > _LEAST_LIKELY:
                found[text] = max(probability, found.get(text, 0.0))
    return sorted(found.items(), key=lambda item: -item[1])[:_NEIGHBOURS]


def _joined(first: Character, second: Character, text: str) -> Character:
    """One character where two were read."""
    middle = (first.position + second.position) / 2
    return replace(first, text=text, position=middle, columns=(first.columns[0], second.columns[1]))
