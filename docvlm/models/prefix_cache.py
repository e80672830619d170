"""Keeps what a model computed for a page (vision features, keys and values) for the next question."""

from __future__ import annotations

from collections import OrderedDict

from docvlm.models.cached_model import CachedModel


class PrefixCache:
    """The pages used last, bounded by their tokens, because keys and values cost memory a token.

    The newest page is kept even where it alone exceeds the bound.
    """

    def __init__(self, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._prefixes: OrderedDict[str, CachedModel] = OrderedDict()

    def get(self, key: str) -> CachedModel | None:
        prefix = self._prefixes.get(key)
        if prefix is not None:
            self._prefixes.move_to_end(key)
        return prefix

    def put(self, key: str, prefix: CachedModel) -> None:
        self._prefixes[key] = prefix
        self._prefixes.move_to_end(key)
        while len(self._prefixes) > 1 and self.tokens > self._max_tokens:
            self._prefixes.popitem(last=False)

    def clear(self) -> None:
        self._prefixes.clear()

    @property
    def tokens(self) -> int:
        return sum(prefix.length for prefix in self._prefixes.values())
