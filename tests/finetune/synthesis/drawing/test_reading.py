"""The product's reader reads what is drawn."""

from __future__ import annotations

import statistics

import pytest

from docvlm.reading import read_page
from finetune.synthesis.drawing import draw_page
from finetune.synthesis.drawing.looks import Look
from tests.benchmarks.synthesis_reading import as_page, word_f1


@pytest.mark.slow
def test_most_words_of_drawn_pages_are_read() -> None:
    pages = [draw_page(f"read:{number}", ["receipt", "invoice", "form"]) for number in range(6)]
    assert len({page.look for page in pages}) > 1
    scores = {
        number: word_f1(page.document.reading, read_page(as_page(page), ocr=True))
        for number, page in enumerate(pages)
        if page.look is not Look.FAX
    }
    assert statistics.mean(scores.values()) > 0.85, scores
