"""Teach the vision tower to read, by dense glyph supervision on drawn tiles.

    python -m finetune.vision.train --recipe finetune/recipes/docvlm-mini-tower.yaml --out runs/tower
    python -m finetune.vision.train --recipe finetune/recipes/docvlm-mini-tower.yaml --out runs/tower --resume
    python -m finetune.vision.evaluate runs/tower/checkpoint

Tile ``n`` of a run follows from the seed and ``n`` alone, so a resumed run sees what the uninterrupted one
would have seen. A run can start from the tower and head of another.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from docvlm.models.device import pick_device, pick_dtype
from docvlm.models.vision_tower import VisionTower, states_of, tower_config
from docvlm.terminal import run_command
from finetune.long_run import (
    CHECKPOINT,
    TRAINING_STATE,
    begin,
    log_step,
    put_checkpoint,
    read_recipe,
    rise_and_fall,
)
from finetune.vision.checkpoint import load_reader, save_reader
from finetune.vision.glyph_head import GlyphHead, glyph_loss, share_right
from finetune.vision.glyph_targets import glyph_targets
from finetune.vision.tiles import Tile, tiles_of

TILES_A_PAGE = 4


@dataclass(frozen=True, slots=True)
class TowerConfig:
    """The settings of a run, kept beside its checkpoints.

    The learning rate follows the share of ``tiles`` seen: a linear rise over ``warmup`` of them, then half a
    cosine down to a hundredth.
    """

    seed: int = 1
    tiles: int = 20_000
    side: int = 384
    batch: int = 16
    learning_rate: float = 1e-3
    warmup: float = 0.02
    weight_decay: float = 0.02
    hidden_size: int = 256
    layers: int = 4
    drawing_processes: int = 1
    checkpoint_minutes: float = 3.0
    start_from: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Tiles (bytes) with the targets of :mod:`finetune.vision.glyph_targets`, first axis the tile."""

    images: NDArray[np.uint8]
    classes: NDArray[np.int64]
    places: NDArray[np.float32]
    starts: NDArray[np.float32]


@dataclass(slots=True)
class Progress:
    """How far a run is: steps taken, tiles seen, seconds spent training."""

    step: int = 0
    tiles: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A tower and its head in training, their optimiser, and how far they are."""

    tower: VisionTower
    head: GlyphHead
    optimizer: torch.optim.Optimizer
    progress: Progress


def load_recipe(file: Path) -> TowerConfig:
    """The settings in a YAML file of ``finetune/recipes``; see :func:`read_recipe`."""
    return read_recipe(file, TowerConfig)


def make_batch(seed: int, number: int, size: int, side: int) -> Batch:
    """Batch ``number`` of a seed's stream: ``size`` tiles, at most four of one page."""
    tiles: list[Tile] = []
    for page in count():
        tiles += tiles_of(f"{seed}:{number}:{page}", side, min(TILES_A_PAGE, size - len(tiles)))
        if len(tiles) == size:
            break
    targets = [glyph_targets(tile.glyphs, side, side) for tile in tiles]
    return Batch(
        np.stack([tile.image for tile in tiles]),
        np.stack([target.classes for target in targets]),
        np.stack([target.places for target in targets]),
        np.stack([target.starts for target in targets]),
    )


def train(out: Path, config: TowerConfig, resume: bool) -> None:
    """Train until the tiles are used up; checkpoints and the log lie in ``out``.

    Raises:
        UsageError: when ``out`` holds a run and ``resume`` is not set.
    """
    begin(out, config, resume)
    run = open_run(out, config, resume)
    progress, saved_at = run.progress, run.progress.seconds
    with ProcessPoolExecutor(max_workers=config.drawing_processes) as drawing:
        batches = _batches(drawing, config, progress.step)
        while progress.tiles < config.tiles:
            began = time.monotonic()
            for group in run.optimizer.param_groups:
                group["lr"] = learning_rate_at(progress.tiles / config.tiles, config)
            loss, right = train_step(run, next(batches))
            spent = time.monotonic() - began
            progress.step += 1
            progress.tiles += config.batch
            progress.seconds += spent
            log_step(out, progress, loss=loss, right=right, tiles_per_second=config.batch / spent)
            if progress.seconds - saved_at >= config.checkpoint_minutes * 60:
                _save(out, run)
                saved_at = progress.seconds
    _save(out, run)


def open_run(out: Path, config: TowerConfig, resume: bool) -> Run:
    """Start a run, from scratch or from another's weights, or load it as its last checkpoint left it."""
    torch.manual_seed(config.seed)
    known = out / CHECKPOINT if resume else config.start_from and Path(config.start_from)
    if known:
        tower, head = load_reader(known)
    else:
        tower = VisionTower(tower_config(config.hidden_size, config.layers))
        head = GlyphHead(config.hidden_size)
    weights = [*tower.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=config.learning_rate, weight_decay=config.weight_decay)
    progress = Progress()
    if resume:
        state = torch.load(out / CHECKPOINT / TRAINING_STATE, weights_only=True)
        optimizer.load_state_dict(state["optimizer"])
        progress = Progress(**state["progress"])
    device = pick_device()
    return Run(tower.to(device).train(), head.to(device).train(), optimizer, progress)


def learning_rate_at(progress: float, config: TowerConfig) -> float:
    """The learning rate after a share ``progress`` (0 to 1) of the tiles."""
    return config.learning_rate * rise_and_fall(progress, config.warmup, least=0.01)


def train_step(run: Run, batch: Batch) -> tuple[float, float]:
    """One step of the optimiser; the loss, and the share of characters that were right before it."""
    device = next(run.tower.parameters()).device
    classes = torch.from_numpy(batch.classes).to(device)
    with torch.autocast(device.type, dtype=pick_dtype(device), enabled=pick_dtype(device) != torch.float32):
        said = run.head(states_of(run.tower, torch.from_numpy(batch.images).to(device)))
    loss = glyph_loss(
        said, classes, torch.from_numpy(batch.places).to(device), torch.from_numpy(batch.starts).to(device)
    )
    loss.backward()
    torch.nn.utils.clip_grad_norm_([*run.tower.parameters(), *run.head.parameters()], 1.0)
    run.optimizer.step()
    run.optimizer.zero_grad(set_to_none=True)
    return float(loss.detach()), share_right(said, classes)


def _batches(drawing: ProcessPoolExecutor, config: TowerConfig, first: int) -> Iterator[Batch]:
    """Batches in order from number ``first``, a few of them drawn ahead."""
    numbers = count(first)

    def asked() -> Future[Batch]:
        return drawing.submit(make_batch, config.seed, next(numbers), config.batch, config.side)

    waiting = [asked() for _ in range(2 * config.drawing_processes + 1)]
    while True:
        ready = waiting.pop(0)
        waiting.append(asked())
        yield ready.result()


def _save(out: Path, run: Run) -> None:
    def write(folder: Path) -> None:
        save_reader(run.tower, run.head, folder)
        state = {"optimizer": run.optimizer.state_dict(), "progress": asdict(run.progress)}
        torch.save(state, folder / TRAINING_STATE)

    put_checkpoint(out, write)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m finetune.vision.train", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--recipe", type=Path, help="YAML file with settings; options come before it")
    parser.add_argument("--tiles", type=int, help="how many tiles to train on")
    parser.add_argument("--start-from", help="folder of a tower and head to go on from")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.set_defaults(run=_run)
    return run_command(parser)


def _run(options: argparse.Namespace) -> int:
    config = load_recipe(options.recipe) if options.recipe else TowerConfig()
    given = {name: getattr(options, name) for name in ("tiles", "start_from")}
    config = replace(config, **{name: value for name, value in given.items() if value is not None})
    train(options.out, config, options.resume)
    return 0


if __name__ == "__main__":
    sys.exit(main())
