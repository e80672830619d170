"""Tokens stand in the cells where they are printed, and latents that look like them cost less."""

from __future__ import annotations

import numpy as np
import torch

from finetune.vision.cell_tokens import CELLS, MOST_TOKENS, NO_TOKEN, cell_tokens, token_loss
from finetune.vision.glyph_targets import Glyphs
from finetune.vision.print_samples import print_sample

SIDE = 128
CELL = SIDE // CELLS


def letters_of(text: str) -> list[int]:
    return [ord(letter) for letter in text]


def glyphs_at(places: list[tuple[str, int, int, bool]]) -> Glyphs:
    """Letters of 8 × 12 pixels with their top left and whether a word begins."""
    boxes = [(x, y, x + 8, y + 12) for _, x, y, _ in places]
    return Glyphs(
        [letter for letter, *_ in places],
        np.array(boxes, np.float32),
        np.array([starts for *_, starts in places]),
    )


def test_tokens_lie_in_the_cells_of_their_letters_in_reading_order() -> None:
    glyphs = glyphs_at([("o", 8, 66, False), ("n", 0, 66, True), ("a", 100, 2, True)])
    tokens = cell_tokens(glyphs, SIDE, SIDE, letters_of)
    assert tokens.shape == (MOST_TOKENS, 2)
    row = (66 + 6) // CELL * CELLS
    assert tokens[:3].tolist() == [[104 // CELL, ord("a")], [row, ord("n")], [row, ord("o")]]
    assert (tokens[3:] == NO_TOKEN).all()


def test_what_lies_beyond_the_tile_is_left_out() -> None:
    glyphs = glyphs_at([("a", 0, 0, True), ("b", 0, 100, True), ("c", 100, 0, True)])
    tokens = cell_tokens(glyphs, SIDE // 2, SIDE // 2, letters_of)
    assert tokens[:2].tolist() == [[CELLS * 0 + 0, ord("a")], [NO_TOKEN, NO_TOKEN]]


def test_a_further_word_of_a_line_is_told_with_its_space() -> None:
    asked: list[str] = []

    def encode(text: str) -> list[int]:
        asked.append(text)
        return [1]

    cell_tokens(glyphs_at([("a", 0, 0, True), ("b", 20, 0, True)]), SIDE, SIDE, encode)
    assert asked == ["a", " b"]


def test_of_too_many_tokens_the_last_are_left_out() -> None:
    glyphs = print_sample(1, 512).glyphs
    tokens = cell_tokens(glyphs, 512, 512, lambda text: letters_of(text) * 4)
    assert (tokens != NO_TOKEN).all()


def test_latents_that_look_like_their_tokens_cost_less_than_others() -> None:
    torch.manual_seed(1)
    embedded = torch.randn(200, 16)
    tokens = torch.tensor([[[3, 7], [3, 8], [5, 9], [NO_TOKEN, NO_TOKEN]]])
    latents = torch.zeros(1, CELLS * CELLS, 16)
    nothing = token_loss(latents, tokens, embedded)
    latents[0, 3] = embedded[7] + embedded[8]
    latents[0, 5] = embedded[9]
    right = token_loss(latents, tokens, embedded)
    exchanged = token_loss(latents.roll(2, dims=1), tokens, embedded)
    assert right < nothing < exchanged


def test_tiles_without_a_token_cost_nothing() -> None:
    tokens = torch.full((1, 4, 2), NO_TOKEN)
    assert token_loss(torch.randn(1, CELLS * CELLS, 16), tokens, torch.randn(200, 16)) == 0
