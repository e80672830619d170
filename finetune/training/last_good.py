"""Which of a run's saved weights are still good when its loss is no longer a number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from peft import set_peft_model_state_dict
from safetensors.torch import load_file

from docvlm.adapters.card import WEIGHTS_FILE
from finetune.training.checkpoints import checkpoints, step_of


def last_good(folder: Path, failed_step: int, best: Path | None, best_step: int | None) -> Path | None:
    """The weights to keep: the best of those measured, else the newest; None where none are known to be good.

    Weights are good when a step was computed with them and its loss was a number: those from right before
    the failed step are what it failed with.

    Args:
        folder: where the run's checkpoints lie.
        failed_step: the step whose loss is no number, counted from 1.
        best: the weights that were measured best, which are of ``best_step``; None where none were.
    """
    if best is not None and best_step is not None and best_step < failed_step - 1:
        return best
    good = [saved for saved in checkpoints(folder) if step_of(saved) < failed_step - 1]
    return good[-1] if good else None


def load_weights(model: Any, weights: Path) -> None:
    """Put saved weights back into a model in training, in place of those that are spoilt."""
    set_peft_model_state_dict(model, load_file(weights / WEIGHTS_FILE))
