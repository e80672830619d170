"""A wider adapter that says the same: room for what a further training learns, beside what it knew.

A low-rank update is B A (Hu et al. 2021, arXiv 2106.09685, section 4.1). The new rows of A are drawn as for a
new adapter, the new columns of B are nothing, so that the product is what it was until it is trained.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from docvlm.adapters.card import WEIGHTS_FILE
from docvlm.adapters.registry import CONFIG_FILE
from docvlm.errors import ModelError, UsageError
from docvlm.models.shipped import seal


def widen(adapter: Path, out: Path, rank: int, seed: int = 0) -> None:
    """Write ``adapter`` with ``rank`` instead of its own; its scale (alpha over rank) stays.

    Raises:
        ModelError: when there is no adapter.
        UsageError: when it has that rank already, or a higher one.
    """
    config = _config_of(adapter)
    weights = load_file(adapter / WEIGHTS_FILE)
    more = rank - config["r"]
    if more <= 0:
        raise UsageError(f"The adapter in {adapter} has rank {config['r']} already.", "Name a higher rank.")
    generator = torch.Generator().manual_seed(seed)
    wide = {name: _padded(name, weight, more, generator) for name, weight in weights.items()}
    config |= {"r": rank, "lora_alpha": config["lora_alpha"] * rank // config["r"]}
    out.mkdir(parents=True, exist_ok=True)
    save_file(wide, out / WEIGHTS_FILE, metadata={"format": "pt"})
    (out / CONFIG_FILE).write_text(json.dumps(config, indent=2), encoding="utf-8")
    seal(out)


def rank_of(adapter: Path) -> int:
    """The rank of an adapter's updates.

    Raises:
        ModelError: when there is no adapter.
    """
    return int(_config_of(adapter)["r"])


def _config_of(adapter: Path) -> dict[str, Any]:
    if not (adapter / WEIGHTS_FILE).is_file():
        raise ModelError(f"There is no adapter in {adapter}.", "Name the folder of an adapter.")
    return dict(json.loads((adapter / CONFIG_FILE).read_text(encoding="utf-8")))


def _padded(name: str, weight: torch.Tensor, more: int, generator: torch.Generator) -> torch.Tensor:
    """``A`` (rank, inputs) gets more rows as peft draws them, ``B`` (outputs, rank) columns of zeros."""
    if "lora_B" in name:
        return torch.cat([weight, weight.new_zeros(weight.shape[0], more)], dim=1)
    bound = 1 / math.sqrt(weight.shape[1])
    rows = torch.empty(more, weight.shape[1]).uniform_(-bound, bound, generator=generator)
    return torch.cat([weight, rows.to(weight.dtype)])
