"""Transcripts as what a model copies from a page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docvlm.pipeline.windows import Window, cut_windows
from finetune.data.documents import LabelledDocument, TranscriptLabel
from finetune.training.page_transcripts import page_transcripts
from tests.pages import reading_of

PAGE = reading_of(["Corner Shop", "Total 7.70"])


def windows(*pages: int, tokens_a_word: int = 1) -> list[Window]:
    return [
        window
        for page in pages
        for window in cut_windows(
            replace(PAGE, page_number=page), lambda text: tokens_a_word * len(text.split())
        )
    ]


def found(*labels: TranscriptLabel, shown: list[Window]) -> tuple[list[str], int]:
    return page_transcripts(LabelledDocument("ab", "a.pdf", None, transcripts=labels), shown)


def test_a_text_belongs_to_its_page() -> None:
    whole = TranscriptLabel("  Corner   Shop\n\nTotal 7.70\n")
    assert found(whole, shown=windows(1)) == (["Corner Shop\nTotal 7.70"], 0)
    second = TranscriptLabel("Total", page=2)
    assert found(second, shown=windows(1, 2)) == (["", "Total"], 0)


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        (TranscriptLabel("Corner Shop"), windows(1, 2)),
        (TranscriptLabel("Corner Shop", page=3), windows(1, 2)),
        (TranscriptLabel("Corner Shop", page=1), windows(1, tokens_a_word=500)),
        (TranscriptLabel(" \n"), windows(1)),
        (TranscriptLabel("Corner Shop"), []),
    ],
    ids=["of several pages", "of no page", "of a page in parts", "empty", "of nothing read"],
)
def test_a_text_without_a_page_of_its_own_is_lost(label: TranscriptLabel, shown: list[Window]) -> None:
    assert found(label, shown=shown) == ([""] * len(shown), 1)


def test_words_in_no_order_are_no_text() -> None:
    assert found(TranscriptLabel(words=("Shop", "Corner")), shown=windows(1)) == ([""], 0)
