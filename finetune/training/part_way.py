"""Weights part of the way from the base's to the trained ones.

What few documents teach costs some of what the base could; part of the way keeps most of both (Wortsman et
al. 2022, "Robust fine-tuning of zero-shot models", arXiv 2109.01903).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from peft.tuners.lora import LoraLayer
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


@contextmanager
def part_way_in(model: Any, share: float) -> Iterator[None]:
    """Let a model in training compute with what will be kept of it; its own weights come back unchanged."""
    own: list[tuple[Tensor, Tensor]] = []
    try:
        for weight, base in _trained(model) if share < 1 else ():
            own.append((weight, weight.detach().clone()))
            with torch.no_grad():
                weight.copy_(weight * share if base is None else _between(base, weight, share))
        yield
    finally:
        for weight, value in own:
            with torch.no_grad():
                weight.copy_(value)


def _trained(model: Any) -> Iterator[tuple[Tensor, Tensor | None]]:
    """What :func:`part_way` changes, with the base's value; None for the part of an update that it scales."""
    for module in model.modules():
        if isinstance(module, ModulesToSaveWrapper):
            base = dict(module.original_module.named_parameters())
            for full in module.modules_to_save.values():
                yield from ((weight, base[name]) for name, weight in full.named_parameters())
        elif isinstance(module, LoraLayer):
            yield from ((weight, None) for weight in module.lora_B.parameters())


def _between(before: Tensor | None, after: Tensor, share: float) -> Tensor:
    if before is None:
        return after
    return (before.float() + share * (after.float() - before.float())).to(after.dtype)
