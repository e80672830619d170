"""Teach tiles to be read, by dense glyph supervision on drawn pages: first the tower, then the resampler.

    python -m finetune.vision.train --recipe finetune/recipes/docvlm-mini-tower.yaml --out runs/tower
    python -m finetune.vision.train --recipe finetune/recipes/docvlm-mini-tower.yaml --out runs/tower --resume
    python -m finetune.vision.train --recipe finetune/recipes/docvlm-mini-resampler.yaml --out runs/resampler
    python -m finetune.vision.evaluate runs/tower/checkpoint
    python -m finetune.vision.train --out runs/tower --export finetune/weights/reader

Batch ``n`` of a run follows from the seed and ``n`` alone, so a resumed run sees what the uninterrupted one
would have seen. A run can start from the weights of another; the resampler has to, from a tower that reads.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from docvlm.errors import UsageError
from docvlm.models.checksums import write_checksums
from docvlm.models.device import pick_device, training_dtype
from docvlm.models.vision_language import vision_language_config
from docvlm.models.vision_tower import VisionTower, tower_config
from docvlm.terminal import run_command
from finetune.cores import core_workers, one_thread
from finetune.long_run import (
    CHECKPOINT,
    Progress,
    begin,
    cached_language_model,
    rise_and_fall,
    settings_of,
    take_steps,
)
from finetune.training_state import load_state, save_state
from finetune.vision.alignment import look_at_places
from finetune.vision.batches import Batch, BatchSizes, batches_from, make_batch
from finetune.vision.glyph_head import GlyphHead
from finetune.vision.readers import GlyphReader, LatentReader, Lesson, PatchReader, load_reader


class Stage(StrEnum):
    """What learns: the tower, or the resampler behind it (the tower goes along)."""

    TOWER = "tower"
    RESAMPLER = "resampler"


@dataclass(frozen=True, slots=True)
class VisionConfig:
    """The settings of a run, kept beside its checkpoints.

    The learning rate follows the share of ``tiles`` seen: a linear rise over ``warmup`` of them, then half a
    cosine down to a hundredth. Tiles are samples of print alone for the first ``print_only`` of them, mostly
    tiles of pages after that. ``tower_learns``: whether the tower goes on learning while a resampler does;
    ``tokens``: whether its latents are to look like the language model's tokens.
    ``hidden_size`` and ``layers`` shape a new tower, ``depth`` a new resampler.
    """

    stage: Stage = Stage.TOWER
    seed: int = 1
    tiles: int = 20_000
    sides: Sequence[int] = (256, 256, 384)
    print_only: int = 0
    batch: int = 16
    learning_rate: float = 1e-3
    warmup: float = 0.02
    weight_decay: float = 0.02
    hidden_size: int = 256
    layers: int = 4
    depth: int = 3
    tower_learns: bool = True
    tokens: bool = False
    drawing_processes: int = 1
    threads: int = 2
    checkpoint_minutes: float = 3.0
    start_from: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "stage", Stage(self.stage))  # a recipe says it as text

    def batches(self, language_model: Path | None) -> BatchSizes:
        tokenizer = language_model if self.tokens else None
        return BatchSizes(self.seed, self.batch, self.sides, self.print_only // self.batch, tokenizer)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A reader in training, its optimiser, and how far they are."""

    reader: GlyphReader
    optimizer: torch.optim.Optimizer
    progress: Progress

    def write(self, folder: Path) -> None:
        """Write a checkpoint to a folder."""
        self.reader.save(folder)
        save_state(folder, self.optimizer, self.progress)


def train(out: Path, config: VisionConfig, resume: bool, language_model: Path | None = None) -> None:
    """Train until the tiles are used up; checkpoints and the log lie in ``out``.

    Args:
        language_model: folder of the model that the resampler is made for; not needed for a tower.

    Raises:
        UsageError: when ``out`` holds a run and ``resume`` is not set, or a resampler has no tower to start
            from.
    """
    begin(out, config, resume)
    run = open_run(out, config, resume, language_model)
    parts = config.threads if pick_device().type == "cpu" else 1
    with (
        ProcessPoolExecutor(max_workers=config.drawing_processes) as drawing,
        one_thread(),
        core_workers(parts) as workers,
    ):
        sizes = config.batches(language_model)
        batches = batches_from(run.progress.step, sizes, drawing, 2 * config.drawing_processes + 1)

        def step() -> dict[str, float]:
            for group in run.optimizer.param_groups:
                group["lr"] = learning_rate_at(run.progress.seen / config.tiles, config)
            batch = next(batches)
            loss, right = train_step(run, batch, workers, parts)
            run.progress.seen += config.batch
            return {"loss": loss, "right": right, "side": batch.images.shape[1]}

        take_steps(out, run.progress, config.tiles, step, run.write, config.checkpoint_minutes)


def open_run(out: Path, config: VisionConfig, resume: bool, language_model: Path | None = None) -> Run:
    """Start a run, from scratch or from another's weights, or load it as its last checkpoint left it.

    Raises:
        UsageError: when a resampler has no tower to start from, or no language model to be made for.
    """
    torch.manual_seed(config.seed)
    known = out / CHECKPOINT if resume else config.start_from and Path(config.start_from)
    reader: GlyphReader = load_reader(known) if known else _new_tower(config)
    if config.stage is Stage.RESAMPLER and isinstance(reader, PatchReader):
        if not known or language_model is None:
            raise UsageError(
                "A resampler learns behind a tower that reads.",
                "Give the folder of a tower's checkpoint with --start-from.",
            )
        language = AutoConfig.from_pretrained(language_model)
        shape = vision_language_config(language, reader.tower.config, depth=config.depth)
        reader = LatentReader(reader, shape)
        look_at_places(reader, torch.from_numpy(make_batch(config.batches(None), 0).images))
    if config.stage is Stage.TOWER:
        reader = reader.patches
    elif config.tokens and isinstance(reader, LatentReader) and language_model is not None:
        reader.embedded = embedded_tokens(language_model).to(pick_device())
    reader.to(pick_device()).train()
    reader.patches.train(config.tower_learns).requires_grad_(config.tower_learns)
    weights = [weight for weight in reader.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=config.learning_rate, weight_decay=config.weight_decay)
    progress = Progress()
    if resume:
        progress = load_state(out / CHECKPOINT, optimizer)
    return Run(reader, optimizer, progress)


def embedded_tokens(language_model: Path) -> torch.Tensor:
    """What a language model makes of each of its tokens, shape (vocabulary, width)."""
    model = AutoModelForCausalLM.from_pretrained(language_model, dtype=torch.float32)
    weights: torch.Tensor = model.get_input_embeddings().weight.detach()
    return weights


def _new_tower(config: VisionConfig) -> PatchReader:
    tower = VisionTower(tower_config(config.hidden_size, config.layers))
    return PatchReader(tower, GlyphHead(config.hidden_size))


def learning_rate_at(progress: float, config: VisionConfig) -> float:
    """The learning rate after a share ``progress`` (0 to 1) of the tiles."""
    return config.learning_rate * rise_and_fall(progress, config.warmup, least=0.01)


def train_step(run: Run, batch: Batch, workers: Executor, parts: int) -> tuple[float, float]:
    """One step of the optimiser; the loss, and the share of characters that were right before it.

    The batch is computed in ``parts``, one a worker, as two cores on one small matrix wait for each other.
    """
    weights = [weight for weight in run.reader.parameters() if weight.requires_grad]

    def gradients(part: Batch) -> tuple[float, float, tuple[torch.Tensor, ...]]:
        lesson = _lesson(run.reader, part)
        return float(lesson.loss.detach()), lesson.right, torch.autograd.grad(lesson.loss, weights)

    losses, rights, found = zip(*workers.map(gradients, batch.parts(parts)), strict=True)
    for weight, *gradient in zip(weights, *found, strict=True):
        weight.grad = torch.stack(gradient).mean(dim=0)
    torch.nn.utils.clip_grad_norm_(weights, 1.0)
    run.optimizer.step()
    run.optimizer.zero_grad(set_to_none=True)
    return statistics.fmean(losses), statistics.fmean(rights)


def _lesson(reader: GlyphReader, batch: Batch) -> Lesson:
    device = pick_device()
    images, *targets = batch.on(device)
    dtype = training_dtype(device)
    with torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32):
        return reader.lesson(images, tuple(targets))


def export(out: Path, target: Path) -> None:
    """Write the reader of a run's last checkpoint in bfloat16, to be kept and gone on from.

    Raises:
        ModelError: when the run has no checkpoint yet.
    """
    load_reader(out / CHECKPOINT).to(torch.bfloat16).save(target)
    write_checksums(target)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m finetune.vision.train", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--recipe", type=Path, help="YAML file with settings; options come before it")
    parser.add_argument("--tiles", type=int, help="how many tiles to train on")
    parser.add_argument("--seed", type=int, help="of the stream of tiles")
    parser.add_argument("--start-from", help="folder of a reader to go on from")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--export", type=Path, help="write the reader of the last checkpoint to this folder")
    parser.set_defaults(run=_run)
    return run_command(parser)


def _run(options: argparse.Namespace) -> int:
    if options.export:
        export(options.out, options.export)
        return 0
    config = settings_of(options.recipe, options.out, options.resume, VisionConfig)
    given = {name: getattr(options, name) for name in ("tiles", "seed", "start_from")}
    config = replace(config, **{name: value for name, value in given.items() if value is not None})
    train(options.out, config, options.resume, _language_model(config))
    return 0


def _language_model(config: VisionConfig) -> Path | None:
    """Where the language model lies that a resampler is made for; fetched where it is missing."""
    return cached_language_model() if config.stage is Stage.RESAMPLER else None


if __name__ == "__main__":
    sys.exit(main())
