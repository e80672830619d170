"""Fonts: each is there, free, and asked for only what it has."""

from __future__ import annotations

import pytest

from docvlm.errors import UsageError
from finetune.synthesis.drawing.fonts import (
    Face,
    Family,
    FontStyle,
    families,
    families_for,
    font_file,
    open_face,
    width_of,
)


@pytest.mark.parametrize("name", families())
def test_a_family_opens_in_every_weight_and_has_a_free_licence(name: str) -> None:
    assert families()[name].licence in ("OFL-1.1", "Bitstream-Vera")
    for bold, italic in ((False, False), (True, False), (False, True)):
        assert open_face(Face(name, 20, bold, italic)).getlength("Total 12.50") > 40


def test_bold_of_a_variable_font_is_heavier() -> None:
    regular, bold = (open_face(Face("arimo", 40, weight)).getmask("H") for weight in (False, True))
    assert sum(bold) > 1.2 * sum(regular)


def test_a_text_is_set_only_in_fonts_that_have_its_characters() -> None:
    every = [name for style in FontStyle for name in families_for(style, "abc")]
    polish = [name for style in FontStyle for name in families_for(style, "Zażółć gęślą jaźń 12,50 zł")]
    assert len(every) == len(families())
    assert 0 < len(polish) <= len(every)
    assert families_for(FontStyle.SANS, "日本") == []


def test_a_monospaced_font_gives_every_character_one_width() -> None:
    for name in families_for(FontStyle.MONO, "abc"):
        assert width_of(Face(name, 20), "iiii") == width_of(Face(name, 20), "MMMM")


def test_a_font_that_is_not_installed_is_named_with_the_remedy() -> None:
    missing = Family(
        "gone", FontStyle.SANS, "fontpkg_that_is_not_there", "a.ttf", "a.ttf", "a.ttf", "OFL-1.1"
    )
    with pytest.raises(UsageError, match=r"gone.*pip install -r finetune/requirements\.txt"):
        font_file(missing, missing.regular)
