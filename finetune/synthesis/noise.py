"""Light reader mistakes: misread characters, lost spaces, lost words of no fact.

The page and the targets suffer alike, because a target is what the page's words say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from docvlm.types import Box
from finetune.synthesis.page import CELL_WIDTH, MarkedWord

_MISREAD = dict(
    zip(
        "O01lIiS5B8ZgecnmuhatECDUMHRTéüöä.",
        "0Ol1l15S8B2qcernvbofFG0VNNPIeuoa,",
        strict=True,
    )
)
"""What a reader may take a character for."""


def read_badly(words: Sequence[MarkedWord], rng: Random) -> list[MarkedWord]:
    """Half of the documents stay clean; the others get a rate of mistakes of their own."""
    if rng.random() < 0.5:
        return list(words)
    misread, merge = rng.uniform(0, 0.015), rng.uniform(0, 0.08)
    noisy: list[MarkedWord] = []
    for word in words:
        word = _misread(word, misread, rng)
        before = noisy[-1] if noisy else None
        if before is not None and _are_neighbours(before, word) and rng.random() < merge:
            noisy[-1] = replace(before, text=before.text + word.text, box=Box.around((before.box, word.box)))
        else:
            noisy.append(word)
    return noisy


def _misread(word: MarkedWord, rate: float, rng: Random) -> MarkedWord:
    # Digits of values stay: a reader rarely errs there, and a wrong amount teaches nothing.
    text = "".join(
        _MISREAD.get(letter, letter) if not letter.isdigit() and rng.random() < rate else letter
        for letter in word.text
    )
    return replace(word, text=text)


def _are_neighbours(before: MarkedWord, word: MarkedWord) -> bool:
    """Whether one space parts two words of one fact (or of none)."""
    return (
        before.row == word.row
        and before.fact == word.fact
        and word.box.x0 - before.box.x1 < 1.6 * CELL_WIDTH
        and not before.text.endswith(":")
    )
