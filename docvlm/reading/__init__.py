"""Reading: words and lines of a page in reading order, and the forms they are handed on in."""

from docvlm.reading.furniture import bodies_of
from docvlm.reading.hocr import to_hocr
from docvlm.reading.json_form import page_json, unread_page_json
from docvlm.reading.layout import layout_rows, layout_text
from docvlm.reading.markdown import to_markdown
from docvlm.reading.page_reader import default_reader, read_page

READER_VERSION = "pp-ocrv6-small-7"
"""Changes whenever the same page would be read differently, so that kept readings are made anew."""


def reader_name(runtime: str) -> str:
    """The reader as an adapter's card names it: its version, and who computes it (``Settings.reader``)."""
    return f"{READER_VERSION} ({runtime})"


__all__ = [
    "READER_VERSION",
    "bodies_of",
    "default_reader",
    "layout_rows",
    "layout_text",
    "page_json",
    "read_page",
    "reader_name",
    "to_hocr",
    "to_markdown",
    "unread_page_json",
]
