"""Glyphs with places become words and lines."""

from __future__ import annotations

from jiwer import cer

from finetune.synthesis.drawing.pages import draw_page
from finetune.vision.lines import Glyph, lines_of, printed
from finetune.vision.tiles import page_glyphs


def drawn(seed: int) -> tuple[str, list[Glyph]]:
    """What a page says, and its glyphs as a reader without fault would give them."""
    page = draw_page(seed, ("invoice", "letter", "receipt"), "en", effects=False)
    return page.document.reading.text, printed(page_glyphs(page))


def test_glyphs_without_fault_read_as_the_page_does() -> None:
    rates = []
    for seed in range(8):
        text, glyphs = drawn(seed)
        read = " ".join(word.text for line in lines_of(glyphs) for word in line.words)
        rates.append(cer(" ".join(text.split()), read))
    assert sorted(rates)[len(rates) // 2] < 0.03


def test_words_are_parted_where_one_begins() -> None:
    letters = [
        Glyph(letter, 10.0 + 8 * place, 20.0, 12.0, place in (0, 3)) for place, letter in enumerate("abcde")
    ]
    (line,) = lines_of(letters)
    assert line.text == "abc de"
