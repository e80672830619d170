"""The tab Library: everything kept of this owner, searched, filtered, opened again, deleted for good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import gradio as gr

from docvlm.ui import library_html
from docvlm.ui.assets import script
from docvlm.ui.callbacks import (
    IN_TURN,
    QUICK,
    Updates,
    as_number,
    choice_of,
    clickable_html,
    failure_html,
    is_choice,
    no_updates,
    number_of,
    text_in,
)
from docvlm.ui.desk import Desk
from docvlm.ui.documents_panel import DocumentsPanel
from docvlm.ui.library_view import (
    CONFIDENCE_TITLES,
    DAYS,
    ORDERS,
    Entry,
    Filters,
    Kinds,
    Status,
    entries,
    filtered,
    statistics,
)
from docvlm.ui.pager import entries_on, nearest_page
from docvlm.ui.sessions import Session

MOST_HITS = 100
LONGEST_QUERY = 200


class LibraryTab:
    """Lists what the owner keeps. A document that is opened here is shown on the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kinds = Kinds()
        self._figures = gr.HTML("", elem_id="library-figures", apply_default_css=False)
        self._filters = gr.HTML(
            "",
            elem_id="library-filters",
            js_on_load=script("choices.js", "live_form.js"),
            apply_default_css=False,
        )
        self._list = clickable_html("", "library")

    def connect(self, documents: DocumentsPanel, rooms: gr.Tabs, tab: gr.Tab) -> None:
        """Wire the events; a document is opened through ``documents``, on the tab ``desk`` of ``rooms``."""
        self._documents, self._rooms = documents, rooms
        everything = [self._figures, self._filters, self._list]
        tab.select(self._show, None, everything, **QUICK)
        # Not "always_last": Gradio would send the values of the first of the waiting changes again.
        self._filters.submitted(self._filter, None, [self._list], **QUICK)
        outputs = [*dict.fromkeys([*everything, rooms, *documents.outputs])]
        self._list.select(self._act, None, outputs, **QUICK)
        self._list.tick(self._act, None, outputs, **IN_TURN)

    # Events

    def _show(self, request: gr.Request) -> Updates:
        return self.shown(self._desk.sessions.of(request))

    def _filter(self, event: gr.EventData, request: gr.Request) -> Updates:
        session = self._desk.sessions.of(request)
        wanted = _filters_of(event)
        if wanted.change < session.filters.change:
            return no_updates()  # it came after what was asked for later
        session.filters = wanted
        return self._guarded(lambda: self._drawn(session, self._entries(session))) or no_updates()

    def _act(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """Open, tick or delete documents, or turn the list."""
        session = self._desk.sessions.of(request)
        if is_choice(event, "open"):
            yield from self._open(session, choice_of(event, "open"))
        elif (number := number_of(event, "delete")) is not None:
            yield self._guarded(lambda: {**self._documents.delete(session, number), **self.shown(session)})
        elif is_choice(event, "delete-ticked"):
            yield self._guarded(lambda: self._delete_ticked(session))
        else:
            if is_choice(event, "clear"):
                session.filters = Filters(change=session.filters.change)
            elif (page := number_of(event, "page")) is not None:
                session.filters = replace(session.filters, page=page)
            else:
                self._tick(session, event)
            yield self._guarded(lambda: {**self.shown(session), **self._documents.listed(session)})

    def _open(self, session: Session, choice: str) -> Iterator[Updates]:
        number, _, page = choice.partition(":")
        document = as_number(number)
        if document is not None:
            opening = self._documents.open_kept(session, document, as_number(page) or 1)
            yield {self._rooms: gr.Tabs(selected="desk"), **next(opening, {})}
            yield from opening

    def _tick(self, session: Session, event: gr.EventData) -> None:
        if is_choice(event, "untick"):
            session.selected.clear()
        elif is_choice(event, "tick-all"):
            passing = self._passing(session)
            shown = entries_on(nearest_page(session.filters.page, len(passing)), passing)
            session.selected |= {entry.overview.record.id for entry in shown}
        else:
            number, _, ticked = choice_of(event, "tick").partition(":")
            document = as_number(number)
            if document is not None and self._desk.library(session).find(
                self._desk.workspace.store, document
            ):
                (session.selected.add if ticked == "1" else session.selected.discard)(document)

    def _delete_ticked(self, session: Session) -> Updates:
        updates: Updates = {}
        for number in sorted(session.selected):
            updates |= self._documents.delete(session, number)
        session.selected.clear()
        return {**updates, **self.shown(session)}

    # What is shown

    def shown(self, session: Session) -> Updates:
        """The whole tab as it is now."""

        def show() -> Updates:
            known = self._entries(session)
            kinds = Counter(entry.kind for entry in known)
            figures = statistics(entry.overview for entry in known)
            return {
                self._figures: library_html.statistics_html(figures) if known else "",
                self._filters: library_html.filters_html(kinds, session.filters),
                **self._drawn(session, known),
            }

        return self._guarded(show)

    def _entries(self, session: Session) -> list[Entry]:
        store = self._desk.workspace.store
        overviews = self._desk.library(session).overviews(store)
        return entries(overviews, self._kinds.of(store, overviews))

    def _passing(self, session: Session) -> list[Entry]:
        return filtered(self._entries(session), session.filters, datetime.now(UTC))

    def _drawn(self, session: Session, known: Sequence[Entry]) -> Updates:
        """The list; nothing where something else was asked for meanwhile, whose list is the later one."""
        filters = session.filters
        html = self._list_html(session, known, filters)
        return {self._list: html} if session.filters is filters else {}

    def _list_html(self, session: Session, known: Sequence[Entry], filters: Filters) -> str:
        passing = filtered(known, filters, datetime.now(UTC))
        if filters.query:
            return self._hits_html(session, passing, filters)
        nearest = replace(filters, page=nearest_page(filters.page, len(passing)))
        page = entries_on(nearest.page, passing)
        thumbnails = self._desk.library(session).thumbnails([entry.overview.record for entry in page])
        return library_html.list_html(page, len(passing), nearest, session.selected, thumbnails)

    def _hits_html(self, session: Session, passing: Sequence[Entry], filters: Filters) -> str:
        store = self._desk.workspace.store
        numbers = {entry.overview.record.id for entry in passing}
        hits = self._desk.library(session).search(store, filters.query, MOST_HITS, numbers)
        return library_html.hits_html(hits, filters, is_cut=len(hits) == MOST_HITS)

    def _guarded(self, make: Any) -> Updates:
        try:
            updates: Updates = make()
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            return {self._list: failure_html(error)}
        return updates


def _filters_of(event: gr.EventData) -> Filters:
    """What the form asks for; a choice that is none of those offered filters nothing."""

    def chosen(name: str, known: Any) -> str:
        value = text_in(event, name, 80)
        return value if value in known else ""

    return Filters(
        query=" ".join(text_in(event, "query", LONGEST_QUERY).split()),
        kind=text_in(event, "kind", 80),
        status=chosen("status", list(Status)),
        confidence=chosen("confidence", CONFIDENCE_TITLES),
        days=chosen("days", DAYS),
        order=chosen("order", ORDERS) or "latest",
        change=as_number(text_in(event, "change", 9)) or 0,
    )
