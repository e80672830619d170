"""Which tokens of the language model stand in which cell of a tile, and how well latents tell them.

A latent comes to the language model as an embedded token does. So each is taught to look like the tokens that
are printed in its part of the tile, by the model's own embeddings: what the model can do with words, such as
copying them, it can begin to do with latents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from docvlm.tiling.plan import TOKENS_PER_TILE
from docvlm.types import Line
from finetune.vision.glyph_targets import Glyphs
from finetune.vision.lines import lines_of, printed

MOST_TOKENS = 320
"""Of a tile; of more, the last are left out. Rows of fewer are filled with ``NO_TOKEN``."""

NO_TOKEN = -1
CELLS = round(TOKENS_PER_TILE**0.5)
"""Of a side; latent ``CELLS`` × row + column speaks of a cell."""

_STRIDE = 12
"""Every twelfth token of the vocabulary stands for all that are not printed; all would double the time."""

Encode = Callable[[str], list[int]]


def cell_tokens(glyphs: Glyphs, height: int, width: int, encode: Encode) -> NDArray[np.int64]:
    """Cell and token, shape (``MOST_TOKENS``, 2), of all that is printed on a tile, in reading order.

    Args:
        glyphs: those beyond ``height`` and ``width`` (pixels) are left out.
        encode: text to tokens of the language model.
    """
    found = np.full((MOST_TOKENS, 2), NO_TOKEN, np.int64)
    rows = [
        (_cell(y, height) * CELLS + _cell(x, width), token)
        for line in lines_of(printed(glyphs))
        for x, y, token in _tokens_of(line, encode)
        if 0 <= x < width and 0 <= y < height
    ][:MOST_TOKENS]
    if rows:
        found[: len(rows)] = rows
    return found


def _tokens_of(line: Line, encode: Encode) -> Iterator[tuple[float, float, int]]:
    """The middle of each token of a line in pixels; those of a word share its width."""
    for place, word in enumerate(line.words):
        tokens = encode(word.text if place == 0 else f" {word.text}")
        step = word.box.width / len(tokens)
        for number, token in enumerate(tokens):
            yield word.box.x0 + (number + 0.5) * step, (word.box.y0 + word.box.y1) / 2, token


def _cell(place: float, side: int) -> int:
    return int(place * CELLS / side)


def token_loss(latents: torch.Tensor, tokens: torch.Tensor, embedded: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the tokens in each latent's cell; nothing where there are none.

    Args:
        latents: (tiles, latents, width).
        tokens: (tiles, ``MOST_TOKENS``, 2), as of :func:`cell_tokens`.
        embedded: all tokens, (vocabulary, width).
    """
    tile, place = (tokens[..., 1] != NO_TOKEN).nonzero(as_tuple=True)
    if not len(tile):
        return latents.new_zeros(())
    cells, names = tokens[tile, place].unbind(dim=-1)
    others = torch.arange(0, len(embedded), _STRIDE, device=tokens.device)
    candidates, right = torch.cat((others, names)).unique(return_inverse=True)
    right = right[len(others) :]
    spoken, which = torch.stack((tile, cells), dim=1).unique(dim=0, return_inverse=True)
    scores = latents[spoken[:, 0], spoken[:, 1]] @ embedded[candidates].to(latents.dtype).T
    logits = scores.float().log_softmax(dim=-1)
    loss: torch.Tensor = functional.nll_loss(logits[which], right)
    return loss
