"""How far a long run is and what its optimiser knows, kept beside the weights of a checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_FILE = "training.pt"

Progress = TypeVar("Progress")


def save_state(folder: Path, optimizer: torch.optim.Optimizer, progress: DataclassInstance) -> None:
    torch.save({"optimizer": optimizer.state_dict(), "progress": asdict(progress)}, folder / _FILE)


def load_state(folder: Path, optimizer: torch.optim.Optimizer, progress: Callable[..., Progress]) -> Progress:
    """Give the optimiser back what it knew; returns how far the run was, as the dataclass ``progress``."""
    state = torch.load(folder / _FILE, weights_only=True)
    optimizer.load_state_dict(state["optimizer"])
    return progress(**state["progress"])
