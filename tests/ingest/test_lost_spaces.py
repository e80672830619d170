"""Words of fonts with narrow spaces, as they come out of ``open_document``."""

from __future__ import annotations

import pymupdf
import pytest

from docvlm.ingest import open_document

SIZE = 12


def words_read(words: list[str], space: float) -> list[str]:
    """Words printed ``space`` (in em) apart, as docvlm reads them."""
    font = pymupdf.Font("helv")
    with pymupdf.open() as document:
        page = document.new_page(width=500, height=100)
        writer, x = pymupdf.TextWriter(page.rect), 20.0
        for word in words:
            writer.append((x, 50), word, font, SIZE)
            x += font.text_length(word, SIZE) + space * SIZE
        writer.write_text(page)
        content = document.tobytes()
    with open_document(content) as opened:
        (page_read,) = opened.pages(images=False)
    assert page_read.text_layer is not None
    return [word.text for word in page_read.text_layer]


SENTENCE = ["Composition", "of", "the", "pretraining", "data", "for", "everyone"]


@pytest.mark.parametrize("space", [0.12, 0.14, 0.28])
def test_words_are_parted_however_narrow_the_space(space: float) -> None:
    assert words_read(SENTENCE, space) == SENTENCE


def test_a_long_word_stays_whole() -> None:
    long = ["Donaudampfschifffahrtsgesellschaft", "AVATAR-LTYPOVAWAY/2026-0000001111"]
    assert words_read(long, 0.28) == long


def test_boxes_end_where_the_parts_end() -> None:
    font = pymupdf.Font("helv")
    with pymupdf.open() as document:
        page = document.new_page(width=500, height=100)
        writer = pymupdf.TextWriter(page.rect)
        width = font.text_length("understandable", SIZE)
        writer.append((20, 50), "understandable", font, SIZE)
        writer.append((20 + width + 0.12 * SIZE, 50), "sentences", font, SIZE)
        writer.write_text(page)
        content = document.tobytes()
    with open_document(content) as opened:
        (page_read,) = opened.pages(images=False)
    assert page_read.text_layer is not None and page_read.points_per_pixel is not None
    first, second = page_read.text_layer
    points = page_read.points_per_pixel
    assert first.box.x1 * points == pytest.approx(20 + width, abs=0.5)
    assert second.box.x0 * points == pytest.approx(20 + width + 0.12 * SIZE, abs=0.5)
