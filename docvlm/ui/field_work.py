"""What Extract and Label share: the schema in use, the sheet of the open document, edits and undo."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import reduce

import gradio as gr

from docvlm.errors import UsageError
from docvlm.pipeline import CheckedExtraction, RowMoves, WindowDone, guess_kind
from docvlm.schemas import Schema, SchemaShelf
from docvlm.types import Extraction
from docvlm.ui.browser_values import LONGEST_NAME, edits_of
from docvlm.ui.callbacks import as_number, text_in, value_in
from docvlm.ui.desk import Desk
from docvlm.ui.document_work import page_text, prepare
from docvlm.ui.kept_values import found_values, known_values
from docvlm.ui.sessions import OpenView, Session

DEFAULT_SCHEMA = "invoice"


class FieldWork:
    """Works on the fields of the session's open document; the panels show what comes of it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def shelf(self, session: Session) -> SchemaShelf:
        """The templates and the owner's own schemas."""
        return SchemaShelf(
            self.desk.workspace.settings.prepare_home() / "schemas" / (session.owner or "nobody")
        )

    def schema(self, session: Session) -> Schema:
        """The schema chosen, or else the one that fits the open document's kind."""
        schemas = self.shelf(session).schemas()
        kind = guess_kind(page_text(session.view)) if session.view is not None else None
        return schemas.get(session.schema) or schemas.get(kind or "") or schemas[DEFAULT_SCHEMA]

    def is_wanted(self, session: Session, schema: Schema) -> bool:
        """Whether nobody has chosen another schema, or changed this one, while the model looked."""
        return not session.schema or self.schema(session).key == schema.key

    def shown_schema(self, session: Session) -> Schema:
        """The schema of the sheet that is shown, or else the one that would be used."""
        view = session.view
        return view.checked.schema if view is not None and view.checked is not None else self.schema(session)

    def refresh(self, session: Session) -> CheckedExtraction | None:
        """The sheet of the open document as it is kept; None where nothing was extracted or labelled."""
        view = session.view
        if view is None:
            return None
        schema = self.schema(session)
        store = self.desk.workspace.store
        known = store.extractions(view.document.id, latest_only=True)
        if not session.schema and known and not any(found.schema_key == schema.key for found in known):
            schema = self.shelf(session).find(known[-1].schema_key) or schema
        found = [record.extraction for record in known if record.schema_key == schema.key]
        checked = view.labels.lay_over(schema, found[-1] if found else None)
        view.checked = checked if found or checked.confirmed else None
        return view.checked

    def extract(
        self,
        view: OpenView,
        choose: Callable[[], Schema],
        pages: Sequence[int] | None,
        cancel: threading.Event,
        is_wanted: Callable[[Schema], bool] = lambda _: True,
    ) -> Iterator[str]:
        """Sentences of what is going on; afterwards ``view.checked`` holds the values.

        Args:
            choose: tells the schema once the pages are read, since what they say may decide it.
            cancel: ends it when set.
            is_wanted: asked with that schema once the values are there; else they are kept and not shown.

        Raises:
            DocvlmError: when the model or the pages cannot be had, or the user stopped it.
        """
        yield from prepare(self.desk.workspace, self.desk.loader, view, pages, cancel)
        schema = choose()
        yield "Looking for the fields"
        for event in view.document.extract_stream(schema, pages, cancel):
            if isinstance(event, WindowDone):
                if event.done < event.total:
                    yield f"Page {event.page}: part {event.done} of {event.total} done"
            elif is_wanted(schema):
                view.checked = view.labels.lay_over(schema, event)

    def edit(self, session: Session, event: gr.EventData) -> None:
        """Keep what a person says of values as labels.

        Raises:
            UsageError: when the sheet that sent it is not the one that is open.
        """
        view, checked = _open_sheet(session, event)
        moves = _moves_since(event, checked)
        for edit in edits_of(event, view.page_count):
            name = reduce(lambda name, move: move.name(name), moves, edit.name)
            view.labels.correct(checked, name, edit.text, edit.page, edit.boxes)
        self._lay_labels_over(view, checked.schema)

    def change_rows(self, session: Session, event: gr.EventData) -> None:
        """Add a row to a list, remove one or bring those removed back; values that came along are kept first.

        Raises:
            UsageError: as for ``edit``, and where the row or the list is no longer there.
        """
        self.edit(session, event)
        view, checked = _open_sheet(session, event)
        action, name = text_in(event, "action", 20), text_in(event, "items", LONGEST_NAME)
        if action == "add":
            view.labels.add_row(checked, name)
        elif action == "remove":
            row = as_number(text_in(event, "row", 9)) or 0
            row = next((move.row(row) for move in _moves_since(event, checked) if move.items == name), row)
            view.labels.remove_row(checked, name, row, self.found(view.document.id, checked.schema))
        elif action == "bring back":
            view.labels.bring_back_rows(checked, name)
        self._lay_labels_over(view, checked.schema)

    def undo(self, session: Session) -> None:
        """Take the last label back."""
        view = session.view
        if view is not None and view.checked is not None and view.labels.undo() is not None:
            self._lay_labels_over(view, view.checked.schema)

    def _lay_labels_over(self, view: OpenView, schema: Schema) -> None:
        view.checked = view.labels.lay_over(schema, self.found(view.document.id, schema))

    def known(self, document_id: int, schema: Schema) -> CheckedExtraction:
        """The latest values of a document that need not be open, with the labels over them."""
        return known_values(self.desk.workspace.store, document_id, schema)

    def found(self, document_id: int, schema: Schema) -> Extraction | None:
        """What the model found last with this schema, without labels."""
        return found_values(self.desk.workspace.store, document_id, schema)


def _open_sheet(session: Session, event: gr.EventData) -> tuple[OpenView, CheckedExtraction]:
    """The open document and its values, where the sheet that sent the event is theirs."""
    view = session.view
    if view is None or view.checked is None or value_in(event, "document") != view.document.id:
        raise UsageError("This document is no longer open here.", "Open it again, then go on.")
    if text_in(event, "schema", 40) != view.checked.schema.key:
        raise UsageError("Another schema was chosen meanwhile.", "Go on in the new list of fields.")
    return view, view.checked


def _moves_since(event: gr.EventData, checked: CheckedExtraction) -> list[RowMoves]:
    """How far the rows that a person added have moved since the sheet that sent the event was shown."""
    sent = value_in(event, "lists")
    moves = []
    for name, found in checked.found_rows.items():
        start = as_number(str(sent.get(name, ""))) if isinstance(sent, dict) else None
        if start and start <= found:
            moves.append(RowMoves(name, start, found + 1 - start, {}))
    return moves
