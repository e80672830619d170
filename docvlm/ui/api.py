"""What programs may call, through Gradio's API and, where it is on, as MCP tools: the document that a call
brings or names is read, asked and extracted from. Further calls are in ``api_library``,
``api_labels``, ``api_schemas``, ``api_stored``, ``api_batch``, ``api_model`` and ``api_adapters``.

A call brings its document along, and nothing of it is kept, or names one of the caller's library; only the
person at this machine may name a file of it instead, which is kept as by the command line. The docstrings of
the calls are what programs, and models that call tools, are told.
"""

from __future__ import annotations

import math
from typing import Any

import gradio as gr

from docvlm import export
from docvlm.errors import UsageError
from docvlm.pipeline import OpenDocument, PageReading, Region
from docvlm.reading import layout_text
from docvlm.types import Box
from docvlm.ui.api_calls import Calls, Json, as_json, page_number, text_of, told_in_a_sentence


class Api:
    """Four calls, over the same model and under the same limits as the page."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def connect(self) -> None:
        """Add the calls to the page that is being built. They wait in line with those who use the page."""

        def read(document: str, request: gr.Request, pages: str = "") -> str:
            """Read a PDF or an image: JSON with its text page by page, laid out as on the page.

            Args:
                document: The file as a data: address (data:application/pdf;base64,...), library:N for
                    document N of a search, or, on the machine that runs docvlm, the path of a file.
                pages: Which pages, such as 1-3,7; empty for all.
            """
            with told_in_a_sentence(), self._calls.opened(document, request) as opened:
                return as_json({"pages": [_page(page) for page in opened.read(_pages(pages))]})

        def ask(document: str, question: str, request: gr.Request, pages: str = "") -> str:
            """Answer a question about a PDF or an image with words that stand on it.

            The answer comes as JSON with its page, its boxes in pixels and a confidence from 0 to 1; null
            means that it does not stand there.

            Args:
                document: The file as a data: address (data:application/pdf;base64,...), library:N for
                    document N of a search, or, on the machine that runs docvlm, the path of a file.
                question: What to look for, in words, for example: What is the total?
                pages: Which pages, such as 1-3,7; empty for all.
            """
            with told_in_a_sentence(), self._calls.opened(document, request) as opened:
                self._calls.wait_for_model()
                return as_json(export.answer_json(opened.ask(text_of(question, "question"), _pages(pages))))

        def ask_region(document: str, question: str, page: int, box: str, request: gr.Request) -> str:
            """Answer a question about a part of one page of a PDF or an image; the rest is not seen.

            Args:
                document: The file as a data: address (data:application/pdf;base64,...), library:N for
                    document N of a search, or, on the machine that runs docvlm, the path of a file.
                question: What to look for, in words, for example: What is the total?
                page: The number of the page, from 1.
                box: The left, top, right and bottom of the part in pixels of the page, such as
                    120,80,560,140; the boxes that ask and extract tell are in these pixels.
            """
            with told_in_a_sentence(), self._calls.opened(document, request) as opened:
                region = _region(opened, page, box)
                self._calls.wait_for_model()
                return as_json(export.answer_json(opened.ask(text_of(question, "question"), region=region)))

        def extract(document: str, schema: str, request: gr.Request, pages: str = "") -> str:
            """Find the fields of a schema in a PDF or an image: JSON with value, page, box and confidence.

            A value of null was looked for and not found.

            Args:
                document: The file as a data: address (data:application/pdf;base64,...), library:N for
                    document N of a search, or, on the machine that runs docvlm, the path of a file.
                schema: receipt, invoice, purchase_order, bank_statement, id_card, contract or form, or
                    another name that schemas lists; or a list of fields such as: seller, date:date,
                    total:amount; or a JSON Schema.
                pages: Which pages, such as 1-3,7; empty for all.
            """
            with told_in_a_sentence(), self._calls.opened(document, request) as opened:
                wanted = self._calls.schema(schema, request)
                self._calls.wait_for_model()
                return as_json(export.extraction_json(opened.extract(wanted, _pages(pages))))

        turns = ((read, "read"), (ask, "ask"), (ask_region, "ask"), (extract, "extract"))
        for call, turn in turns:
            gr.api(call, api_name=call.__name__, concurrency_limit=4, concurrency_id=turn)


def _pages(value: Any) -> str | None:
    """A range of pages that a program sent; None for all."""
    return None if value == "" else text_of(value, "range of pages")


def _region(document: OpenDocument, page: Any, box: Any) -> Region:
    """The part of a page that a program sent, with the page's own edges where it goes beyond them.

    Raises:
        InputError: when the page cannot be read.
        UsageError: when there is no such page or part.
    """
    sheet = document.page(page_number(document, page))
    sides = [_number(side) for side in text_of(box, "box").strip("[]").split(",")]
    if len(sides) == 4 and None not in sides:
        left, top, right, bottom = (side or 0.0 for side in sides)
        part = max(left, 0.0), max(top, 0.0), min(right, sheet.width), min(bottom, sheet.height)
        if part[0] < part[2] and part[1] < part[3]:
            return Region(page, Box(*part))
    raise UsageError(
        f"'{box}' is no part of page {page}, which has {sheet.width} x {sheet.height} pixels.",
        "Send its left, top, right and bottom, such as 120,80,560,140.",
    )


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _page(page: PageReading) -> Json:
    if page.reading is None:
        return {"page": page.page.number, "text": None, "reason": page.page.reason}
    return {"page": page.page.number, "text": layout_text(page.reading)}
