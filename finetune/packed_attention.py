"""Attention over a packed sequence (a page, then turns) that computes only what may be seen.

PyTorch's CPU kernel computes every pair of tokens of a masked sequence, those of two different turns
too. Here a turn is multiplied with the page and with itself alone, and the page with what stands before,
block by block. The values are those of ordinary attention under such a mask. Scores are computed again for
the gradient, not kept: they would take most of the memory of a training step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint
from transformers import AttentionInterface

NAME = "docvlm_packed"
PAGE_BLOCK = 256
"""Rows of a page computed at once: small blocks skip more of the upper triangle, large ones run faster."""


def use_packed_attention(model: Any) -> None:
    """Let ``model`` use this attention; every call of it then needs ``segment_lengths``."""
    AttentionInterface.register(NAME, packed_attention)
    model.set_attn_implementation(NAME)


def packed_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    segment_lengths: Sequence[int],
    scaling: float | None = None,
    **_unused: Any,
) -> tuple[torch.Tensor, None]:
    """What transformers calls for each layer.

    Args:
        query: shape (1, heads, length, head size); ``key`` and ``value`` may have fewer heads.
        attention_mask: not used; the lengths say all.
        segment_lengths: tokens of the page, then of each turn; they add up to ``length``.
        scaling: factor on the scores; one over the square root of the head size by default.

    Returns:
        The attended values, shape (1, length, heads, head size), and no attention weights.
    """
    factor = query.shape[-1] ** -0.5 if scaling is None else scaling
    queries, keys, values = query[0], key[0], value[0]
    page, *turns = segment_lengths
    attended: list[torch.Tensor] = []
    for start in range(0, page, PAGE_BLOCK):
        end = min(start + PAGE_BLOCK, page)
        attended.append(_attend_saving(queries, keys, values, _Block(0, start, end), factor))
    start = page
    for length in turns:
        attended.append(_attend_saving(queries, keys, values, _Block(page, start, start + length), factor))
        start += length
    return torch.cat(attended, dim=1).transpose(0, 1)[None], None


@dataclass(frozen=True, slots=True)
class _Block:
    """Rows ``start`` to ``end`` of a sequence; they see its first ``page`` tokens and each other.

    Of the page itself (``page`` 0) they see all that stands before them.
    """

    page: int
    start: int
    end: int

    def seen(self, states: torch.Tensor) -> torch.Tensor:
        """The keys or values that the rows see, the rows' own last."""
        if not self.page:
            return states[:, : self.end]
        return torch.cat((states[:, : self.page], states[:, self.start : self.end]), dim=1)


def _attend_saving(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, block: _Block, factor: float
) -> torch.Tensor:
    """``_attend``, which is run once more when a gradient is wanted."""
    if not torch.is_grad_enabled():
        return _attend(queries, keys, values, block, factor)
    attended: torch.Tensor = checkpoint(
        _attend, queries, keys, values, block, factor, use_reentrant=False, preserve_rng_state=False
    )
    return attended


def _attend(
    all_queries: torch.Tensor, all_keys: torch.Tensor, all_values: torch.Tensor, block: _Block, factor: float
) -> torch.Tensor:
    """Causal attention of a block's rows to what they see, shape (heads, rows, head size)."""
    groups = all_queries.shape[0] // all_keys.shape[0]
    queries = all_queries[:, block.start : block.end] * factor
    keys = block.seen(all_keys).repeat_interleave(groups, dim=0)
    values = block.seen(all_values).repeat_interleave(groups, dim=0)
    rows = queries.shape[1]
    scores = queries @ keys.transpose(1, 2)
    later = torch.ones(rows, rows, dtype=torch.bool, device=scores.device).triu(1)
    scores[:, :, -rows:].masked_fill_(later, float("-inf"))
    return scores.softmax(dim=-1) @ values
