"""Documents made in code, so that the tests know what is in them."""

from __future__ import annotations

from collections.abc import Callable

import pymupdf
import pytest


@pytest.fixture
def make_pdf() -> Callable[..., bytes]:
    """Makes a PDF of as many pages as texts are given, each text at (72, 72) in 11 pt Helvetica."""

    def make(*texts: str, **save_options: object) -> bytes:
        document = pymupdf.open()
        for text in texts:
            document.new_page(width=300, height=200).insert_text((72, 72), text)
        return document.tobytes(**save_options)

    return make


@pytest.fixture
def endless_page_pdf() -> bytes:
    """Three pages; the second runs a form that calls the next twice, thirty levels deep."""
    document = pymupdf.open()
    for text in ("before", "endless", "after"):
        document.new_page(width=300, height=200).insert_text((72, 72), text)
    form = document.get_new_xref()
    document.update_object(form, "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] >>")
    document.update_stream(form, b"q Q")
    for _ in range(40):
        caller = document.get_new_xref()
        resources = f"<< /XObject << /X {form} 0 R >> >>"
        document.update_object(
            caller, f"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources {resources} >>"
        )
        document.update_stream(caller, b"/X Do /X Do")
        form = caller
    page = document[1]
    document.xref_set_key(page.xref, "Resources", f"<< /XObject << /X {form} 0 R >> >>")
    document.update_stream(page.get_contents()[0], b"/X Do")
    return document.tobytes()
