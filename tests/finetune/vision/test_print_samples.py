"""Samples of print are full of glyphs that stand where their boxes say."""

from __future__ import annotations

import numpy as np

from finetune.vision.glyph_targets import ALPHABET, NOTHING, UNKNOWN, class_of, glyph_targets
from finetune.vision.print_samples import print_sample

SAMPLES = [print_sample(seed, 192) for seed in range(12)]


def test_a_seed_gives_the_same_sample_again() -> None:
    np.testing.assert_array_equal(print_sample(3, 192).image, SAMPLES[3].image)
    assert print_sample(3, 192).glyphs.characters == SAMPLES[3].glyphs.characters
    assert not np.array_equal(SAMPLES[3].image, SAMPLES[4].image)


def test_samples_are_full_and_patches_hold_their_glyphs() -> None:
    for sample in SAMPLES:
        assert sample.image.shape == (192, 192, 3)
        glyphs = len(sample.glyphs.characters)
        assert glyphs == len(sample.glyphs.boxes) == len(sample.glyphs.starts) > 25
        held = glyph_targets(sample.glyphs, 192, 192).classes
        assert (held != NOTHING).sum() >= 0.98 * glyphs
        assert (held != UNKNOWN).all()


def test_many_characters_of_the_alphabet_come() -> None:
    seen = {class_of(character) for sample in SAMPLES for character in sample.glyphs.characters}
    assert len(seen) > 0.6 * len(ALPHABET)


def test_ink_stands_in_the_boxes_of_letters_and_digits() -> None:
    inked = total = 0
    for sample in SAMPLES:
        for character, box in zip(sample.glyphs.characters, sample.glyphs.boxes, strict=True):
            x0, y0, x1, y1 = np.clip(box, 0, 192).astype(int)
            inside = sample.image[y0:y1, x0:x1].mean(axis=2)
            if character.isalnum() and inside.size > 20:
                total += 1
                inked += bool(inside.max() - inside.min() > 50)
    assert total > 500
    assert inked > 0.9 * total
