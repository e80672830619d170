"""How far a long run is and what its optimiser knows, kept beside the weights of a checkpoint."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch

from finetune.long_run import Progress

_FILE = "training.pt"


def save_state(folder: Path, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    torch.save({"optimizer": optimizer.state_dict(), "progress": asdict(progress)}, folder / _FILE)


def load_state(folder: Path, optimizer: torch.optim.Optimizer) -> Progress:
    """Give the optimiser back what it knew; returns how far the run was."""
    state = torch.load(folder / _FILE, map_location="cpu", weights_only=True)
    optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])
