"""Weights part of the way from the base's to the trained ones.

What few documents teach costs some of what the base could; part of the way keeps most of both (Wortsman et
al. 2022, "Robust fine-tuning of zero-shot models", arXiv 2109.01903).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peft.utils import ModulesToSaveWrapper
from torch import Tensor


def part_way(weights: Mapping[str, Tensor], share: float, base: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of an adapter's file, ``share`` (above 0 to 1) of the way from the base.

    A low-rank update B A is nothing at the base, so B times ``share`` is that share of it.

    Args:
        base: the base's values of the layers that were trained in full; see :func:`base_of_full_layers`.
    """
    return {
        name: weight * share if ".lora_B." in name else _between(base.get(name), weight, share)
        for name, weight in weights.items()
    }


def base_of_full_layers(model: Any) -> dict[str, Tensor]:
    """The values that the layers trained in full had, by their names in an adapter's file."""
    return {
        f"{path}.{name}": value
        for path, module in model.named_modules()
        if isinstance(module, ModulesToSaveWrapper)
        for name, value in module.original_module.state_dict().items()
    }


def _between(before: Tensor | None, after: Tensor, share: float) -> Tensor:
    if before is None:
        return after
    return (before.float() + share * (after.float() - before.float())).to(after.dtype)
