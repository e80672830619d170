"""The model's work that is going on, by kind, so that each Stop ends its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from weakref import WeakSet


class JobKind(Enum):
    """What a person can stop by itself; ``PREFILL`` is the tab Label's, which ends with its document."""

    ASK = "ask"
    EXTRACT = "extract"
    PREFILL = "prefill"


class Jobs:
    """Pieces of work, each with an event that its worker looks at; what is over is forgotten by itself."""

    def __init__(self) -> None:
        self._cancels: dict[JobKind, WeakSet[threading.Event]] = {kind: WeakSet() for kind in JobKind}

    def begin(self, kind: JobKind) -> threading.Event:
        """Begin a piece of work; ``stop`` sets the event."""
        cancel = threading.Event()
        self._cancels[kind].add(cancel)
        return cancel

    @contextmanager
    def work(self, kind: JobKind) -> Iterator[threading.Event]:
        """The same for as long as the block lasts: a failure that is kept may keep the event alive."""
        cancel = self.begin(kind)
        try:
            yield cancel
        finally:
            cancel.set()

    def goes_on(self, kind: JobKind | None = None) -> bool:
        """Whether a piece of work, of this kind or any, has been begun, is not over and was not stopped."""
        kinds = JobKind if kind is None else (kind,)
        return any(not cancel.is_set() for one in kinds for cancel in list(self._cancels[one]))

    def stop(self, kind: JobKind | None = None) -> None:
        """Stop all work of a kind; None for every kind."""
        for one in JobKind if kind is None else (kind,):
            for cancel in list(self._cancels[one]):
                cancel.set()
