"""Keys and values that grow in place: a few more tokens are written beside those that are there."""

from __future__ import annotations

import torch
from transformers.cache_utils import DynamicLayer

ROOM = 256
"""Tokens that are made room for at a time: of docvlm's language model 6 MB."""


class RoomyLayer(DynamicLayer):
    """Keys and values of one layer, each (batch, heads, tokens, head size), with room for more tokens.

    transformers' own layer copies all of them whenever one token is added.

    Args:
        layer: what it begins with; its tensors are shared until the first tokens are added.
    """

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, layer: DynamicLayer) -> None:
        super().__init__()
        self.__dict__.update(layer.__dict__)
        self._room: tuple[torch.Tensor, torch.Tensor] | None = None

    def share(self) -> None:
        """Never write beside the present tokens again, as another layer begins with them."""
        self._room = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Add tokens; all keys and all values."""
        before = self.get_seq_length()
        after = before + key_states.shape[-2]
        if self._room is None or self._room[0].shape[-2] < after:
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
            self._room = (
                _with_room(self.keys, before, key_states),
                _with_room(self.values, before, value_states),
            )
        keys, values = self._room
        keys[..., before:after, :] = key_states
        values[..., before:after, :] = value_states
        self.keys, self.values = keys[..., :after, :], values[..., :after, :]
        return self.keys, self.values


def _with_room(known: torch.Tensor, count: int, more: torch.Tensor) -> torch.Tensor:
    """A tensor that begins with ``count`` known tokens, with room for ``more`` and ``ROOM`` others."""
    *outer, added, size = more.shape
    room = more.new_empty(*outer, count + added + ROOM, size)
    if count:
        room[..., :count, :] = known
    return room
