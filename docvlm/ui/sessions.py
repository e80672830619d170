"""What each browser tab has open. One tab never sees another's document."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from docvlm.errors import DocvlmError
from docvlm.pipeline import OpenDocument
from docvlm.types import Answer, Box, Extraction, PageStatus
from docvlm.ui.library import KeptFile
from docvlm.ui.page_view import PagePicture, picture_of

MAX_SESSIONS = 24
KEPT_PICTURES = 8


@dataclass(slots=True, eq=False)
class OpenView:
    """An open document and where the user is in it.

    ``chosen`` names what is lit: ``answer:2``, ``field:0`` or None. ``cancel`` stops the work in progress.
    """

    document: OpenDocument
    page_number: int = 1
    answers: list[Answer] = field(default_factory=list)
    extraction: Extraction | None = None
    chosen: str | None = None
    lit: tuple[int | None, tuple[Box, ...]] = (None, ())
    cancel: threading.Event = field(default_factory=threading.Event)
    _pictures: OrderedDict[int, PagePicture] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def page_count(self) -> int:
        return self.document.info.page_count

    @property
    def evidence(self) -> tuple[Box, ...]:
        """The lit boxes on the page that is shown."""
        page, boxes = self.lit
        return boxes if page == self.page_number else ()

    def light(self, chosen: str | None, page: int | None, boxes: tuple[Box, ...]) -> None:
        """Light boxes up and go to their page."""
        self.chosen, self.lit = chosen, (page, boxes)
        if page is not None:
            self.page_number = page

    def turn_to(self, number: int) -> None:
        self.page_number = min(max(1, number), self.page_count)

    def picture(self) -> PagePicture:
        """The page that is shown, drawn once and kept for a while."""
        number = self.page_number
        with self._lock:
            if number not in self._pictures:
                self._pictures[number] = self._draw(number)
            self._pictures.move_to_end(number)
            while len(self._pictures) > KEPT_PICTURES:
                self._pictures.popitem(last=False)
            return self._pictures[number]

    def picture_with_words(self) -> PagePicture:
        """The same after the page has been read."""
        picture = self.picture()
        if picture.words is not None or picture.problem:
            return picture
        outcome = next(iter(self.document.read([picture.number])))
        words = outcome.reading.words if outcome.reading is not None else ()
        read = PagePicture(
            picture.number, picture.width, picture.height, picture.image_uri, picture.tiles, words
        )
        with self._lock:
            self._pictures[picture.number] = read
        return read

    def close(self) -> None:
        self.cancel.set()
        self.document.close()

    def _draw(self, number: int) -> PagePicture:
        try:
            page, plan = self.document.tile_plan(number)
        except DocvlmError as error:
            return PagePicture(number, 0, 0, "", problem=str(error))
        if page.image is None or page.status is not PageStatus.OK:
            return PagePicture(number, 0, 0, "", problem=page.reason or "")
        return picture_of(number, page.image, plan)


@dataclass(slots=True, eq=False)
class Session:
    """One browser tab. ``locked`` is a file that waits for its password."""

    view: OpenView | None = None
    locked: KeptFile | None = None

    def show(self, view: OpenView) -> None:
        """Replace the open document."""
        self.close()
        self.view = view

    def close(self) -> None:
        if self.view is not None:
            self.view.close()
            self.view = None


class Sessions:
    """The tabs by the identifier that Gradio gives them; those unused for longest are closed."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, identifier: str) -> Session:
        with self._lock:
            session = self._sessions.setdefault(identifier, Session())
            self._sessions.move_to_end(identifier)
            surplus = [
                self._sessions.popitem(last=False)[1] for _ in range(len(self._sessions) - MAX_SESSIONS)
            ]
        for old in surplus:
            old.close()
        return session

    def end(self, identifier: str) -> None:
        with self._lock:
            session = self._sessions.pop(identifier, None)
        if session is not None:
            session.close()
