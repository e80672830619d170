"""Words of small pages, and small documents."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pymupdf

from finetune.data.documents import LabelledDocument


def pdf_of(path: Path, *rows: str, font_size: float = 11) -> LabelledDocument:
    """A PDF with a text layer, one line of text a row, as a document without labels."""
    return paged_pdf_of(path, rows, font_size=font_size)


def paged_pdf_of(path: Path, *pages: Sequence[str], font_size: float = 11) -> LabelledDocument:
    """The same with several pages, each given by its rows."""
    with pymupdf.open() as pdf:
        for rows in pages:
            page = pdf.new_page(width=400, height=300)
            for index, row in enumerate(rows):
                page.insert_text((30, 40 + 20 * index), row, fontsize=font_size)
        pdf.save(path, no_new_id=True)  # the same bytes each time: the hash decides who is held back
    return LabelledDocument(hashlib.sha256(path.read_bytes()).hexdigest(), path.name, path)
