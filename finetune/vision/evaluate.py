"""How well tiles are read glyph by glyph, by the tower or through its resampler.

Character error rates on unseen drawn tiles, and on real pages.

python -m finetune.vision.evaluate runs/tower/checkpoint --tiles 200
python -m finetune.vision.evaluate runs/tower/checkpoint --cases CASES.jsonl --limit 20
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path

from docvlm.terminal import run_command
from docvlm.types import Line, RgbImage
from finetune.data.cases import read_cases
from finetune.data.readings import Readings
from finetune.evaluation.bootstrap import Bootstrap, ratio
from finetune.evaluation.text import ErrorCounts, character_errors
from finetune.vision.readers import GlyphReader, load_reader
from finetune.vision.reading import lines_of, printed, read_page, read_tile
from finetune.vision.tiles import Tile, tiles_of

GLYPH_HEIGHT = 13.0
"""Pixels: the middle of what the tower was taught; a page is read again at the size that makes it so."""

_SIDE = 384


def tile_errors(reader: GlyphReader, tiles: Iterator[Tile]) -> Iterator[ErrorCounts]:
    """Of each tile, against its own glyphs put into lines in the same way."""
    for tile in tiles:
        read = lines_of(read_tile(reader, tile.image))
        yield character_errors(_text(read), _text(lines_of(printed(tile.glyphs))))


def unseen_tiles() -> Iterator[Tile]:
    """Tiles of pages that no run draws; without end."""
    return (tile for number in count() for tile in tiles_of(f"unseen:{number}", _SIDE, 1))


def read_at_its_size(reader: GlyphReader, image: RgbImage) -> str:
    """A page's text, its letters made as high as those that the tower was taught."""
    found = read_page(reader, image, _SIDE)
    heights = [word.box.height for word in found.words]
    if not heights:
        return ""
    scale = GLYPH_HEIGHT / statistics.median(heights)
    if 0.8 < scale < 1.25:
        return found.text
    return read_page(reader, image, _SIDE, scale).text


def _text(lines: Sequence[Line]) -> str:
    return "\n".join(line.text for line in lines)


def _page_errors(reader: GlyphReader, cases: Path, limit: int) -> Iterator[ErrorCounts]:
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
            yield character_errors(read_at_its_size(reader, image), right)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m finetune.vision.evaluate", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="folder of a tower, or of one with its resampler")
    parser.add_argument("--tiles", type=int, default=100, help="how many drawn tiles to read")
    parser.add_argument("--cases", type=Path, help="real pages with transcripts, instead")
    parser.add_argument("--limit", type=int, default=20, help="how many of them")
    parser.set_defaults(run=_run)
    return run_command(parser)


def _run(options: argparse.Namespace) -> int:
    reader = load_reader(options.checkpoint).eval()
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


if __name__ == "__main__":
    sys.exit(main())
