"""Checkpoints of a run: put in place whole, the last ones kept."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from docvlm.adapters.card import WEIGHTS_FILE

_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
ChangeWeights = Callable[[dict[str, Tensor]], dict[str, Tensor]]

PARTIAL = "partial-"
"""How the name of a folder begins in which a checkpoint is being written."""


def checkpoints(folder: Path) -> list[Path]:
    """The whole checkpoints in a folder, the oldest first."""
    found = [
        (match, path) for path in folder.glob("checkpoint-*") if (match := _CHECKPOINT.fullmatch(path.name))
    ]
    return [path for match, path in sorted(found, key=lambda item: int(item[0][1]))]


def publish_checkpoint(partial: Path, folder: Path, keep: int) -> None:
    """Move the checkpoint that was written inside ``partial`` into ``folder`` and drop the oldest ones."""
    for written in checkpoints(partial):
        target = folder / written.name
        if target.exists():
            shutil.rmtree(target)
        written.rename(target)
    shutil.rmtree(partial)
    for old in checkpoints(folder)[:-keep]:
        shutil.rmtree(old)


def drop_partial_checkpoints(folder: Path) -> None:
    """Remove what a run that was killed had not finished writing."""
    for partial in folder.glob(f"{PARTIAL}*"):
        shutil.rmtree(partial)


def step_of(checkpoint: Path) -> int:
    """After how many steps a checkpoint was written."""
    match = _CHECKPOINT.fullmatch(checkpoint.name)
    return int(match[1]) if match else 0


def keep_best(model: Any, folder: Path) -> None:
    """Write the adapter as it is now into ``folder`` in one go, in place of what is there."""
    fresh = folder.with_name(f"{PARTIAL}{folder.name}")
    model.save_pretrained(fresh, save_embedding_layers=False)
    if folder.exists():
        shutil.rmtree(folder)
    fresh.rename(folder)


def copy_adapter(source: Path, target: Path, change: ChangeWeights | None = None) -> None:
    """Copy the adapter's own files out of a checkpoint, in one go.

    Args:
        change: makes the copy's weights out of the checkpoint's; None to take them as they are.
    """
    fresh = target.with_name(f"{PARTIAL}{target.name}")
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(parents=True)
    shutil.copyfile(source / "adapter_config.json", fresh / "adapter_config.json")
    if change is None:
        shutil.copyfile(source / WEIGHTS_FILE, fresh / WEIGHTS_FILE)
    else:
        save_file(change(load_file(source / WEIGHTS_FILE)), fresh / WEIGHTS_FILE, {"format": "pt"})
    if target.exists():
        shutil.rmtree(target)
    fresh.rename(target)
