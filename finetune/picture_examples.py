"""One training example with a picture from one seed: what is seen, what is read, what is asked.

Tiles are transcribed; whole pages are asked what generated documents are always asked. A page's words stand
beside its picture in half of its examples, so that a model learns to do with either.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np

from docvlm.prompts import transcription_prompt
from docvlm.reading import layout_text
from docvlm.tiling import Budget, TileBatch, cut_tiles, plan_tiles
from docvlm.types import RgbImage
from finetune.synthesis.drawing.pages import draw_page
from finetune.synthesis.examples import make_example, turns_of
from finetune.synthesis.requests import Turn
from finetune.vision.lines import printed_text
from finetune.vision.print_samples import print_sample
from finetune.vision.tiles import Tile, tiles_of

_SHARES = {"print": 3, "tile": 3, "page": 2, "text": 2}
_BUDGET = "balanced"
_LONGEST_PAGE = 1024
"""Pixels: four to six tiles, as many as a step has time for."""

_WORDS_SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class PictureExample:
    """A page as the model gets it, and what is asked about it; ``tiles`` is None where it is not seen."""

    reader_text: str
    tiles: TileBatch | None
    turns: tuple[Turn, ...]


def make_picture_example(seed: str, side: int, is_print: bool = False) -> PictureExample:
    """The example of a seed, the same on every machine.

    Args:
        side: of single tiles, pixels.
        is_print: a sample of print whatever the seed says.
    """
    rng = Random(f"pictures:{seed}")  # noqa: S311  (made-up documents, no secrets)
    kind = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
    if is_print or kind == "print":
        return transcription(print_sample(seed, side))
    if kind == "tile":
        page = 0
        while not (tiles := list(tiles_of(f"{seed}:{page}", side, 1))):
            page += 1
        return transcription(tiles[0])
    if kind == "page":
        return _page(seed, rng)
    example = make_example(seed)
    return PictureExample(example.page_text, None, example.turns)


def transcription(tile: Tile) -> PictureExample:
    """A tile, and all that is printed on it."""
    return PictureExample(
        "", seen(tile.image, "1"), (Turn(transcription_prompt(), "", printed_text(tile.glyphs)),)
    )


def seen(image: RgbImage, budget: str) -> TileBatch:
    """A picture as serving cuts it."""
    height, width = image.shape[:2]
    return cut_tiles(np.ascontiguousarray(image), plan_tiles(width, height, Budget.parse(budget)))


def _page(seed: str, rng: Random) -> PictureExample:
    page = draw_page(f"pictures:{seed}", longest=_LONGEST_PAGE)
    text = layout_text(page.document.reading)
    return PictureExample(
        text if rng.random() < _WORDS_SHARE else "",
        seen(page.image, _BUDGET),
        turns_of(page.document, rng),
    )
