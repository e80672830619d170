"""How much is computed at once is limited by tokens, because memory is what they take."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TokenGate:
    """Lets workers in while they hold at most ``most`` tokens together; a larger one goes in alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._changed = threading.Condition()

    @contextmanager
    def of(self, tokens: int) -> Iterator[None]:
        """Wait until there is room for ``tokens`` and hold it."""
        with self._changed:
            self._changed.wait_for(lambda: not self._held or self._held + tokens <= self._most)
            self._held += tokens
        try:
            yield
        finally:
            with self._changed:
                self._held -= tokens
                self._changed.notify_all()
