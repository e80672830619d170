"""Drawn tiles in batches, each made from the seed and its number alone, a few of them ahead of their use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoTokenizer

from docvlm.models.chat import ChatEncoder
from docvlm.models.vision_tower import PATCH
from finetune.vision.cell_tokens import Encode, cell_tokens
from finetune.vision.glyph_targets import glyph_targets
from finetune.vision.print_samples import print_sample
from finetune.vision.tiles import Tile, tiles_of

_FEWEST_TILES_A_PAGE, _PIXELS_A_PAGE = 4, 1536
"""A page gives so many tiles at least, and as many as lie side by side in so many pixels."""

_PRINT_AGAIN = 4
_SHORTER = (1, 1, 0.75, 0.5)
"""The shorter side of tiles as a share of the longer one."""


@dataclass(frozen=True, slots=True)
class BatchSizes:
    """What batches are made of.

    Attributes:
        seed: of the stream.
        tiles: in a batch.
        sides: the longer side, pixels; batches take turns. Small tiles hold more glyphs for the time they
            take, and a tower that saw one size alone reads no other.
        print_only: so many batches at the start are samples of print; of those after them, every fourth is.
        tokenizer: folder of the language model whose tokens are told too; None for none.
    """

    seed: int
    tiles: int
    sides: Sequence[int]
    print_only: int = 0
    tokenizer: Path | None = None

    def is_print(self, number: int) -> bool:
        """Whether a batch holds samples of print instead of tiles of pages."""
        return number < self.print_only or number % _PRINT_AGAIN == 0

    def shape(self, number: int) -> tuple[int, int]:
        """Height and width of the tiles of a batch, whole patches; one of them is the side whose turn it is.

        Pages keep their proportions, so that most tiles are no squares.
        """
        side = self.sides[number % len(self.sides)]
        rng = Random(f"shape:{self.seed}:{number}")  # noqa: S311  (no secrets)
        other = PATCH * round(side * rng.choice(_SHORTER) / PATCH)
        return (side, other) if rng.random() < 0.5 else (other, side)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Tiles (bytes) with the targets of :mod:`finetune.vision.glyph_targets` and of
    :mod:`finetune.vision.cell_tokens`, first axis the tile."""

    images: NDArray[np.uint8]
    classes: NDArray[np.int64]
    places: NDArray[np.float32]
    starts: NDArray[np.float32]
    tokens: NDArray[np.int64]

    def parts(self, count: int) -> list[Batch]:
        """The batch in ``count`` parts of about as many tiles."""
        cut = [np.array_split(array, count) for array in self._arrays]
        return [Batch(*arrays) for arrays in zip(*cut, strict=True)]

    def on(self, device: torch.device) -> tuple[torch.Tensor, ...]:
        """Images, classes, places, starts and tokens as tensors there."""
        return tuple(torch.from_numpy(array).to(device) for array in self._arrays)

    @property
    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return self.images, self.classes, self.places, self.starts, self.tokens


def make_batch(sizes: BatchSizes, number: int) -> Batch:
    """Batch ``number`` of a stream."""
    height, width = sizes.shape(number)
    drawn = _print_samples if sizes.is_print(number) else _page_tiles
    tiles = list(islice(drawn(f"{sizes.seed}:{number}", max(height, width)), sizes.tiles))
    targets = [glyph_targets(tile.glyphs, height, width) for tile in tiles]
    encode = None if sizes.tokenizer is None else _encoder(sizes.tokenizer)
    return Batch(
        np.stack([tile.image[:height, :width] for tile in tiles]),
        np.stack([target.classes for target in targets]),
        np.stack([target.places for target in targets]),
        np.stack([target.starts for target in targets]),
        np.zeros((len(tiles), 0, 2), np.int64)
        if encode is None
        else np.stack([cell_tokens(tile.glyphs, height, width, encode) for tile in tiles]),
    )


@cache
def _encoder(language_model: Path) -> Encode:
    return ChatEncoder(AutoTokenizer.from_pretrained(language_model)).plain


def _print_samples(seed: str, side: int) -> Iterator[Tile]:
    return (print_sample(f"{seed}:{place}", side) for place in count())


def _page_tiles(seed: str, side: int) -> Iterator[Tile]:
    a_page = max(_FEWEST_TILES_A_PAGE, _PIXELS_A_PAGE // side)
    return (tile for page in count() for tile in tiles_of(f"{seed}:{page}", side, a_page))


def batches_from(first: int, sizes: BatchSizes, drawing: Executor, ahead: int) -> Iterator[Batch]:
    """Batches in order from number ``first``, ``ahead`` of them being drawn while one is used."""
    numbers = count(first)

    def asked() -> Future[Batch]:
        return drawing.submit(make_batch, sizes, next(numbers))

    waiting = [asked() for _ in range(ahead)]
    while True:
        ready = waiting.pop(0)
        waiting.append(asked())
        yield ready.result()
