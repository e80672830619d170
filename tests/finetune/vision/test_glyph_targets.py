"""Which patch is told which character."""

from __future__ import annotations

import numpy as np

from finetune.vision.glyph_targets import (
    ALPHABET,
    NOTHING,
    SLOTS,
    UNKNOWN,
    Glyphs,
    character_of,
    class_of,
    glyph_targets,
)


def glyphs(*placed: tuple[str, float, float, bool]) -> Glyphs:
    """Characters of 6 × 10 pixels around their middles."""
    boxes = np.array([[x - 3, y - 5, x + 3, y + 5] for _, x, y, _ in placed], np.float32)
    return Glyphs([one[0] for one in placed], boxes, np.array([one[3] for one in placed]))


def test_each_character_is_told_to_the_patch_of_its_middle() -> None:
    targets = glyph_targets(glyphs(("A", 4, 8, True), ("b", 12, 8, False), ("7", 20, 24, True)), 32, 48)
    assert targets.classes.shape == (6, SLOTS)
    assert [character_of(int(one)) for one in targets.classes[0]] == ["A", "b", "", ""]
    assert character_of(int(targets.classes[4, 0])) == "7"
    assert (targets.classes != NOTHING).sum() == 3
    np.testing.assert_allclose(targets.places[0, 1], (0.75, 0.5, 10 / 16))
    np.testing.assert_allclose(targets.places[4, 0], (0.25, 0.5, 10 / 16))
    assert targets.starts[0].tolist() == [1, 0, 0, 0]


def test_what_does_not_fit_or_lies_outside_is_left_out() -> None:
    crowd = [("i", 1 + 3 * place, 8, False) for place in range(5)]
    targets = glyph_targets(glyphs(*crowd, ("x", -2, 8, True), ("y", 17, 8, True)), 16, 16)
    assert [character_of(int(one)) for one in targets.classes[0]] == ["i"] * SLOTS


def test_every_character_of_the_alphabet_comes_back() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert [character_of(class_of(character)) for character in ALPHABET] == list(ALPHABET)


def test_unknown_accents_fall_off_and_other_scripts_are_unknown() -> None:
    assert character_of(class_of("ǎ")) == "a"
    assert class_of("漢") == UNKNOWN
