"""Reading: words and lines of a page in reading order, and the forms they are handed on in."""

from docvlm.reading.layout import layout_rows, layout_text
from docvlm.reading.page_reader import default_reader, read_page

READER_VERSION = "1"
"""Changes whenever pages would be read differently; kept readings of another version are not reused."""

__all__ = ["READER_VERSION", "default_reader", "layout_rows", "layout_text", "read_page"]
