"""Words parted by spaces that are narrow or uncommon, as they come out of ``open_document``."""

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


def boxes_of(text: str, font: pymupdf.Font) -> list[tuple[str, float, float]]:
    """The words of a printed line, each with its left and right edge in points."""
    with pymupdf.open() as document:
        page = document.new_page(width=500, height=100)
        writer = pymupdf.TextWriter(page.rect)
        writer.append((20, 50), text, font, SIZE)
        writer.write_text(page)
        content = document.tobytes()
    with open_document(content) as opened:
        (read,) = opened.pages(images=False)
    assert read.text_layer is not None and read.points_per_pixel is not None
    points = read.points_per_pixel
    return [(word.text, word.box.x0 * points, word.box.x1 * points) for word in read.text_layer]


@pytest.mark.parametrize("space", ["\u2002", "\u2003", "\u2009", "\u3000"])
def test_words_are_parted_at_every_kind_of_space(space: str) -> None:
    font = pymupdf.Font("cjk")
    (first, _, end), (second, start, _) = boxes_of(f"Net{space}weight", font)
    assert (first, second) == ("Net", "weight")
    assert end == pytest.approx(20 + font.text_length("Net", SIZE), abs=0.5)
    assert start == pytest.approx(20 + font.text_length(f"Net{space}", SIZE), abs=0.5)


@pytest.mark.parametrize("space", ["\u2009", "\u202f"])
def test_thin_spaces_that_group_digits_part_nothing(space: str) -> None:
    words = boxes_of(f"12{space}345,60{space}EUR", pymupdf.Font("cjk"))
    assert [text for text, _, _ in words] == ["12345,60", "EUR"]
