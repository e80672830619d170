"""How well tiles are read: glyph by glyph, by the tower or through its resampler, or by the whole model.

python -m finetune.vision.evaluate runs/tower/checkpoint --tiles 200
python -m finetune.vision.evaluate runs/tower/checkpoint --cases CASES.jsonl --limit 20
python -m finetune.vision.evaluate --model runs/seen/checkpoint --tiles 50

Character error rates on unseen drawn tiles, and on real pages; nothing but the pixels is given.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Protocol

from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.grounding import ReplyText
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.protocol import Engine, GenerationRequest, PageInput
from docvlm.prompts import transcription_prompt
from docvlm.terminal import run_command
from docvlm.tiling import Budget
from docvlm.types import RgbImage
from finetune.data.cases import read_cases
from finetune.data.readings import Readings
from finetune.evaluation.bootstrap import Bootstrap, ratio
from finetune.evaluation.text import ErrorCounts, character_errors
from finetune.vision.lines import lines_of, printed_text, text_of
from finetune.vision.readers import GlyphReader, load_reader
from finetune.vision.reading import read_page, read_tile
from finetune.vision.tiles import Tile, tiles_of

GLYPH_HEIGHT = 13.0
"""Pixels: the middle of what the tower was taught; a page is read again at the size that makes it so."""

ADAPTER, VISION = "adapter", "vision"
"""Folders of a run of ``finetune.instruct_pictures``, and of what is shipped."""

_SIDE = 384
_TILE, _PAGE = Budget.parse(1), Budget.parse("accurate")
_TILE_TOKENS, _PAGE_TOKENS = 400, 2000


class PixelReader(Protocol):
    """Reads pictures without being given a word."""

    def tile(self, image: RgbImage) -> str:
        """The text of a tile whose letters are as high as those that were taught."""

    def page(self, image: RgbImage) -> str:
        """The text of a page of any size."""


class GlyphByGlyph:
    """The tower, or the tower behind its resampler, without a language model."""

    def __init__(self, reader: GlyphReader) -> None:
        self._reader = reader.eval()

    def tile(self, image: RgbImage) -> str:
        return text_of(lines_of(read_tile(self._reader, image)))

    def page(self, image: RgbImage) -> str:
        """Its letters are made as high as those that the tower was taught."""
        found = read_page(self._reader, image, _SIDE)
        heights = [word.box.height for word in found.words]
        if not heights:
            return ""
        scale = GLYPH_HEIGHT / statistics.median(heights)
        if 0.8 < scale < 1.25:
            return found.text
        return read_page(self._reader, image, _SIDE, scale).text


class WholeModel:
    """The embedded model, asked to copy what it sees."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tile(self, image: RgbImage) -> str:
        return self._copied(image, _TILE, _TILE_TOKENS)

    def page(self, image: RgbImage) -> str:
        return self._copied(image, _PAGE, _PAGE_TOKENS)

    def _copied(self, image: RgbImage, budget: Budget, most: int) -> str:
        height, width = image.shape[:2]
        plan = self._engine.plan_page(width, height, budget)
        seen = PageInput(hashlib.sha256(image.tobytes()).hexdigest(), "", image, plan)
        request = GenerationRequest(transcription_prompt(), max_tokens=most)
        return ReplyText.of(self._engine.generate(seen, request)).text


def unseen_tiles() -> Iterator[Tile]:
    """Tiles of pages that no run draws; without end."""
    return (tile for number in count() for tile in tiles_of(f"unseen:{number}", _SIDE, 1))


def tile_errors(reader: PixelReader, tiles: Iterator[Tile]) -> Iterator[ErrorCounts]:
    """Of each tile, against its own glyphs put into lines."""
    for tile in tiles:
        yield character_errors(reader.tile(tile.image), printed_text(tile.glyphs))


def _page_errors(reader: PixelReader, cases: Path, limit: int) -> Iterator[ErrorCounts]:
    """Of the first page of documents with a transcript."""
    documents = (document for document in read_cases(cases, print) if document.transcripts)
    with Readings.open() as readings:
        for document in islice(documents, limit):
            image = readings.page(document, 1).image
            if image is None:
                continue
            right = "\n".join(
                label.text or " ".join(label.words or ())
                for label in document.transcripts
                if label.page in (None, 1)
            )
            yield character_errors(reader.page(image), right)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m finetune.vision.evaluate", description=__doc__)
    parser.add_argument(
        "checkpoint", type=Path, nargs="?", help="folder of a tower, or of one with its resampler"
    )
    parser.add_argument("--model", type=Path, help="folder with an adapter and vision weights, instead")
    parser.add_argument("--tiles", type=int, default=100, help="how many drawn tiles to read")
    parser.add_argument("--cases", type=Path, help="real pages with transcripts, instead")
    parser.add_argument("--limit", type=int, default=20, help="how many of them")
    parser.set_defaults(run=_run)
    return run_command(parser)


def _run(options: argparse.Namespace) -> int:
    reader = _reader(options)
    if options.cases:
        found = list(_page_errors(reader, options.cases, options.limit))
    else:
        found = list(tile_errors(reader, islice(unseen_tiles(), options.tiles)))
    rate = Bootstrap(len(found), 0).interval(
        ratio([one.edits for one in found], [one.length for one in found])
    )
    if rate is None:
        print("There was nothing to read.")
    else:
        interval = f"({rate.low:.3f} to {rate.high:.3f})"
        print(f"character error rate {rate.value:.3f} {interval}, {len(found)} pictures")
    return 0


def _reader(options: argparse.Namespace) -> PixelReader:
    """The reader that is asked for.

    Raises:
        UsageError: when none or two are.
    """
    if (options.checkpoint is None) == (options.model is None):
        raise UsageError(
            "Say what is to read.", "Give the folder of a tower, or one of a whole model with --model."
        )
    if options.model is None:
        return GlyphByGlyph(load_reader(options.checkpoint))
    settings = Settings.from_environment()
    adapter, vision = options.model / ADAPTER, options.model / VISION
    return WholeModel(EmbeddedEngine(settings.model_cache, shipped_adapter=adapter, vision=vision))


if __name__ == "__main__":
    sys.exit(main())
