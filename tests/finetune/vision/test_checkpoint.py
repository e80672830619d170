"""A reader is kept and found again, or its absence is said."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from docvlm.errors import ModelError
from docvlm.models.vision_tower import VisionTower, tower_config
from finetune.vision.checkpoint import HEAD, load_reader, save_reader
from finetune.vision.glyph_head import GlyphHead


def test_a_tower_and_its_head_come_back_as_they_were(tmp_path: Path) -> None:
    torch.manual_seed(1)
    tower, head = VisionTower(tower_config(64, 1, 128)), GlyphHead(64)
    save_reader(tower, head, tmp_path)
    again, again_head = load_reader(tmp_path)
    states = torch.rand(1, 4, 64)
    torch.testing.assert_close(again_head(states).classes, head(states).classes)
    for name, weight in tower.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], weight)


def test_a_tower_without_its_head_is_refused(tmp_path: Path) -> None:
    save_reader(VisionTower(tower_config(64, 1, 128)), GlyphHead(64), tmp_path)
    (tmp_path / HEAD).unlink()
    with pytest.raises(ModelError, match="no glyph head"):
        load_reader(tmp_path)
