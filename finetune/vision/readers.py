"""What learns to read tiles glyph by glyph: the tower alone, and the tower behind its resampler.

Both lie in folders: safetensors, and configurations that say their shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional
from transformers import Idefics2Config

from docvlm.errors import ModelError
from docvlm.models.vision_language import new_connector
from docvlm.models.vision_tower import PATCH, VisionTower, load_tower, save_tower, states_of
from finetune.vision.cell_tokens import token_loss
from finetune.vision.glyph_head import GlyphHead, SaidGlyphs, glyph_loss, share_right
from finetune.vision.latents import LatentDecoder, latents_on_grid
from finetune.vision.places import WAVES, place_waves

HEAD, WHERE = "glyph_head.safetensors", "place_head.safetensors"
CONNECTOR, DECODER = "connector.safetensors", "latent_decoder.safetensors"
WHOLE_CONFIG = "vision_language.json"

_DAMAGED = (OSError, RuntimeError, ValueError, TypeError, SafetensorError)

_REBUILT_WEIGHT = 3.0
"""Of the tower's states, in shares of their variance, beside what is read out of them."""

_TOKEN_WEIGHT = 0.5
"""Of the tokens in the cells of latents, about as much as the characters have."""

_TOWER_WEIGHT = 0.5
"""Of the tower's own loss while the resampler learns, so that it goes on reading."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """The loss of a batch, and the share of its characters that were right."""

    loss: torch.Tensor
    right: float


class PatchReader(nn.Module):
    """The tower with a head that says what is printed in each patch, and one that says where the patch lies.

    Nothing else would keep a tower's states from losing their places, and a resampler knows them from nowhere
    else.
    """

    def __init__(self, tower: VisionTower, head: GlyphHead) -> None:
        super().__init__()
        self.tower = tower
        self.head = head
        self.where = nn.Linear(tower.config.hidden_size, WAVES)

    @property
    def patches(self) -> PatchReader:
        """The part that reads patches: all of it here, one of the parts of a :class:`LatentReader`."""
        return self

    def forward(self, images: torch.Tensor) -> SaidGlyphs:
        """What tiles say, bytes of shape (tiles, height, width, 3)."""
        said: SaidGlyphs = self.head(states_of(self.tower, images))
        return said

    def lesson(self, images: torch.Tensor, targets: tuple[torch.Tensor, ...]) -> Lesson:
        """``targets``: classes, places and starts, as of ``finetune.vision.glyph_targets.GlyphTargets``, and
        tokens, as of ``finetune.vision.cell_tokens.cell_tokens``."""
        return self.judge(states_of(self.tower, images), images, targets)

    def judge(self, states: torch.Tensor, images: torch.Tensor, targets: tuple[torch.Tensor, ...]) -> Lesson:
        """How far the tower's states of some tiles are from what they should tell."""
        said = self.head(states)
        waves = place_waves(images.shape[1] // PATCH, images.shape[2] // PATCH).to(states.device)
        astray = functional.mse_loss(self.where(states).float(), waves.expand(len(states), -1, -1))
        return Lesson(glyph_loss(said, *targets[:3]) + astray, share_right(said, targets[0]))

    def save(self, folder: Path) -> None:
        save_tower(self.tower, folder)
        save_file(dict(self.head.state_dict()), folder / HEAD)
        save_file(dict(self.where.state_dict()), folder / WHERE)


class LatentReader(nn.Module):
    """A reader of patches, and all that it saw once more out of 64 latents a tile.

    Args:
        config: the shape of the whole model, see ``docvlm.models.vision_language.vision_language_config``.

    Attributes:
        embedded: the language model's tokens (vocabulary, width), if latents are to look like them.
    """

    embedded: torch.Tensor | None = None

    def __init__(self, patches: PatchReader, config: Idefics2Config) -> None:
        super().__init__()
        width = config.text_config.hidden_size
        self.config = config
        self.patches = patches
        self.connector = new_connector(config)
        latents = self.connector.perceiver_resampler.latents
        latents.data = latents_on_grid(*latents.shape)
        self.decoder = LatentDecoder(
            width, config.text_config.num_attention_heads, config.vision_config.hidden_size
        )

    @property
    def tower(self) -> VisionTower:
        return self.patches.tower

    def forward(self, images: torch.Tensor) -> SaidGlyphs:
        """What tiles say by way of their latents, bytes of shape (tiles, height, width, 3)."""
        said: SaidGlyphs = self.patches.head(self.rebuilt(states_of(self.tower, images), images))
        return said

    def lesson(self, images: torch.Tensor, targets: tuple[torch.Tensor, ...]) -> Lesson:
        """See :meth:`PatchReader.lesson`; what is right is what the tower's head reads out of the latents.

        Beside that, the tower's states are to come back out of the latents: a head that reads already says
        little about latents that hold nothing yet, the states do from the first step.
        """
        learns = next(self.tower.parameters()).requires_grad
        with torch.set_grad_enabled(learns):
            states = states_of(self.tower, images)
        latents = self.latents(states)
        rebuilt = self._rebuilt(latents, images)
        said = self.patches.head(rebuilt)
        wanted = states.detach().float()
        off = functional.mse_loss(rebuilt.float(), wanted) / wanted.var()
        loss = glyph_loss(said, *targets[:3]) + _REBUILT_WEIGHT * off
        if self.embedded is not None:
            loss = loss + _TOKEN_WEIGHT * token_loss(latents, targets[3], self.embedded)
        if learns:
            loss = loss + _TOWER_WEIGHT * self.patches.judge(states, images, targets).loss
        return Lesson(loss, share_right(said, targets[0]))

    def save(self, folder: Path) -> None:
        self.patches.save(folder)
        self.config.to_json_file(folder / WHOLE_CONFIG, use_diff=False)
        save_file(dict(self.connector.state_dict()), folder / CONNECTOR)
        save_file(dict(self.decoder.state_dict()), folder / DECODER)

    def rebuilt(self, states: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
        """The tower's states of some tiles, once more out of their latents."""
        return self._rebuilt(self.latents(states), images)

    def latents(self, states: torch.Tensor) -> torch.Tensor:
        """What 64 latents a tile, (tiles, 64, language model's width), keep of the tower's states."""
        whole = torch.ones(states.shape[:2], dtype=torch.bool, device=states.device)
        latents: torch.Tensor = self.connector(states, whole)
        return latents

    def _rebuilt(self, latents: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
        states: torch.Tensor = self.decoder(latents, images.shape[1] // PATCH, images.shape[2] // PATCH)
        return states


GlyphReader = PatchReader | LatentReader


def load_reader(folder: Path) -> GlyphReader:
    """The reader kept in a folder, of the kind that lies there.

    Raises:
        ModelError: when there is none, or its weights do not fit its configuration.
    """
    patches = load_patch_reader(folder)
    if not (folder / CONNECTOR).exists():
        return patches
    try:
        reader = LatentReader(patches, Idefics2Config.from_json_file(folder / WHOLE_CONFIG))
        reader.connector.load_state_dict(load_file(folder / CONNECTOR))
        reader.decoder.load_state_dict(load_file(folder / DECODER))
    except _DAMAGED as error:
        raise _missing(folder, "resampler") from error
    return reader


def load_patch_reader(folder: Path) -> PatchReader:
    """The tower and glyph head of a folder, whatever else lies there.

    Raises:
        ModelError: when they are not there.
    """
    tower = load_tower(folder)
    reader = PatchReader(tower, GlyphHead(tower.config.hidden_size))
    try:
        reader.head.load_state_dict(load_file(folder / HEAD))
        reader.where.load_state_dict(load_file(folder / WHERE))
    except _DAMAGED as error:
        raise _missing(folder, "glyph head") from error
    return reader


def _missing(folder: Path, what: str) -> ModelError:
    return ModelError(f"{folder} holds no {what}.", "Train one with python -m finetune.vision.train.")
