"""Positions of packed turns for models that number image tokens by row and column (Qwen2-VL's M-RoPE)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from finetune.packing import PackedExample


def packed_positions(
    model: Any, packed: PackedExample, pixels: Mapping[str, torch.Tensor]
) -> torch.Tensor | None:
    """Positions along time, height and width, shape (3, 1, length), or None where one axis will do.

    The page is numbered by the model itself; every turn goes on after the highest position of the page,
    as it does when the page is computed first and the turn follows from the cache.
    """
    counter = model.model
    if not hasattr(counter, "get_rope_index"):
        return None
    page = packed.segment_lengths[0]
    page_ids = packed.token_ids[:, :page]
    types = pixels.get("mm_token_type_ids")
    if types is None:
        types = torch.zeros_like(page_ids)
    of_page, _ = counter.get_rope_index(
        page_ids, mm_token_type_ids=types.cpu(), image_grid_thw=_on_cpu(pixels.get("image_grid_thw"))
    )
    # Turns stand at page, page + 1, … in a plain numbering; here they start after the page's last position.
    turns = packed.positions[:, page:] - page + int(of_page.max()) + 1
    return torch.cat((of_page.cpu(), turns.expand(3, 1, -1)), dim=2)


def _on_cpu(grid: torch.Tensor | None) -> torch.Tensor | None:
    return None if grid is None else grid.cpu()
