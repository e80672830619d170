"""A tower and its glyph head in a folder: safetensors and a configuration."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file, save_file

from docvlm.errors import ModelError
from docvlm.models.vision_tower import VisionTower, load_tower, save_tower
from finetune.vision.glyph_head import GlyphHead

HEAD = "glyph_head.safetensors"


def save_reader(tower: VisionTower, head: GlyphHead, folder: Path) -> None:
    save_tower(tower, folder)
    save_file(dict(head.state_dict()), folder / HEAD)


def load_reader(folder: Path) -> tuple[VisionTower, GlyphHead]:
    """The tower and the glyph head kept in a folder.

    Raises:
        ModelError: when they are not there.
    """
    tower = load_tower(folder)
    head = GlyphHead(tower.config.hidden_size)
    try:
        head.load_state_dict(load_file(folder / HEAD))
    except (OSError, RuntimeError) as error:
        raise ModelError(
            f"{folder} holds no glyph head.", "Train one with python -m finetune.vision.train."
        ) from error
    return tower, head
