"""Keeps what a model computed for a page (vision features, keys and values) for the next question."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Prefix:
    """A page inside a model.

    Attributes:
        cache: transformers' key/value cache; cut back to ``length`` by ``rewind`` after every reply.
        length: tokens of the page's part of the prompt, image tokens included.
        extra: what the engine needs to go on from here besides the cache (such as position offsets).
    """

    cache: Any
    length: int
    extra: Any = None

    def rewind(self) -> None:
        """Cut the cache back to the page, as it was before a reply."""
        surplus = self.cache.get_seq_length() - self.length
        if surplus > 0:
            self.cache.crop(-surplus)


class PrefixCache:
    """The prefixes used last, bounded by their tokens, because keys and values cost memory a token.

    The newest prefix is kept even where it alone exceeds the bound.
    """

    def __init__(self, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._prefixes: OrderedDict[str, Prefix] = OrderedDict()

    def get(self, key: str) -> Prefix | None:
        prefix = self._prefixes.get(key)
        if prefix is not None:
            self._prefixes.move_to_end(key)
        return prefix

    def put(self, key: str, prefix: Prefix) -> None:
        self._prefixes[key] = prefix
        self._prefixes.move_to_end(key)
        while len(self._prefixes) > 1 and self.tokens > self._max_tokens:
            self._prefixes.popitem(last=False)

    def drop(self, key: str) -> None:
        self._prefixes.pop(key, None)

    def clear(self) -> None:
        self._prefixes.clear()

    @property
    def tokens(self) -> int:
        return sum(prefix.length for prefix in self._prefixes.values())
