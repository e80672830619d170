"""Files for batches: small PDFs and pictures written on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pymupdf


def write_pdf(path: Path, pages: Sequence[str]) -> Path:
    """A PDF with one line of text a page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pymupdf.open() as document:
        for text in pages:
            document.new_page().insert_text((72, 72), text, fontsize=14)
        document.save(path)
    return path


def pdf_bytes(pages: Sequence[str], **options: object) -> bytes:
    with pymupdf.open() as document:
        for text in pages:
            document.new_page().insert_text((72, 72), text, fontsize=14)
        return bytes(document.tobytes(**options))
