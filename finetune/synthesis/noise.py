"""Reader mistakes, light and heavy: misread characters, lost or added spaces, logos read as letters.

The page and the targets suffer alike, because a target is what the page's words say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from docvlm.types import Box
from finetune.synthesis.page import CELL_WIDTH, MarkedWord

_LIKE = {
    "O": "0Q", "0": "O", "1": "lI", "l": "1I", "i": "1l", "I": "1l", "S": "5", "5": "S", "B": "8", "8": "B",
    "Z": "2", "g": "9q", "e": "co", "c": "eo", "n": "mr", "m": "n", "u": "v", "h": "b", "a": "o", "t": "f",
    "E": "FL", "C": "G", "G": "C", "D": "O", "U": "V", "M": "HN", "N": "H", "H": "N", "R": "P", "T": "I",
    "P": "F", "V": "Y", "Y": "V", "W": "H", "K": "X", "r": "n", "f": "t", "s": "5", "é": "e", "ü": "u",
    "ö": "o", "ä": "a", "à": "a", "è": "e", ".": ",", ",": ".", ":": ".",
}  # fmt: skip
"""What a reader may take a character for."""

_LOST = ".,:'-"
"""Small marks that a reader may not see at all."""


@dataclass(frozen=True, slots=True)
class _Care:
    """How badly one document is read: the chance of each mistake, for a character or a gap."""

    misread: float = 0.0
    lost: float = 0.0
    glued: float = 0.0
    torn: float = 0.0


def read_badly(words: Sequence[MarkedWord], rng: Random) -> list[MarkedWord]:
    """Close to half of the documents stay clean; the others get a rate of mistakes of their own."""
    care = _care(rng)
    if care == _Care():
        return list(words)
    noisy: list[MarkedWord] = []
    for word in words:
        word = _misread(word, care, rng)
        before = noisy[-1] if noisy else None
        if before is not None and _are_neighbours(before, word) and rng.random() < care.glued:
            noisy[-1] = replace(before, text=before.text + word.text, box=Box.around((before.box, word.box)))
        else:
            noisy.append(word)
    return [part for word in noisy for part in _torn(word, care, rng)]


def sheared(words: Sequence[MarkedWord], rng: Random) -> list[MarkedWord]:
    """Words of a page that lies askew: what stands at the right comes lower or higher, by a row or two."""
    slope = rng.choice((-1, 1)) * rng.uniform(0.01, 0.04)
    return [
        replace(word, box=replace(word.box, y0=word.box.y0 + shift, y1=word.box.y1 + shift))
        for word in words
        for shift in (slope * word.box.x0,)
    ]


def _care(rng: Random) -> _Care:
    place = rng.random()
    if place < 0.45:
        return _Care()
    if place < 0.8:
        return _Care(rng.uniform(0, 0.012), rng.uniform(0, 0.02), rng.uniform(0, 0.08), rng.uniform(0, 0.005))
    # A crumpled receipt on a photo: whole lines run together, a letter in twenty is wrong.
    glued = rng.choice((0.05, 0.2, 0.6))
    return _Care(rng.uniform(0.01, 0.05), rng.uniform(0, 0.08), glued, rng.uniform(0, 0.02))


def _misread(word: MarkedWord, care: _Care, rng: Random) -> MarkedWord:
    # Digits of values stay: a reader rarely errs there, and a wrong amount teaches nothing.
    text = "".join(_letter(letter, word, care, rng) for letter in word.text)
    return replace(word, text=text) if text else word


def _letter(letter: str, word: MarkedWord, care: _Care, rng: Random) -> str:
    if letter.isdigit() or (word.fact and letter in ".," and any(other.isdigit() for other in word.text)):
        return letter
    if letter in _LOST and rng.random() < care.lost:
        return ""
    return rng.choice(_LIKE[letter]) if letter in _LIKE and rng.random() < care.misread else letter


def _torn(word: MarkedWord, care: _Care, rng: Random) -> list[MarkedWord]:
    """The word, or two halves of it; figures stay whole."""
    if len(word.text) < 5 or not word.text.isalpha() or rng.random() >= care.torn:
        return [word]
    cut = rng.randint(2, len(word.text) - 2)
    middle = word.box.x0 + word.box.width * cut / len(word.text)
    return [
        replace(word, text=word.text[:cut], box=replace(word.box, x1=middle - 1)),
        replace(word, text=word.text[cut:], box=replace(word.box, x0=middle + 1)),
    ]


def _are_neighbours(before: MarkedWord, word: MarkedWord) -> bool:
    """Whether one space parts two words of one fact (or of none)."""
    return (
        before.row == word.row
        and before.fact == word.fact
        and word.box.x0 - before.box.x1 < 1.6 * CELL_WIDTH
        and not before.text.endswith(":")
    )
