"""Noise on word embeddings in training (NEFTune: Jain et al. 2023, arXiv 2310.05914)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


class EmbeddingNoise:
    """Uniform noise of size ``alpha / sqrt(length * width)`` on what the embedding layer gives.

    Each thread draws from its own source, seeded for each document, so that a run can be repeated.
    """

    def __init__(self, alpha: float) -> None:
        self._alpha = alpha
        self._own = threading.local()

    @contextmanager
    def over(self, model: Any) -> Iterator[None]:
        """Add the noise to a model's embeddings inside the ``with`` block."""
        if not self._alpha:
            yield
            return
        handle = model.get_input_embeddings().register_forward_hook(self._add)
        try:
            yield
        finally:
            handle.remove()

    @contextmanager
    def of(self, seed: int) -> Iterator[None]:
        """Draw the noise of one document inside the ``with`` block; there is none outside."""
        self._own.source = torch.Generator().manual_seed(seed)
        try:
            yield
        finally:
            self._own.source = None

    def _add(self, _layer: Any, _inputs: Any, embeddings: torch.Tensor) -> torch.Tensor:
        source = getattr(self._own, "source", None)
        if source is None:
            return embeddings
        size = self._alpha / (embeddings.shape[-2] * embeddings.shape[-1]) ** 0.5
        noise = torch.rand(embeddings.shape, generator=source) * 2 - 1
        noisy: torch.Tensor = embeddings + (noise * size).to(embeddings)
        return noisy
