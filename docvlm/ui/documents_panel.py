"""The left of the desk: files, samples, the owner's documents. Opening one fills the other panels."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr

from docvlm.errors import DocvlmError, LimitError, PasswordError, UsageError
from docvlm.ui.assets import find_sample
from docvlm.ui.browser_values import LONGEST_PASSWORD
from docvlm.ui.callbacks import (
    IN_TURN,
    PRIVATE,
    QUICK,
    Updates,
    as_number,
    choice_of,
    clickable_html,
    failure_html,
    is_choice,
    number_of,
    sentence,
    text_in,
)
from docvlm.ui.desk import Desk
from docvlm.ui.documents_list import documents_html, samples_html
from docvlm.ui.incoming import Incoming, IncomingState, incoming_html
from docvlm.ui.library import KeptFile
from docvlm.ui.sessions import OpenView, Session
from docvlm.ui.turns import Turns, place_text
from docvlm.ui.uploads import check_own_upload, delete_upload

Outcome = TypeVar("Outcome")

MOST_FILES = 200
LISTED_DOCUMENTS = 40
AT_ONCE = 4
"""So many documents are opened, and so many pages read, at the same time."""

_TOO_MANY = f"Not opened: {MOST_FILES} files at a time. Drop the rest again, or work on a folder under Batch."
_REDRAW_SECONDS = 0.3


class DocumentsPanel:
    """Where a document comes from. Each file is kept in the owner's library before it is opened."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._openings = Turns(AT_ONCE)
        self._readings = Turns(AT_ONCE)
        self._forgotten: Callable[[Session], Updates] = lambda _: {}
        desk.sessions.when_closed(self._forget_incoming)
        self._lay_out()
        self._connect()

    @property
    def outputs(self) -> list[Any]:
        """Every component that changes when a document is opened."""
        return [self._upload, self._incoming, self.list, *self._desk.opened]

    def list_on_load(self, blocks: gr.Blocks) -> None:
        blocks.load(self._list, outputs=[self.list], show_progress="hidden", **PRIVATE)

    def when_forgotten(self, redraw: Callable[[Session], Updates]) -> None:
        """Have ``redraw`` called after answers of several documents went with a document."""
        self._forgotten = redraw

    def listed(self, session: Session) -> Updates:
        """The strip as it is now."""
        return {self.list: self._list_html(session)}

    # Widgets

    def _lay_out(self) -> None:
        self._upload = gr.File(
            label="PDFs or images",
            file_count="multiple",
            elem_id="upload",
            height=96,
            show_label=False,
        )
        self.list = clickable_html("", "documents")
        self._samples = clickable_html(samples_html(), "samples")
        self._incoming = clickable_html("", "incoming")  # last, so that it comes and goes without a push

    def _connect(self) -> None:
        outputs = self.outputs
        self._upload.upload(self._take_in, [self._upload], outputs, **QUICK)
        self._samples.select(self._open_sample, None, outputs, **QUICK)
        self.list.select(self._act, None, outputs, **QUICK)
        self.list.tick(self._act, None, outputs, **IN_TURN)
        self._incoming.submitted(self._unlock, None, outputs, **QUICK)
        self._incoming.select(self._dismiss, None, [self._incoming], **QUICK)

    # The saved documents

    def _list(self, request: gr.Request) -> Updates:
        return self.listed(self._desk.sessions.of(request))

    def _list_html(self, session: Session) -> str:
        library = self._desk.library(session)
        try:
            records = library.documents(self._desk.workspace.store, LISTED_DOCUMENTS)
        except DocvlmError as error:
            return failure_html(error)
        open_id = session.view.document.id if session.view else None
        is_cut = len(library.files()) > LISTED_DOCUMENTS
        return documents_html(records, open_id, session.selected, library.thumbnails(records), is_cut)

    def _act(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """Open, select or delete one of the owner's documents."""
        session = self._desk.sessions.of(request)
        number = number_of(event, "document")
        if number is not None:
            yield from self.open_kept(session, number)
        elif is_choice(event, "tick"):
            text, _, ticked = choice_of(event, "tick").partition(":")
            ticked_number = as_number(text)
            if ticked_number is not None:
                (session.selected.add if ticked == "1" else session.selected.discard)(ticked_number)
            yield self.listed(session)
        elif (number := number_of(event, "delete")) is not None:
            yield self.delete(session, number)

    def delete(self, session: Session, number: int) -> Updates:
        """Delete a document for good; an empty desk where it was the open one."""
        was_open = session.view is not None and session.view.document.id == number
        if was_open:
            session.close_view()
        session.selected.discard(number)
        library, store, before = self._desk.library(session), self._desk.workspace.store, session.groups
        file = library.find(store, number)
        library.delete(store, number)
        if file is not None:
            session.forget_file(file.path.name)
        forgotten = self._forgotten(session) if session.groups != before else {}
        return {**self.listed(session), **(self._desk.empty() if was_open else forgotten)}

    def open_kept(self, session: Session, number: int, page: int = 1) -> Iterator[Updates]:
        """Open a document of the owner's library at a page, then read that page."""
        file = self._desk.library(session).find(self._desk.workspace.store, number)
        name = "the document" if file is None else file.name

        def find() -> KeptFile:
            if file is None:
                raise UsageError("This document is no longer kept.", "Open its file again.")
            return file

        index = self._expect(session, [name])
        yield from self._open(session, index, find, session.begin_opening(), page=page)

    # New files

    def _take_in(self, paths: Sequence[str] | None, request: gr.Request) -> Iterator[Updates]:
        session = self._desk.sessions.of(request)
        files = [Path(path) for path in dict.fromkeys(paths or ())]
        first, opening = self._expect(session, [file.name for file in files]), session.begin_opening()
        yield {self._upload: None, self._incoming: incoming_html(session.incoming)}
        shown = False
        for index, file in enumerate(files, start=first):
            if session.leaving.is_set():
                return
            try:
                check_own_upload(file, request)
            except UsageError as error:
                yield self._note(session, index, IncomingState.FAILED, str(error))
                continue
            if index - first >= MOST_FILES:
                delete_upload(file)
                self._note(session, index, IncomingState.FAILED, _TOO_MANY)
                continue
            before = session.view
            keep = partial(self._keep, session, file)
            yield from self._open(session, index, keep, None if shown else opening)
            shown = shown or session.view is not before
        yield {self._incoming: incoming_html(session.incoming), **self.listed(session)}

    def _keep(self, session: Session, source: Path) -> KeptFile:
        """Move an upload into the library, so that no file route leads to it any more."""
        try:
            limit = self._desk.workspace.settings.limits.file_bytes
            if source.stat().st_size > limit:
                raise LimitError(
                    f"{source.name} is larger than {limit // 2**20} MB.",
                    "Split it, or start docvlm with a higher DOCVLM_LIMIT_FILE_BYTES.",
                )
            return self._desk.library(session).keep(source, source.name)
        finally:
            delete_upload(source)

    def _open_sample(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        session = self._desk.sessions.of(request)
        sample = find_sample(choice_of(event, "sample"))
        if sample is not None:
            index = self._expect(session, [sample.file_name])
            keep = partial(self._desk.library(session).keep, sample.path, sample.file_name)
            yield from self._open(session, index, keep, session.begin_opening())

    def _unlock(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        session = self._desk.sessions.of(request)
        index = text_in(event, "form", 20).removeprefix("unlock:")
        if not index.isdecimal() or int(index) >= len(session.incoming):
            return
        file = session.incoming[int(index)].file
        if file is not None:
            password = text_in(event, "password", LONGEST_PASSWORD)
            yield from self._open(session, int(index), lambda: file, session.begin_opening(), password)

    def _dismiss(self, request: gr.Request) -> Updates:
        self._forget_incoming(self._desk.sessions.of(request))
        return {self._incoming: ""}

    # Opening

    def _open(
        self,
        session: Session,
        index: int,
        find: Callable[[], KeptFile],
        opening: int | None,
        password: str | None = None,
        page: int = 1,
    ) -> Iterator[Updates]:
        """Open one file: shown first, if it is to be shown, and then read page by page.

        Args:
            index: its place among the session's incoming files.
            opening: the number that ``Session.begin_opening`` gave; it is shown unless another one has begun
                since. None for a file that is only read.
        """
        yield self._note(session, index, IncomingState.WORKING, "Opening")
        file = None
        try:
            file = find()
            draw = partial(self._drawn, session, file, password, page)
            view = yield from self._in_turn(self._openings, session, index, "Opening", draw, session.leaving)
        except PasswordError as error:
            self._note(session, index, IncomingState.LOCKED, str(error), file)
            yield {self._incoming: incoming_html(session.incoming)}
            return
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            if file is not None:
                self._desk.library(session).discard(file)
            yield self._note(session, index, IncomingState.FAILED, str(sentence(error)))
            return
        is_shown = opening == session.openings
        if is_shown:
            session.show(view)
            yield from self._desk.redrawn(
                session, lambda: {**self.listed(session), **self._desk.show(session)}
            )
        else:
            yield from self._desk.redrawn(session, lambda: self.listed(session))
        yield from self._read(session, index, view, is_shown)
        if not is_shown:
            view.close()

    def _drawn(self, session: Session, file: KeptFile, password: str | None, page: int) -> OpenView:
        """A kept file, opened, with the picture of its page and, for the strip, of its first one."""
        view = self._desk.open_view(session, file, password, page)
        view.picture()
        self._desk.library(session).keep_thumbnail(view.document.info.sha256, view.thumbnail)
        return view

    def _read(self, session: Session, index: int, view: OpenView, is_shown: bool) -> Iterator[Updates]:
        """Read all pages, so that search and questions find them; a page that fails has its reason shown.

        Each page is read in a turn of its own, so that a long scan does not hold back a short letter.
        """
        count, drawn = view.page_count, 0.0
        cancel = view.closing if is_shown else session.leaving
        try:
            if is_shown:
                what = f"Reading page {view.page_number}"
                yield self._note(session, index, IncomingState.WORKING, what)
                draw = partial(self._desk.page.draw_with_words, session, view)
                if view.document.unread([view.page_number]):
                    yield (yield from self._in_turn(self._readings, session, index, what, draw, cancel))
                else:
                    yield draw()
                yield from self._desk.redrawn(session, lambda: self._desk.after_reading(session))
            pages, unread = view.document.read(cancel=cancel), view.document.unread()
            for number in view.document.page_numbers():
                what = f"Reading page {number} of {count}"
                if time.monotonic() - drawn > _REDRAW_SECONDS:
                    drawn = time.monotonic()
                    yield self._note(session, index, IncomingState.WORKING, what)
                if number in unread:
                    read = partial(next, pages)
                    yield from self._in_turn(self._readings, session, index, what, read, cancel)
                else:
                    next(pages)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            if is_shown and session.view is not view:
                # It was closed meanwhile; what is left is read when it is asked.
                yield self._note(session, index, IncomingState.DONE, "Ready")
                return
            yield self._note(session, index, IncomingState.FAILED, str(sentence(error)))
            return
        yield self._note(session, index, IncomingState.DONE, "Ready")

    def _in_turn(
        self,
        turns: Turns,
        session: Session,
        index: int,
        what: str,
        work: Callable[[], Outcome],
        cancel: threading.Event,
    ) -> Generator[Updates, None, Outcome]:
        """Do a step of a file's work when its turn has come; who waits is told their place."""
        taking = turns.take(work, cancel)
        while True:
            try:
                before = next(taking)
            except StopIteration as done:
                outcome: Outcome = done.value
                return outcome
            yield self._note(session, index, IncomingState.WORKING, f"{what}: {place_text(before)}")

    def _note(
        self, session: Session, index: int, state: IncomingState, line: str, file: KeptFile | None = None
    ) -> Updates:
        """Say how far a file is."""
        files = list(session.incoming)
        if index < len(files):
            files[index] = replace(files[index], state=state, line=line, file=file)
            session.incoming = tuple(files)
        return {self._incoming: incoming_html(session.incoming)}

    def _expect(self, session: Session, names: Sequence[str]) -> int:
        """Add files to those that were put in; the index of the first. Settled ones are forgotten."""
        if not any(file.is_working for file in session.incoming):
            self._forget_incoming(session)
        first = len(session.incoming)
        session.incoming = (*session.incoming, *(Incoming(name) for name in names))
        return first

    def _forget_incoming(self, session: Session) -> None:
        """Empty the list; what still waits for its password is no longer kept, as nothing leads to it."""
        entries, session.incoming = session.incoming, ()
        for entry in entries:
            if entry.file is not None:
                with suppress(DocvlmError):  # what was asked for is done all the same
                    self._desk.library(session).discard_unknown(self._desk.workspace.store, entry.file)
