"""Work that only a few may do at a time, in the order in which they came; who waits knows their place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

from docvlm.errors import Cancelled

Outcome = TypeVar("Outcome")

_LAPSE_SECONDS = 10.0
"""Who has not asked for so long is gone, and nobody waits for them any more."""


def place_text(before: int) -> str:
    """What is said to somebody who waits."""
    return f"waiting, {before} before you" if before else "waiting, you are next"


@dataclass(slots=True, eq=False)
class _Place:
    asked: float


class Turns:
    """A few at a time, first come, first served.

    Gradio's own queue counts whole callbacks, and one that reads a long scan would hold back the clicks of
    everybody else. Here a turn is one step of such a callback, a page for instance.

    Args:
        at_once: so many have their turn at the same time.
        ask_seconds: how often those who wait are told their place.
    """

    def __init__(self, at_once: int, ask_seconds: float = 0.3) -> None:
        self._free = at_once
        self._ask_seconds = ask_seconds
        self._places: list[_Place] = []
        self._changed = threading.Condition()

    def take(
        self, work: Callable[[], Outcome], cancel: threading.Event | None = None
    ) -> Generator[int, None, Outcome]:
        """Wait for a turn, do the work in it, and return what came of it.

        Yields:
            How many are before, whenever that changes; nothing where the turn comes at once.

        Raises:
            Cancelled: when ``cancel`` was set meanwhile.
        """
        place, told = self._line_up(), -1
        try:
            while (before := self._await(place)) is not None:
                if cancel is not None and cancel.is_set():
                    raise Cancelled
                if before != told:
                    told = before
                    yield before
        finally:
            self._step_out(place)
        try:
            return work()
        finally:
            self._end()

    def _line_up(self) -> _Place:
        place = _Place(time.monotonic())
        with self._changed:
            self._places.append(place)
        return place

    def _await(self, place: _Place) -> int | None:
        """None once the turn has come; else, after a while, how many are before."""
        with self._changed:
            place.asked = time.monotonic()
            self._changed.wait_for(lambda: self._may_begin(place), self._ask_seconds)
            place.asked = time.monotonic()
            if not self._may_begin(place):
                return self._places.index(place)
            self._free -= 1
            self._places.remove(place)
            self._changed.notify_all()
            return None

    def _may_begin(self, place: _Place) -> bool:
        # A tab that was closed leaves its callback where it stands, and Python ends it some time later.
        gone = time.monotonic() - _LAPSE_SECONDS
        self._places = [one for one in self._places if one.asked > gone or one is place]
        if place not in self._places:
            self._places.append(place)
        return self._free > 0 and self._places[0] is place

    def _step_out(self, place: _Place) -> None:
        with self._changed:
            if place in self._places:
                self._places.remove(place)
                self._changed.notify_all()

    def _end(self) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify_all()
