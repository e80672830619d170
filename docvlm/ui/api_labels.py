"""What programs may call to say what is right, of fields, questions and lines; it can be trained on.

Each caller reaches documents of their own only, see ``docvlm.ui.reach``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from docvlm.errors import UsageError
from docvlm.pipeline import CheckedLine, DocumentLabels, OpenDocument, line_name
from docvlm.schemas import Schema
from docvlm.ui.api_calls import (
    LONGEST_TEXT,
    Calls,
    Json,
    as_json,
    page_number,
    text_of,
    told_in_a_sentence,
)
from docvlm.ui.kept_values import found_values


class LabelsApi:
    """Calls over labels of the caller's own documents."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def connect(self) -> None:
        """Add the calls to the page that is being built."""

        def label(document: str, schema: str, field: str, value: str, request: gr.Request) -> str:
            """Keep what is right for a field of a stored PDF or image; the model can be trained on it later.

            An earlier label of the field is replaced. JSON tells what is kept, and where on the page the
            value stands; page is null where it stands nowhere.

            Args:
                document: library:N for document N of a search, or, on the machine that runs docvlm, the
                    path of a file.
                schema: The schema that has the field, as for extract.
                field: The name of the field, for example: total. A cell of a list: items[2].amount
                value: The right value as it is printed, or an empty text where the document has none.
            """
            with told_in_a_sentence(), self._stored(document, request) as opened:
                wanted = self._calls.schema(schema, request)
                return as_json(self._label(opened.id, wanted, text_of(field, "field"), _value(value)))

        def label_question(document: str, question: str, answer: str, request: gr.Request) -> str:
            """Keep the right answer to a question about a stored PDF or image, to train on.

            An earlier answer to the same question is replaced. JSON tells what is kept, and where on the
            pages the answer stands; page is null where it stands nowhere.

            Args:
                document: library:N for document N of a search, or, on the machine that runs docvlm, the
                    path of a file.
                question: In words, for example: When does the contract end?
                answer: The right answer as it is printed, or an empty text where the document does not say.
            """
            with told_in_a_sentence(), self._stored(document, request) as opened:
                asked, told = text_of(question, "question"), _value(answer)
                labels = DocumentLabels(self._calls.desk.workspace.store, opened.id)
                labels.answer(asked, told)
                (kept,) = (label for label in labels.questions() if label.name == asked)
                return as_json(
                    {
                        "document": opened.id,
                        "question": asked,
                        "answer": kept.value,
                        "page": kept.page,
                        "boxes": [box.as_list() for box in kept.boxes],
                    }
                )

        def lines(document: str, page: int, request: gr.Request) -> str:
            """List the lines of a page of a PDF or an image, to check what was read: JSON with each.

            Each has its number, its box in pixels, what was read, the lowest confidence of a word of it, and
            text: what a person or program said that it says, where checked is true.

            Args:
                document: library:N for document N of a search, or, on the machine that runs docvlm, the
                    path of a file.
                page: The number of the page, from 1.
            """
            with told_in_a_sentence(), self._stored(document, request) as opened:
                labels = DocumentLabels(self._calls.desk.workspace.store, opened.id)
                found = labels.lines(page_number(opened, page))
                return as_json({"document": opened.id, "page": page, "lines": _lines(found)})

        def label_line(document: str, page: int, line: int, text: str, request: gr.Request) -> str:
            """Keep what a line of a stored PDF or image says, to train models on that see pixels.

            Once all lines of a page have a text, the page has a transcript. JSON tells the line as it is
            kept, and how many lines of the page are left to check.

            Args:
                document: library:N for document N of a search, or, on the machine that runs docvlm, the
                    path of a file.
                page: The number of the page, from 1.
                line: The number of the line, as lines lists it.
                text: What stands there, as it is printed, or an empty text where there is no line.
            """
            with told_in_a_sentence(), self._stored(document, request) as opened:
                labels = DocumentLabels(self._calls.desk.workspace.store, opened.id)
                if not isinstance(line, int) or isinstance(line, bool):
                    raise UsageError("The line is no whole number.", "Send one that lines lists.")
                labels.transcribe(page, line_name(line, page_number(opened, page)), _value(text))
                found = labels.lines(page)
                return as_json(
                    {
                        "document": opened.id,
                        "page": page,
                        **_lines(found)[line - 1],
                        "left": sum(not one.is_checked for one in found),
                    }
                )

        for call in (label, label_question, lines, label_line):
            gr.api(call, api_name=call.__name__, concurrency_limit=4, concurrency_id="library calls")

    @contextmanager
    def _stored(self, document: str, request: gr.Request) -> Iterator[OpenDocument]:
        """A document that is kept, with all its pages read, so that places are known."""
        with self._calls.opened(document, request, is_kept=True) as opened:
            for _ in opened.read():
                pass
            yield opened

    def _label(self, document_id: int, schema: Schema, field: str, value: str) -> Json:
        store = self._calls.desk.workspace.store
        labels = DocumentLabels(store, document_id)
        latest = found_values(store, document_id, schema)
        labels.correct(labels.lay_over(schema, latest), field, value)
        kept = labels.lay_over(schema, latest).value(field)
        assert kept is not None  # noqa: S101 - correct() refuses what the schema does not have
        told = kept[1]
        return {
            "document": document_id,
            "field": field,
            "raw": told.raw,
            "value": told.value,
            "page": told.page,
            "boxes": [box.as_list() for box in told.boxes],
        }


def _value(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise UsageError(f"The value is no text of up to {LONGEST_TEXT} characters.", "Send another one.")
    return value


def _lines(found: tuple[CheckedLine, ...]) -> list[Json]:
    return [
        {
            "line": number,
            "box": line.box.as_list(),
            "read": line.read,
            "text": line.text,
            "confidence": round(line.confidence, 3),
            "checked": line.is_checked,
        }
        for number, line in enumerate(found, start=1)
    ]
