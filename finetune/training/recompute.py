"""Cheap steps of a language model are computed again for the gradient, not kept.

A norm and the gate of a feed-forward layer take next to no time, yet half of what a training step holds
in memory are their intermediate values ("Reducing activation recomputation in large transformer models",
arXiv 2205.05198, section 5: recompute what is large and cheap).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint


@contextmanager
def cheap_steps_recomputed_in(model: Any) -> Iterator[None]:
    """Let every norm and gated feed-forward layer of ``model`` keep only what goes into it."""
    changed: list[Any] = []
    for module in model.modules():
        if type(module).__name__.endswith("RMSNorm"):
            module.forward = _recomputed(module.forward)
            changed.append(module)
        elif all(hasattr(module, name) for name in ("gate_proj", "up_proj", "down_proj", "act_fn")):
            module.forward = _gated(module)
            changed.append(module)
    try:
        yield
    finally:
        for module in changed:
            del module.forward


def _recomputed(forward: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def recomputed(*states: torch.Tensor) -> torch.Tensor:
        if not torch.is_grad_enabled():
            return forward(*states)
        kept: torch.Tensor = checkpoint(forward, *states, use_reentrant=False, preserve_rng_state=False)
        return kept

    return recomputed


def _gated(layer: Any) -> Callable[[torch.Tensor], torch.Tensor]:
    """The forward pass of transformers' gated feed-forward layers (``LlamaMLP`` and its like)."""
    gate = _recomputed(lambda gate, up: layer.act_fn(gate) * up)

    def forward(states: torch.Tensor) -> torch.Tensor:
        down: torch.Tensor = layer.down_proj(gate(layer.gate_proj(states), layer.up_proj(states)))
        return down

    return forward
