"""Examples with pictures: the same seed gives the same, tiles are transcribed, pages are asked."""

from __future__ import annotations

import numpy as np

from docvlm.prompts import transcription_prompt
from finetune.picture_examples import PictureExample, make_picture_example

EXAMPLES = [make_picture_example(f"test:{number}", 128) for number in range(24)]


def transcribed(example: PictureExample) -> bool:
    return [turn.prompt for turn in example.turns] == [transcription_prompt()]


def test_a_seed_gives_the_same_example_again() -> None:
    again = make_picture_example("test:0", 128)
    assert again.turns == EXAMPLES[0].turns
    assert again.reader_text == EXAMPLES[0].reader_text
    first, second = again.tiles, EXAMPLES[0].tiles
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        np.testing.assert_array_equal(first.pixels, second.pixels)


def test_tiles_are_transcribed_without_their_words() -> None:
    tiles = [example for example in EXAMPLES if transcribed(example)]
    assert len(tiles) > 8
    for example in tiles:
        assert example.tiles is not None
        assert example.tiles.pixels.shape == (1, 128, 128, 3)
        assert example.reader_text == ""
        assert example.turns[0].reply.strip()


def test_pages_come_with_a_picture_with_words_and_with_both() -> None:
    pages = [example for example in EXAMPLES if not transcribed(example)]
    kinds = {(example.tiles is not None, bool(example.reader_text)) for example in pages}
    assert kinds == {(True, True), (True, False), (False, True)}
