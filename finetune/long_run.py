"""What long runs of training have in common: recipe, learning rate, steps, log and checkpoints."""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.models.language_model import ensure_language_model

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

CHECKPOINT = "checkpoint"
_SETTINGS = "config.json"
_LAST_CHECKPOINT = "checkpoint.old"
LOG = "log.jsonl"

Config = TypeVar("Config")


@dataclass(slots=True)
class Progress:
    """How far a run is: steps taken, examples used up (those passed over too), seconds spent training."""

    step: int = 0
    seen: int = 0
    seconds: float = 0.0


def read_recipe(file: Path, config: Callable[..., Config]) -> Config:
    """The settings in a YAML file of ``finetune/recipes``, as the dataclass ``config``.

    Raises:
        UsageError: when the file cannot be read or names a setting that there is not.
    """
    try:
        return config(**yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError, yaml.YAMLError) as error:
        raise UsageError(
            f"{file} is no recipe: {error}.", "See finetune/recipes for those there are."
        ) from error


def settings_of(recipe: Path | None, out: Path, resume: bool, config: Callable[..., Config]) -> Config:
    """The settings of a run: those of a recipe, else of the run that is gone on with, else the usual ones.

    Raises:
        UsageError: when the recipe cannot be read or names a setting that there is not.
    """
    kept = out / _SETTINGS
    if recipe is None and resume and kept.is_file():
        recipe = kept  # JSON is YAML
    return config() if recipe is None else read_recipe(recipe, config)


def begin(out: Path, config: DataclassInstance, resume: bool) -> None:
    """Make the folder of a run and keep its settings there.

    A run that was killed between putting the last checkpoint aside and the new one in its place gets the
    last one back.

    Raises:
        UsageError: when ``out`` holds a run and ``resume`` is not set, or no checkpoint and it is.
    """
    if (out / LOG).exists() and not resume:
        raise UsageError(f"{out} already holds a run.", "Choose another folder or go on with --resume.")
    if resume and not holds_checkpoint(out):
        raise UsageError(
            f"{out} holds no checkpoint to go on from.", "Delete the folder and begin again without --resume."
        )
    out.mkdir(parents=True, exist_ok=True)
    last = out / _LAST_CHECKPOINT
    if last.exists() and not (out / CHECKPOINT).exists():
        last.rename(out / CHECKPOINT)
    (out / _SETTINGS).write_text(json.dumps(asdict(config), indent=2), encoding="utf-8")


def holds_checkpoint(out: Path) -> bool:
    """Whether a run can go on from ``out``, be it that it was killed between two checkpoints."""
    return any((out / name).is_dir() for name in (CHECKPOINT, _LAST_CHECKPOINT))


def rise_and_fall(progress: float, warmup: float, least: float = 0.0) -> float:
    """The share of the highest learning rate after a share ``progress`` (0 to 1) of a run.

    A linear rise over ``warmup``, then half a cosine down to ``least``.
    """
    if progress < warmup:
        return max(progress / warmup, 0.02)
    decayed = min((progress - warmup) / (1 - warmup), 1.0)
    return least + (1 - least) * 0.5 * (1 + math.cos(math.pi * decayed))


def take_steps(
    out: Path,
    progress: Progress,
    total: int,
    step: Callable[[], Mapping[str, float]],
    write: Callable[[Path], None],
    checkpoint_minutes: float,
) -> None:
    """Train until ``total`` examples are seen; every step is logged, and checkpoints are put in ``out``.

    Args:
        step: takes one step, moves ``progress.seen`` on, and returns figures for the log.
        write: writes a checkpoint to a folder, as for :func:`put_checkpoint`.
        checkpoint_minutes: of training between two checkpoints; the last is put at the end.
    """
    saved_at = progress.seconds
    while progress.seen < total:
        began, before = time.monotonic(), progress.seen
        figures = step()
        spent = time.monotonic() - began
        progress.step += 1
        progress.seconds += spent
        log_step(out, progress, **figures, examples_per_second=(progress.seen - before) / max(spent, 1e-9))
        if progress.seconds - saved_at >= checkpoint_minutes * 60:
            put_checkpoint(out, write)
            saved_at = progress.seconds
    put_checkpoint(out, write)


def log_step(out: Path, progress: Progress, **figures: float) -> None:
    """Append a line of JSON to the run's log."""
    line: dict[str, Any] = {**asdict(progress), **figures}
    rounded = {
        key: float(f"{value:.4g}") if isinstance(value, float) else value for key, value in line.items()
    }
    with (out / LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(rounded) + "\n")


def put_checkpoint(out: Path, write: Callable[[Path], None]) -> None:
    """Have a checkpoint written beside the last one, then put it in its place."""
    fresh, kept, old = out / "checkpoint.new", out / CHECKPOINT, out / _LAST_CHECKPOINT
    shutil.rmtree(fresh, ignore_errors=True)  # of a run that was killed while it wrote
    write(fresh)
    if kept.exists():
        shutil.rmtree(old, ignore_errors=True)
        kept.rename(old)
    fresh.rename(kept)
    shutil.rmtree(old, ignore_errors=True)


def cached_language_model() -> Path:
    """Where the embedded model's language model lies on this machine; fetched where it is missing.

    Raises:
        ModelError: when it cannot be had.
    """
    return ensure_language_model(Settings.from_environment().model_cache, print)
