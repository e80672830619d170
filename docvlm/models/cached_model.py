"""A transformers model together with the keys and values of what it has seen so far."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from docvlm.models.roomy_cache import RoomyLayer


class CachedModel:
    """Goes on from a key/value cache, which grows with every call of ``forward``.

    Args:
        model: a causal language model or an image-text-to-text model of transformers.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._cache = DynamicCache()
        self._token_ids: tuple[int, ...] = ()
        self._position_offset: torch.Tensor | None = None

    @property
    def token_ids(self) -> tuple[int, ...]:
        """Everything seen so far."""
        return self._token_ids

    @property
    def length(self) -> int:
        """Tokens seen so far, image tokens included."""
        return int(self._cache.get_seq_length())

    def fork(self) -> CachedModel:
        """A copy to go on from, which leaves this one as it is.

        Keys and values are copied only when the fork grows.
        """
        fork = copy.copy(self)
        fork._cache = copy.copy(self._cache)
        fork._cache.layers = [RoomyLayer(layer) for layer in self._cache.layers]
        for layer in self._cache.layers:
            if isinstance(layer, RoomyLayer):
                layer.share()
        return fork

    @torch.inference_mode()
    def forward(self, token_ids: Sequence[int], keep: int = 1, **pixels: torch.Tensor) -> torch.Tensor:
        """Append ``token_ids`` and return the logits after the last ``keep``, shape (keep, vocabulary).

        Args:
            pixels: further arguments of the model's ``forward`` for the images among the tokens.
        """
        ids = torch.tensor([list(token_ids)], device=self._model.device)
        # Qwen numbers image tokens by row and column, so text after an image starts at a lower position.
        # It remembers the difference for the page that it saw last; here each page keeps its own.
        counter = self._model.model
        if hasattr(counter, "rope_deltas"):
            counter.rope_deltas = self._position_offset
        # By number, because a slice of more rows than one makes PyTorch copy all the weights of the head.
        rows = torch.arange(len(token_ids) - keep, len(token_ids), device=ids.device)
        output = self._model(
            input_ids=ids, past_key_values=self._cache, use_cache=True, logits_to_keep=rows, **pixels
        )
        self._position_offset = getattr(counter, "rope_deltas", None)
        self._token_ids += tuple(token_ids)
        logits: torch.Tensor = output.logits[0]
        return logits

    def drop(self, count: int) -> None:
        """Take back the last ``count`` tokens."""
        if count > 0:
            self._cache.crop(-count)
            self._token_ids = self._token_ids[:-count]
