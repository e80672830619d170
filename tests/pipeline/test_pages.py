"""Pages come in the order asked for, whoever else reads the same document and however often one is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest

from docvlm import ingest
from docvlm.pipeline import pages
from docvlm.pipeline.pages import PageReader, PageReading
from docvlm.store import Store
from docvlm.types import Page, Reading

BAD = 3


@pytest.fixture
def reader(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[PageReader]:
    """Of a document with five pages, the third of which cannot be read."""
    path = tmp_path / "five.pdf"
    with pymupdf.open() as document:
        for number in range(1, 6):
            document.new_page(width=300, height=200).insert_text((30, 50), f"Page {number}", fontsize=14)
        document.save(path)
    read_page = pages.read_page

    def refuse_the_bad_one(page: Page, **options: object) -> Reading:
        if page.number == BAD:
            raise ValueError
        return read_page(page, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(pages, "read_page", refuse_the_bad_one)
    with ingest.open_document(path) as file:
        yield PageReader(file, store, store.add_document(file.info, str(path)))


def outline(readings: Iterator[PageReading]) -> list[tuple[int, str | None]]:
    return [
        (each.page.number, each.reading and " ".join(word.text for word in each.reading.words))
        for each in readings
    ]


def test_a_page_that_fails_for_another_reader_shifts_none(reader: PageReader) -> None:
    first = reader.read([1, 2, 3, 4, 5])
    begun = [next(first)]
    assert outline(reader.read([BAD])) == [(BAD, None)]
    begun += first
    assert outline(iter(begun)) == [(n, None if n == BAD else f"Page {n}") for n in range(1, 6)]


def test_a_page_that_is_named_twice_is_read_once(reader: PageReader) -> None:
    assert outline(reader.read([3, 3, 4, 4, 5])) == [
        (3, None),
        (3, None),
        (4, "Page 4"),
        (4, "Page 4"),
        (5, "Page 5"),
    ]
