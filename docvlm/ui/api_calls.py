"""What the calls of programs share: the document that a call names, texts, and replies as JSON."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from docvlm.errors import InputError, LimitError, UsageError
from docvlm.pipeline import OpenDocument
from docvlm.schemas import Schema, SchemaShelf, schema_in_text
from docvlm.ui.callbacks import as_number, sentence
from docvlm.ui.desk import Desk
from docvlm.ui.owners import owner_of
from docvlm.ui.reach import Reach
from docvlm.ui.rights import Rights

LONGEST_TEXT = 20_000
"""Of a question, a schema or a value, in characters."""

LOADING_SECONDS = 600.0
"""How long a call waits for a model to be loaded."""

DATA = "data:"
_LIBRARY = "library:"
_BASE64 = ";base64,"

Json = dict[str, Any]


def as_json(value: Json) -> str:
    """A reply as text, because MCP tools would be told a dictionary in Python's own way of writing one."""
    return json.dumps(value, ensure_ascii=False)


def text_of(value: Any, what: str) -> str:
    """A text that a program sent.

    Raises:
        UsageError: when it is empty, too long or no text; ``what`` says what it was to be.
    """
    text = value.strip() if isinstance(value, str) else ""
    if not 0 < len(text) <= LONGEST_TEXT:
        raise UsageError(f"The {what} is no text of 1 to {LONGEST_TEXT} characters.", "Send another one.")
    return text


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """Whatever goes wrong within reaches the caller as one sentence."""
    try:
        yield
    except Exception as error:
        raise gr.Error(str(sentence(error)), print_exception=False) from error


def whole_number(value: Any, what: str, least: int, most: int) -> int:
    """A whole number that a program sent, or the nearest that is allowed.

    Raises:
        UsageError: when it is none; ``what`` says what it was to be.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise UsageError(f"The {what} is no whole number.", f"Send one from {least} to {most}.")
    return min(max(value, least), most)


def page_number(document: OpenDocument, page: object) -> int:
    """A page that a program sent and that was read.

    Raises:
        InputError: when it could not be read.
        UsageError: when there is no such page.
    """
    if not isinstance(page, int) or isinstance(page, bool):
        raise UsageError("The page is no whole number.", "Send 1 for the first page.")
    sheet = document.page(page)
    if sheet.image is None:
        raise InputError(f"Page {page} could not be read: {sheet.reason}", "Name another page.")
    return page


def stored_number(document: Any) -> int:
    """The number of a stored document that a program named as ``library:N``.

    Raises:
        UsageError: when it is named otherwise.
    """
    text = document if isinstance(document, str) else ""
    number = as_number(text.removeprefix(_LIBRARY)) if text.startswith(_LIBRARY) else None
    if number is None:
        raise UsageError("This names no stored document.", "Name one that documents lists, as library:12.")
    return number


class Calls:
    """What the documents, schemas and the model are to a call."""

    def __init__(self, desk: Desk, rights: Rights) -> None:
        self.desk = desk
        self.rights = rights
        self.reach = Reach(desk, rights)

    @contextmanager
    def opened(self, document: str, request: gr.Request, is_kept: bool = False) -> Iterator[OpenDocument]:
        """The document of a call, named as ``docvlm.ui.api`` tells its callers.

        Args:
            is_kept: it must be one that stays when the call is over.
        """
        text = document if isinstance(document, str) else ""
        if text.startswith(_LIBRARY):
            with self._in_library(text.removeprefix(_LIBRARY), request) as opened:
                yield opened
        elif not text.startswith(DATA):
            with self.desk.workspace.open(self.rights.file(text, request)) as opened:
                yield opened
        elif is_kept:
            raise UsageError("Nothing is kept of a document that a call brings.", "Name one that is stored.")
        else:
            with self._brought(text) as opened:
                yield opened

    @contextmanager
    def _in_library(self, number: str, request: gr.Request) -> Iterator[OpenDocument]:
        file, owner = self.reach.find(as_number(number) or 0, request)
        with self.desk.workspace.open(file.path, name=file.name, owner=owner) as opened:
            yield opened

    @contextmanager
    def _brought(self, address: str) -> Iterator[OpenDocument]:
        """A document that came with the call: forgotten with all that was made of it."""
        content = self.content(address)
        nobody = secrets.token_hex(16)
        with self.desk.workspace.open(content, name="document", owner=nobody) as opened:
            try:
                yield opened
            finally:
                self.desk.workspace.store.delete_document(opened.id)

    def content(self, address: str, what: str = "document", form: str = "application/pdf") -> bytes:
        """The bytes of a file that a call brings in a ``data:`` address.

        Args:
            what: what they are to be; ``form`` is its media type.

        Raises:
            UsageError: when there are none.
            LimitError: when they are more than a document may have.
        """
        return _content(address, self.desk.workspace.settings.limits.file_bytes, what, form)

    def shelf(self, request: gr.Request) -> SchemaShelf:
        """The templates and the caller's own schemas."""
        return SchemaShelf(self.desk.workspace.settings.prepare_home() / "schemas" / owner_of(request))

    def schema(self, text: Any, request: gr.Request) -> Schema:
        """A schema by its name, or as it is described; never a file.

        Raises:
            SchemaError: when it is not understood.
        """
        wanted = text_of(text, "schema")
        return self.shelf(request).schemas().get(wanted) or schema_in_text(wanted)

    def wait_for_model(self) -> None:
        """Wait until the model is there.

        Raises:
            DocvlmError: when it cannot be loaded.
        """
        loader, workspace = self.desk.loader, self.desk.workspace
        loader.start(lambda: workspace.engine)
        loader.wait(LOADING_SECONDS)
        if loader.failure is not None:
            raise loader.failure


def _content(address: str, most_bytes: int, what: str, form: str) -> bytes:
    _, marker, text = address.partition(_BASE64)
    if not marker:
        raise UsageError(f"The {what} is no base64 data: address.", f"Send data:{form};base64,….")
    if len(text) * 3 // 4 > most_bytes:
        limit = f"{most_bytes / 2**20:.0f} MiB"
        raise LimitError(f"The {what} is larger than {limit}.", "Send a smaller one.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError(f"The {what} is not valid base64.", "Encode the file's bytes once more.") from error
