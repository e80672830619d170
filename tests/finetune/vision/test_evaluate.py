"""Character error rates of the tower alone."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from docvlm.models.vision_tower import VisionTower, tower_config
from finetune.vision import evaluate
from finetune.vision.checkpoint import save_reader
from finetune.vision.glyph_head import GlyphHead
from finetune.vision.reading import printed


@pytest.fixture
def reader() -> tuple[VisionTower, GlyphHead]:
    torch.manual_seed(1)
    return VisionTower(tower_config(64, 1, 384)).eval(), GlyphHead(64).eval()


def test_an_untaught_tower_makes_about_as_many_mistakes_as_there_are_characters(
    reader: tuple[VisionTower, GlyphHead],
) -> None:
    (errors,) = evaluate.tile_errors(*reader, islice(evaluate.unseen_tiles(), 1))
    assert errors.length > 20
    assert errors.edits > 0.7 * errors.length


def test_who_reads_every_glyph_makes_none(
    reader: tuple[VisionTower, GlyphHead], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tile,) = islice(evaluate.unseen_tiles(), 1)
    said = printed(tile.glyphs)
    monkeypatch.setattr(evaluate, "read_tile", lambda tower, head, image: said)
    (errors,) = evaluate.tile_errors(*reader, iter([tile]))
    assert errors.edits == 0


def test_a_white_page_has_no_text(reader: tuple[VisionTower, GlyphHead], tmp_path: Path) -> None:
    tower, head = reader
    with torch.no_grad():
        head.classes.bias[:] = -10.0
        head.classes.bias[:: head.classes.bias.numel() // 4] = 10.0
    save_reader(tower, head, tmp_path)
    assert evaluate.read_at_its_size(tower, head, np.full((200, 200, 3), 255, np.uint8)) == ""
