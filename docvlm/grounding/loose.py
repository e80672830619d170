"""Where a value stands that was written freely: the same letters and digits, whatever is between them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

_VALUE_PUNCTUATION = frozenset(".,-+/%")  # between digits it is part of the number


def loose_spans(words: Sequence[str], value: str) -> Iterator[tuple[int, int]]:
    """Each run of whole words whose letters and digits are those of ``value``: its first and last + 1.

    Case, accents, spaces and punctuation may differ, but not what stands between two digits: ``12.50``
    is not ``1250``.
    """
    wanted = skeleton(value)
    if not wanted:
        return
    skeletons = [skeleton(word) for word in words]
    for start, first in enumerate(skeletons):
        if not first or not wanted.startswith(first):
            continue
        length, end = 0, start
        while end < len(words) and length < len(wanted):
            length += len(skeletons[end])
            end += 1
        if skeleton(" ".join(words[start:end])) == wanted:
            yield start, end


def skeleton(text: str) -> str:
    """The letters and digits of a text, folded, and what stands between two digits."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    kept = [
        character
        for position, character in enumerate(folded)
        if character.isalnum() or _is_inside_number(folded, position)
    ]
    return "".join(kept)


def _is_inside_number(text: str, position: int) -> bool:
    return (
        text[position] in _VALUE_PUNCTUATION
        and text[position - 1 : position].isdigit()
        and text[position + 1 : position + 2].isdigit()
    )
