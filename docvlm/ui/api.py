"""What programs may call: read, ask and extract, through Gradio's API and, where it is on, as MCP tools.

Each call brings its document along, and nothing of it is kept; only the person at this machine may name a
file of it instead, which is kept as by the command line. The docstrings of ``read``, ``ask`` and ``extract``
are what programs, and models that call tools, are told.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from docvlm import export
from docvlm.errors import LimitError, UsageError
from docvlm.pipeline import OpenDocument, PageReading
from docvlm.reading import layout_text
from docvlm.schemas import schema_in_text
from docvlm.ui.callbacks import sentence
from docvlm.ui.desk import Desk
from docvlm.ui.rights import Rights

LONGEST_TEXT = 20_000
"""Of a question or a schema, in characters."""

_MODEL_SECONDS = 600.0  # how long a call waits for the model to be loaded
_DATA = "data:"
_BASE64 = ";base64,"

Json = dict[str, Any]


class Api:
    """The three calls, over the same model and under the same limits as the page."""

    def __init__(self, desk: Desk, rights: Rights) -> None:
        self._desk = desk
        self._rights = rights

    def connect(self) -> None:
        """Add the calls to the page that is being built. They wait in line with those who use the page."""

        def read(document: str, request: gr.Request) -> str:
            """Read a PDF or an image: JSON with its text page by page, laid out as on the page.

            Args:
                document: The file as a data: address (data:application/pdf;base64,...), or, on the machine
                    that runs docvlm, the path of a file.
            """
            with self._opened(document, request) as opened:
                return _json({"pages": [_page(page) for page in opened.read()]})

        def ask(document: str, question: str, request: gr.Request) -> str:
            """Answer a question about a PDF or an image with words that stand on it.

            The answer comes as JSON with its page, its boxes in pixels and a confidence from 0 to 1; null
            means that it does not stand there.

            Args:
                document: The file as a data: address (data:application/pdf;base64,...), or, on the machine
                    that runs docvlm, the path of a file.
                question: What to look for, in words, for example: What is the total?
            """
            with self._opened(document, request) as opened:
                self._wait_for_model()
                return _json(export.answer_json(opened.ask(_text(question, "question"))))

        def extract(document: str, schema: str, request: gr.Request) -> str:
            """Find the fields of a schema in a PDF or an image: JSON with value, page, box and confidence.

            A value of null was looked for and not found.

            Args:
                document: The file as a data: address (data:application/pdf;base64,...), or, on the machine
                    that runs docvlm, the path of a file.
                schema: receipt, invoice, purchase_order, bank_statement, id_card or form; or a list of
                    fields such as: seller, date:date, total:amount; or a JSON Schema.
            """
            with self._opened(document, request) as opened:
                wanted = schema_in_text(_text(schema, "schema"))
                self._wait_for_model()
                return _json(export.extraction_json(opened.extract(wanted)))

        for call, turn in ((read, "read"), (ask, "ask"), (extract, "extract")):
            gr.api(call, api_name=call.__name__, concurrency_limit=4, concurrency_id=turn)

    @contextmanager
    def _opened(self, document: str, request: gr.Request) -> Iterator[OpenDocument]:
        """The document of a call. Whatever goes wrong reaches the caller as one sentence."""
        try:
            text = document if isinstance(document, str) else ""
            is_brought = text.startswith(_DATA)
            with self._brought(text) if is_brought else self._on_this_machine(text, request) as opened:
                yield opened
        except Exception as error:
            raise gr.Error(str(sentence(error)), print_exception=False) from error

    @contextmanager
    def _brought(self, address: str) -> Iterator[OpenDocument]:
        """A document that came with the call: forgotten with all that was made of it."""
        content = _content(address, self._desk.workspace.settings.limits.file_bytes)
        nobody = secrets.token_hex(16)
        with self._desk.workspace.open(content, name="document", owner=nobody) as opened:
            try:
                yield opened
            finally:
                self._desk.workspace.store.delete_document(opened.id)

    @contextmanager
    def _on_this_machine(self, path: str, request: gr.Request) -> Iterator[OpenDocument]:
        file = self._rights.file(path, request)
        with self._desk.workspace.open(file) as opened:
            yield opened

    def _wait_for_model(self) -> None:
        loader, workspace = self._desk.loader, self._desk.workspace
        loader.start(lambda: workspace.engine)
        loader.wait(_MODEL_SECONDS)
        if loader.failure is not None:
            raise loader.failure


def _json(value: Json) -> str:
    # As text, because MCP tools would be told a dictionary in Python's own way of writing one.
    return json.dumps(value, ensure_ascii=False)


def _page(page: PageReading) -> Json:
    if page.reading is None:
        return {"page": page.page.number, "text": None, "reason": page.page.reason}
    return {"page": page.page.number, "text": layout_text(page.reading)}


def _text(value: Any, what: str) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not 0 < len(text) <= LONGEST_TEXT:
        raise UsageError(f"The {what} is no text of 1 to {LONGEST_TEXT} characters.", "Send another one.")
    return text


def _content(address: str, most_bytes: int) -> bytes:
    """The bytes in a ``data:`` address.

    Raises:
        UsageError: when there are none.
        LimitError: when there are too many.
    """
    _, marker, text = address.partition(_BASE64)
    if not marker:
        raise UsageError("The document is no base64 data: address.", "Send data:application/pdf;base64,….")
    if len(text) * 3 // 4 > most_bytes:
        limit = f"{most_bytes / 2**20:.0f} MiB"
        raise LimitError(f"The document is larger than {limit}.", "Send a smaller one.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError("The document is not valid base64.", "Encode the file's bytes once more.") from error
