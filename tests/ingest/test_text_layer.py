from __future__ import annotations

import pytest

from docvlm.ingest.text_layer import clean_word


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("plain", "plain"),
        ("ofﬁce", "office"),
        ("exam\u00adple", "example"),
        ("exam\u00ad", "exam-"),
        ("zero\u200bwidth", "zerowidth"),
        ("\ufeff", ""),
        ("a\x07b", "ab"),
        ("½", "½"),
        ("\ufffd\ufffd", "\ufffd\ufffd"),
    ],
)
def test_words_are_cleaned_of_what_is_not_printed(raw: str, clean: str) -> None:
    assert clean_word(raw) == clean
