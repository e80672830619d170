"""Connectionist temporal classification (Graves et al., ICML 2006): from columns of a line to its characters.

The recogniser says of each column of a line how likely every character is there, or none (the blank). A
character may take several columns; two equal ones have a blank between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BLANK = 0
"""The blank's place in an alphabet."""

BETWEEN = ""
"""The key of blank and spaces together, which no word contains, in :data:`Likely`."""

Likely = Mapping[str, float]
"""What one column may show, with its probability; what is less likely than ``UNLIKELY`` is left out."""

UNLIKELY = 1e-5
_MOST = 20  # characters of a column; where nothing can be read there are thousands
CERTAIN = 0.9995
"""A character read with at least this probability is not doubted."""

SPACE = 0.4
"""Two characters with a space at least this likely between them belong to two words."""


@dataclass(frozen=True, slots=True)
class Character:
    """One recognised character and the centre of its column, as a share [0, 1] of the line's length."""

    text: str
    position: float
    confidence: float
    space_before: float = 0.0
    """Highest probability of a space between this character and the one before it."""

    columns: tuple[int, int] = (0, 0)
    """The first column, from 0, and the one behind the last."""


@dataclass(frozen=True, slots=True, eq=False)
class Alphabet:
    """What each number of the network's output stands for, and which of them are white space."""

    characters: tuple[str, ...]
    spaces: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, characters: Sequence[str]) -> Alphabet:
        return cls(tuple(characters), np.array([character.isspace() for character in characters]))


def decode(probabilities: npt.NDArray[np.float32], alphabet: Alphabet, width: float) -> tuple[Character, ...]:
    """Greedy decoding (section 3.2 of the paper) that keeps columns and spaces.

    Args:
        probabilities: shape (columns, alphabet).
        width: of the line, in columns; what lies beyond is padding.
    """
    best = probabilities.argmax(axis=1)
    confidence = probabilities[np.arange(len(best)), best]
    space = probabilities[:, alphabet.spaces].max(axis=1)
    blank_or_space = (best == BLANK) | alphabet.spaces[best]
    characters: list[Character] = []
    last_end = 0
    column = 0
    while column < len(best):
        end = column + 1
        while end < len(best) and best[end] == best[column]:
            end += 1
        if not blank_or_space[column]:
            gap = space[last_end:column]
            characters.append(
                Character(
                    alphabet.characters[best[column]],
                    min((column + end) / 2 / width, 1.0),
                    float(confidence[column:end].max()),
                    float(gap.max()) if characters and len(gap) else 0.0,
                    (column, end),
                )
            )
            last_end = end
        column = end
    return tuple(characters)


def likely_characters(probabilities: npt.NDArray[np.float32], alphabet: Alphabet) -> tuple[Likely, ...]:
    """What each column may show; see :data:`Likely`."""
    columns: list[Likely] = []
    for row in probabilities:
        found: dict[str, float] = {}
        numbers = np.flatnonzero(row > UNLIKELY)
        if len(numbers) > _MOST:
            numbers = np.argpartition(row, -_MOST)[-_MOST:]
        for number in numbers:
            between = number == BLANK or alphabet.spaces[number]
            text = BETWEEN if between else alphabet.characters[number]
            found[text] = found.get(text, 0.0) + float(row[number])
        columns.append(found)
    return tuple(columns)


def log_probability(columns: Sequence[Likely], text: str) -> float:
    """The logarithm of the probability that ``columns`` spell ``text``, over all ways to lay it out.

    The forward variables of section 4.1, made to add up to 1 after each column.
    """
    states = [BETWEEN, *(state for character in text for state in (character, BETWEEN))]
    skips = [place > 1 and state not in (BETWEEN, states[place - 2]) for place, state in enumerate(states)]
    forward = np.zeros(len(states))
    forward[:2] = 1.0
    # Before the first column: as if a blank stood there, from which one may stay or go on.
    total = 0.0
    may_skip = np.array(skips)
    for number, column in enumerate(columns):
        if number:
            ahead = forward.copy()
            ahead[1:] += forward[:-1]
            ahead[2:] += np.where(may_skip[2:], forward[:-2], 0.0)
            forward = ahead
        forward = forward * [column.get(state, UNLIKELY) for state in states]
        sum_of_all = forward.sum()
        total += float(np.log(sum_of_all))
        forward /= sum_of_all
    return total + float(np.log(max(forward[-2:].sum(), 1e-300)))
