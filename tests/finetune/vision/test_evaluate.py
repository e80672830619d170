"""Character error rates of the tower alone."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from docvlm.models.checksums import damaged_files
from docvlm.models.vision_tower import VisionTower, tower_config
from finetune.vision import evaluate
from finetune.vision.evaluate import GlyphByGlyph
from finetune.vision.glyph_head import GlyphHead
from finetune.vision.lines import printed
from finetune.vision.readers import PatchReader, load_reader
from tests.conftest import REPOSITORY


@pytest.fixture
def reader() -> PatchReader:
    torch.manual_seed(1)
    return PatchReader(VisionTower(tower_config(64, 1, 384)), GlyphHead(64)).eval()


def test_an_untaught_tower_makes_about_as_many_mistakes_as_there_are_characters(reader: PatchReader) -> None:
    (errors,) = evaluate.tile_errors(GlyphByGlyph(reader), islice(evaluate.unseen_tiles(), 1))
    assert errors.length > 20
    assert errors.edits > 0.7 * errors.length


def test_who_reads_every_glyph_makes_none(reader: PatchReader, monkeypatch: pytest.MonkeyPatch) -> None:
    (tile,) = islice(evaluate.unseen_tiles(), 1)
    said = printed(tile.glyphs)
    monkeypatch.setattr(evaluate, "read_tile", lambda reader, image: said)
    (errors,) = evaluate.tile_errors(GlyphByGlyph(reader), iter([tile]))
    assert errors.edits == 0


def test_a_white_page_has_no_text(reader: PatchReader) -> None:
    bias = reader.head.classes.bias
    with torch.no_grad():
        bias[:] = -10.0
        bias[:: bias.numel() // 4] = 10.0
    assert GlyphByGlyph(reader).page(np.full((200, 200, 3), 255, np.uint8)) == ""


def test_the_reader_that_is_kept_reads() -> None:
    folder = REPOSITORY / "finetune" / "weights" / "reader"
    assert not damaged_files(folder)
    found = list(evaluate.tile_errors(GlyphByGlyph(load_reader(folder)), islice(evaluate.unseen_tiles(), 6)))
    assert sum(one.edits for one in found) < 0.45 * sum(one.length for one in found)
