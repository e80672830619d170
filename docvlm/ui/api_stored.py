"""What programs may call of the documents as a whole: list them, export their values, delete one for good.

Each caller reaches documents of their own only, see ``docvlm.ui.reach``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import gradio as gr

from docvlm.errors import UsageError
from docvlm.export import ExportedDocument
from docvlm.pipeline import DocumentLabels
from docvlm.schemas import Schema
from docvlm.store import DocumentOverview
from docvlm.ui.api_calls import (
    Calls,
    Json,
    as_json,
    stored_number,
    told_in_a_sentence,
    whole_number,
)
from docvlm.ui.data_address import file_address
from docvlm.ui.kept_values import ROWS, found_values, values_file
from docvlm.ui.library_view import Entry, Kinds, entries, statistics

MOST_LISTED = 1000
LARGEST_SKIP = 10**9

_TEXT_FORMS = ("csv", ROWS, "json")
_EXCEL = "xlsx"


class StoredApi:
    """Calls over all documents of the caller."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._kinds = Kinds()

    def connect(self) -> None:
        """Add the calls to the page that is being built."""

        def documents(request: gr.Request, limit: int = 100, skip: int = 0) -> str:
            """List the PDFs and images that are stored for you: JSON with documents and statistics of all.

            Each has the number N that the other tools take as library:N, its name, pages, kind, the time it
            was added and its status: new, read, found (asked or extracted), checked (by a person) or failed
            (pages that could not be read).

            Args:
                limit: How many documents at most, from 1 to 1000, the latest first.
                skip: How many to pass over before.
            """
            with told_in_a_sentence():
                most = whole_number(limit, "limit", 1, MOST_LISTED)
                first = whole_number(skip, "skip", 0, LARGEST_SKIP)
                return as_json(self._listed(self._calls.reach.documents(request), first, most))

        def export(schema: str, request: gr.Request, form: str = "csv") -> str:
            """Export the values that a schema found in all PDFs and images that are stored for you.

            What a person corrected stands in place of what was found. JSON has the name of the file, its text
            or (for Excel) the file as a data: address, and how many documents it tells of; those without a
            value of the schema are left out.

            Args:
                schema: A name that schemas lists, or as for extract.
                form: csv for one row a document, rows for one row an item of the schema's lists, json for
                    everything with confidence, page and box, or xlsx for an Excel file.
            """
            with told_in_a_sentence():
                if form not in (*_TEXT_FORMS, _EXCEL):
                    raise UsageError("There is no such form.", f"Name {', '.join((*_TEXT_FORMS, _EXCEL))}.")
                found = list(self._exported(self._calls.schema(schema, request), request))
                name, data = values_file(found, form)
                told: Json = {"name": name, "documents": len(found)}
                if form == _EXCEL:
                    return as_json(told | {"file": file_address(name, data)})
                return as_json(told | {"text": data.decode("utf-8-sig")})

        def delete(document: str, request: gr.Request) -> str:
            """Delete a stored PDF or image for good, with its words, answers, values and labels.

            JSON tells whether the stored copy of the file went as well: a file of the machine that runs
            docvlm that was named by its path stays where it is.

            Args:
                document: library:N for document N that documents or search lists.
            """
            with told_in_a_sentence():
                number = stored_number(document)
                is_file_deleted = self._calls.reach.delete(number, request)
                return as_json({"deleted": number, "file_deleted": is_file_deleted})

        for call in (documents, export, delete):
            gr.api(call, api_name=call.__name__, concurrency_limit=4, concurrency_id="library calls")

    def _listed(self, known: list[DocumentOverview], first: int, most: int) -> Json:
        shown = known[first : first + most]
        kinds = self._kinds.of(self._calls.desk.workspace.store, shown)
        counted = asdict(statistics(known))
        return {
            "documents": [_entry(entry) for entry in entries(shown, kinds)],
            "statistics": {"values": counted.pop("fields")} | counted,
        }

    def _exported(self, schema: Schema, request: gr.Request) -> Iterator[ExportedDocument]:
        """The documents of which values of the schema are known, found by the model or said by a person."""
        store = self._calls.desk.workspace.store
        for overview in self._calls.reach.documents(request):
            record = overview.record
            if not record.extractions and not record.labels:
                continue
            found = found_values(store, record.id, schema)
            checked = DocumentLabels(store, record.id).lay_over(schema, found)
            if found is not None or checked.confirmed:
                yield ExportedDocument(record.name, checked.without_empty_rows())


def _entry(entry: Entry) -> Json:
    overview, record = entry.overview, entry.overview.record
    return {
        "document": record.id,
        "name": record.name,
        "pages": record.page_count,
        "kind": entry.kind,
        "added": record.added.isoformat(timespec="seconds"),
        "status": entry.status.value,
        "schema": overview.schema,
        "answers": record.answers,
        "values": overview.fields,
        "labels": record.labels,
        "confidence": overview.confidence,
    }
