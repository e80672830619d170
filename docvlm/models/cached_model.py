"""A transformers model together with the keys and values of what it has seen so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache


class CachedModel:
    """Goes on from a key/value cache, which grows with every call of ``forward``."""

    def __init__(self, model: Any, cache: DynamicCache, device: torch.device) -> None:
        self._model = model
        self._cache = cache
        self._device = device

    @torch.inference_mode()
    def forward(self, token_ids: Sequence[int], **pixels: torch.Tensor) -> torch.Tensor:
        """Append ``token_ids`` and return the logits after the last of them, shape (vocabulary,).

        Args:
            pixels: further arguments of the model's ``forward`` for the images among the tokens.
        """
        ids = torch.tensor([list(token_ids)], device=self._device)
        output = self._model(
            input_ids=ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1, **pixels
        )
        logits: torch.Tensor = output.logits[0, -1]
        return logits
