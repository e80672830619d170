"""What each browser tab has open. One tab never sees another's document."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import gradio as gr

from docvlm.errors import DocvlmError
from docvlm.pipeline import CheckedExtraction, DocumentLabels, OpenDocument
from docvlm.schemas import Schema
from docvlm.types import Answer
from docvlm.ui.batch_view import BatchView
from docvlm.ui.conversation import Asked, Group, Part
from docvlm.ui.incoming import Incoming
from docvlm.ui.jobs import JobKind, Jobs
from docvlm.ui.label_state import LabelState
from docvlm.ui.library_view import Filters
from docvlm.ui.owners import owner_of
from docvlm.ui.page_view import THUMBNAIL_SIDE, PagePicture, data_uri, picture_of

MAX_SESSIONS = 24
KEPT_PICTURES = 8
KEPT_GROUPS = 20


@dataclass(slots=True, eq=False)
class OpenView:
    """An open document and where the user is in it.

    ``asked`` are the questions and answers, the last one last.
    ``checked`` are its values with a person's labels over them, None before anything was extracted or
    labelled. ``prefilled`` are the keys of the schemas for which the model was asked to look, ``looking``
    those for which it still does, ``unseen`` those for which it failed to or was stopped; ``questions`` are
    those of the tab Label in the order in which they stand there. ``jobs`` is the model's work on it;
    ``closing`` is set when it is closed.
    """

    document: OpenDocument
    labels: DocumentLabels
    page_number: int = 1
    asked: list[Asked] = field(default_factory=list)
    checked: CheckedExtraction | None = None
    thumbnail: str = ""
    prefilled: set[str] = field(default_factory=set)
    looking: set[str] = field(default_factory=set)
    unseen: set[str] = field(default_factory=set)
    questions: list[str] = field(default_factory=list)
    jobs: Jobs = field(default_factory=Jobs)
    closing: threading.Event = field(default_factory=threading.Event)
    _pictures: OrderedDict[int, PagePicture] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        return self.document.info.name

    @property
    def page_count(self) -> int:
        return self.document.info.page_count

    @property
    def answers(self) -> list[Answer]:
        """The answers about the document, and what a page answers that it was not asked itself."""
        whole = {asked.answer.question for asked in self.asked if asked.part is None}
        return [
            asked.answer
            for asked in self.asked
            if asked.part is None or (asked.may_be_label and asked.answer.question not in whole)
        ]

    def forget_answer(self, question: str, part: Part | None = None) -> None:
        """Take the answer to a question out of the conversation, because it is asked again."""
        self.asked = [asked for asked in self.asked if not asked.answers(question, part)]

    def add_answer(self, answer: Answer, part: Part | None = None) -> None:
        """Put an answer last, in the place of an earlier one to the same question about the same part."""
        self.forget_answer(answer.question, part)
        self.asked = [*self.asked, Asked(answer, part)]

    def turn_to(self, number: int) -> None:
        self.page_number = min(max(1, number), self.page_count)

    def picture(self) -> PagePicture:
        """The page that is shown, drawn once and kept for a while; its tiles come once the model is there."""
        number = self.page_number
        with self._lock:
            if number not in self._pictures:
                self._pictures[number] = self._draw(number)
            elif self._pictures[number].lacks_tiles:
                self._pictures[number] = self._tiled(self._pictures[number])
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
        read = replace(picture, words=words)
        with self._lock:
            self._pictures[picture.number] = read
        return read

    def close(self) -> None:
        self.closing.set()
        self.jobs.stop()
        self.document.close()

    def _draw(self, number: int) -> PagePicture:
        try:
            page = self.document.drawn_page(number)
        except DocvlmError as error:
            return PagePicture(number, 0, 0, "", problem=str(error))
        if page.image is None:
            return PagePicture(number, 0, 0, "", problem=page.reason or "")
        if number == 1:
            self.thumbnail = data_uri(page.image, THUMBNAIL_SIDE)
        return self._tiled(picture_of(number, page.image))

    def _tiled(self, picture: PagePicture) -> PagePicture:
        plan = self.document.plan_by_now(picture.width, picture.height)
        return picture if plan is None else replace(picture, tiles=plan.tiles)


@dataclass(slots=True, eq=False)
class Session:
    """One browser tab.

    ``schema`` names the schema that the user chose, empty where the document's kind decides;
    ``building`` is the one that the schema builder was filled with.
    ``incoming`` are the files put in last, with what became of them; ``selected`` the documents with a tick.
    ``groups`` are the latest questions about several documents, answered, oldest first; ``passwords`` those
    that opened its encrypted documents, by the name of the kept file. They are kept here and nowhere else.
    ``openings`` counts those of documents that were to be shown.
    ``jobs`` is the model's work on documents that are not shown; ``filters`` is what the library shows,
    ``batch`` which batch is looked at, ``label`` where the user is in the tab Label.
    ``leaving`` is set when the tab is closed, and ends work on files that are not shown.
    """

    owner: str
    view: OpenView | None = None
    schema: str = ""
    building: Schema | None = None
    incoming: tuple[Incoming, ...] = ()
    selected: set[int] = field(default_factory=set)
    groups: tuple[Group, ...] = ()
    passwords: dict[str, str] = field(default_factory=dict, repr=False)
    openings: int = 0
    jobs: Jobs = field(default_factory=Jobs)
    filters: Filters = field(default_factory=Filters)
    batch: BatchView = field(default_factory=BatchView)
    label: LabelState = field(default_factory=LabelState)
    leaving: threading.Event = field(default_factory=threading.Event)

    @property
    def is_working(self) -> bool:
        """Whether files are taken in or the model works for this tab."""
        return self.goes_on() or any(file.is_working for file in self.incoming)

    def begin_opening(self) -> int:
        """A document is to be shown once it is open; its number, the highest until another one is begun."""
        self.openings += 1
        return self.openings

    def show(self, view: OpenView) -> None:
        """Replace the open document."""
        self.close_view()
        self.view = view

    def keep_group(self, group: Group) -> None:
        """Keep a question about several documents; the oldest one gives way."""
        self.groups = (*self.groups, group)[-KEPT_GROUPS:]

    def forget_file(self, name: str) -> None:
        """Forget what was answered of a document that is deleted, and its password.

        Args:
            name: what its kept file is called.
        """
        self.passwords.pop(name, None)
        self.groups = tuple(group for group in self.groups if name not in group.files)

    def goes_on(self, kind: JobKind | None = None) -> bool:
        """Whether work of a kind goes on, on the open document or on others."""
        return self.jobs.goes_on(kind) or (self.view is not None and self.view.jobs.goes_on(kind))

    def stop(self, kind: JobKind | None = None) -> None:
        """Stop the work of a kind, or all, on the open document and on others."""
        self.jobs.stop(kind)
        if self.view is not None:
            self.view.jobs.stop(kind)

    def close_view(self) -> None:
        if self.view is not None:
            self.view.close()
            self.view = None

    def close(self) -> None:
        self.leaving.set()
        self.stop()
        self.close_view()
        self.groups = ()
        self.passwords.clear()


class Sessions:
    """The tabs by the identifier that Gradio gives them; those unused for longest are closed."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[tuple[str, str], Session] = OrderedDict()
        self._lock = threading.Lock()
        self._tidy: Callable[[Session], None] = lambda _: None

    def when_closed(self, tidy: Callable[[Session], None]) -> None:
        """Have ``tidy`` called with each tab that was closed."""
        self._tidy = tidy

    def of(self, request: gr.Request) -> Session:
        """What is open in the tab that sent the request."""
        return self.get(owner_of(request), str(request.session_hash))

    def get(self, owner: str, identifier: str) -> Session:
        """The tab of this owner; another owner who names the same tab gets a tab of their own."""
        key = (owner, identifier)
        with self._lock:
            session = self._sessions.setdefault(key, Session(owner))
            self._sessions.move_to_end(key)
            surplus = [self._sessions.pop(other) for other in self._giving_way_to(key)]
        for old in surplus:
            self._close(old)
        return session

    def _giving_way_to(self, key: tuple[str, str]) -> list[tuple[str, str]]:
        """The tabs that are too many: idle ones before busy ones, those unused for longest first."""
        others = [other for other in self._sessions if other != key]
        others.sort(key=lambda other: self._sessions[other].is_working)
        return others[: max(0, len(self._sessions) - MAX_SESSIONS)]

    def end(self, request: gr.Request) -> None:
        """Close the tab that sent the request."""
        with self._lock:
            session = self._sessions.pop((owner_of(request), str(request.session_hash)), None)
        if session is not None:
            self._close(session)

    def _close(self, session: Session) -> None:
        session.close()
        self._tidy(session)
