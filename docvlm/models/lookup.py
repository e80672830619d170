"""Guesses how a reply goes on: as the page does (prompt lookup decoding).

A value is copied from the page, so the tokens after its first two are likely those that follow the same
two on the page. Guessed tokens are checked by the model in one pass; a wrong guess costs that pass a few
rows and changes nothing. The guess grows while it is right and shrinks to what was right when it is wrong
(Saxena, "Prompt Lookup Decoding", 2023; the length follows transformers' assisted generation).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_FIRST_LENGTH = 4
_MAX_LENGTH = 8


class PageLookup:
    """Finds what follows the last two tokens of a reply on the page.

    Args:
        page_ids: the tokens of the page, in the order in which the model saw them.
    """

    def __init__(self, page_ids: Sequence[int]) -> None:
        self._page_ids = page_ids
        self._after = {pair: index + 2 for index, pair in enumerate(pairwise(page_ids))}
        self._length = _FIRST_LENGTH

    def guess(self, last_two: Sequence[int]) -> list[int]:
        """The tokens that may come next; none where the page does not hold the last two."""
        start = self._after.get((last_two[0], last_two[1])) if len(last_two) == 2 else None
        return [] if start is None else list(self._page_ids[start : start + self._length])

    def learn(self, right: int, guessed: int) -> None:
        """Adapt the length of the next guess to how many tokens of the last one were right."""
        if guessed and right == guessed:
            self._length = min(_MAX_LENGTH, self._length + 2)
        elif guessed:
            self._length = right + 1
