"""Teach docvlm-mini to read its tiles: the connector in full, LoRA on the language model.

    python -m finetune.instruct_pictures --recipe finetune/recipes/docvlm-mini-pictures.yaml --out runs/seen
    python -m finetune.instruct_pictures --recipe ... --out runs/seen --resume
    python -m finetune.vision.evaluate --model runs/seen/checkpoint
    python -m finetune.instruct_pictures --out runs/seen --export docvlm/weights

The new parameters in full and LoRA on the pretrained backbone is the recipe of "What matters when building
vision-language models?" (arXiv 2405.02246, section 3.3). Example ``n`` of a run follows from the seed and
``n`` alone, so a resumed run sees what the uninterrupted one would have seen.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Idefics2Config,
    Idefics2ForConditionalGeneration,
)
from transformers.models.idefics2.modeling_idefics2 import Idefics2Connector

from docvlm.errors import ModelError, UsageError
from docvlm.models.chat import ChatEncoder
from docvlm.models.device import pick_device, training_dtype
from docvlm.models.shipped import seal
from docvlm.models.vision_language import join, load_vision, picture_of, save_vision
from docvlm.terminal import run_command
from finetune.cores import core_workers, one_thread
from finetune.instruct import BASE_MODEL
from finetune.long_run import (
    CHECKPOINT,
    Progress,
    begin,
    cached_language_model,
    rise_and_fall,
    settings_of,
    take_steps,
)
from finetune.packed_attention import use_packed_attention
from finetune.packing import PackedExample, pack_turns
from finetune.picture_examples import PictureExample, make_picture_example
from finetune.training.trainer import reply_loss
from finetune.training_state import load_state, save_state
from finetune.vision.evaluate import ADAPTER, VISION
from finetune.vision.readers import LatentReader, load_reader


@dataclass(frozen=True, slots=True)
class PicturesConfig:
    """The settings of a run, kept beside its checkpoints.

    The learning rates follow the share of ``examples`` seen: a linear rise over ``warmup`` of them, then half
    a cosine down to zero. ``language`` and ``tower`` say whether these learn beside the connector. Tiles that
    stand alone have ``sides`` pixels a side, by turns; the first ``print_only`` examples are samples of print
    alone. ``start_from`` is a folder with what an earlier run has learnt, as exported, in place of ``reader``
    and ``adapter``.
    """

    reader: str = "runs/resampler/checkpoint"
    adapter: str = "docvlm/weights/adapter"
    start_from: str | None = None
    seed: int = 1
    examples: int = 2000
    sides: Sequence[int] = (256,)
    print_only: int = 0
    language: bool = True
    tower: bool = False
    connector_rate: float = 3e-4
    language_rate: float = 2e-4
    warmup: float = 0.03
    examples_a_step: int = 4
    max_tokens: int = 1600
    checkpoint_minutes: float = 5.0
    threads: int = 2


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """An example as the model takes it in."""

    packed: PackedExample
    pixels: dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A language model with an adapter, the whole model around it, their optimiser, and how far they are."""

    adapted: PeftModel
    model: Idefics2ForConditionalGeneration
    config: Idefics2Config
    optimizer: torch.optim.Optimizer
    progress: Progress

    def write(self, folder: Path) -> None:
        """Write a checkpoint to a folder."""
        self.adapted.save_pretrained(folder / ADAPTER, save_embedding_layers=False)
        seeing: Any = self.model.model
        save_vision(self.config, seeing.vision_model, seeing.connector, folder / VISION, torch.float32)
        save_state(folder, self.optimizer, self.progress)


def train(language_model: Path, out: Path, config: PicturesConfig, resume: bool) -> None:
    """Train until the examples are used up; checkpoints and the log lie in ``out``.

    Raises:
        UsageError: when ``out`` holds a run and ``resume`` is not set, or the reader has no resampler.
    """
    begin(out, config, resume)
    chat = ChatEncoder(AutoTokenizer.from_pretrained(language_model))
    run = open_run(language_model, out, config, resume, chat)
    with one_thread(), core_workers(config.threads) as workers:

        def step() -> dict[str, float]:
            _set_rates(run, run.progress.seen / config.examples, config)
            return {"loss": train_step(run, list(_next_lessons(run, config, chat)), workers)}

        take_steps(out, run.progress, config.examples, step, run.write, config.checkpoint_minutes)


def open_run(language_model: Path, out: Path, config: PicturesConfig, resume: bool, chat: ChatEncoder) -> Run:
    """Start a run from a resampler and an adapter, or from what another has learnt, or load it as its last
    checkpoint left it.

    Raises:
        UsageError: when there is a tower without a resampler.
        ModelError: when there is none of both.
    """
    torch.manual_seed(config.seed)
    checkpoint = out / CHECKPOINT
    known = checkpoint if resume else config.start_from and Path(config.start_from)
    if known:
        shape, tower, connector = load_vision(known / VISION)
    else:
        reader = load_reader(Path(config.reader))
        if not isinstance(reader, LatentReader):
            raise UsageError(
                f"{config.reader} holds a tower without a resampler.",
                "Train one with finetune/recipes/docvlm-mini-resampler.yaml.",
            )
        shape, tower, connector = reader.config, reader.tower, reader.connector
    # peft keeps the adapter's own weights in float32, so that small steps are not rounded away.
    base = AutoModelForCausalLM.from_pretrained(language_model, dtype=training_dtype(pick_device()))
    use_packed_attention(base)
    adapter = known / ADAPTER if known else Path(config.adapter)
    adapted = PeftModel.from_pretrained(base, adapter, is_trainable=config.language)
    if not known:
        _as_loud_as_words(connector, base.get_input_embeddings().weight)
    model = join(adapted.get_base_model(), tower, connector, chat.image_id).to(pick_device())
    for weight in tower.parameters():
        weight.requires_grad_(config.tower)
    language = [weight for weight in adapted.parameters() if weight.requires_grad]
    sight = [weight for part in (tower, connector) for weight in part.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW([{"params": sight}, {"params": language}], weight_decay=0.0)
    progress = Progress()
    if resume:
        progress = load_state(checkpoint, optimizer)
    return Run(adapted, model, shape, optimizer, progress)


@torch.no_grad()
def _as_loud_as_words(connector: Idefics2Connector, words: torch.Tensor) -> None:
    """Make latents as large as embedded words, which are an eighth of what a norm leaves; all layers of the
    language model add to what they are given in that measure."""
    connector.perceiver_resampler.norm.weight.mul_(words.float().square().mean().sqrt())


def _set_rates(run: Run, progress: float, config: PicturesConfig) -> None:
    share = rise_and_fall(progress, config.warmup)
    for group, rate in zip(
        run.optimizer.param_groups, (config.connector_rate, config.language_rate), strict=True
    ):
        group["lr"] = rate * share


def _next_lessons(run: Run, config: PicturesConfig, chat: ChatEncoder) -> Iterator[Lesson]:
    """The examples of one step; those over the token limit are passed over."""
    found, end_id = 0, int(run.model.generation_config.eos_token_id)
    while found < config.examples_a_step:
        number = run.progress.seen
        side = config.sides[number % len(config.sides)]
        example = make_picture_example(f"{config.seed}:{number}", side, number < config.print_only)
        run.progress.seen += 1
        lesson = encode(example, chat, end_id)
        if example.turns and lesson.packed.length <= config.max_tokens:
            found += 1
            yield lesson


def encode(example: PictureExample, chat: ChatEncoder, end_id: int) -> Lesson:
    """An example in the frame that serving uses; only replies and their end are learned."""
    tiles = example.tiles
    page = chat.page(example.reader_text, 0 if tiles is None else len(tiles.pixels))
    turns = [
        (chat.prompt(turn.prompt, turn.reply_start), [*chat.plain(turn.reply), end_id])
        for turn in example.turns
    ]
    return Lesson(pack_turns(page, turns), {} if tiles is None else picture_of(tiles, torch.device("cpu")))


def train_step(run: Run, lessons: list[Lesson], workers: Executor) -> float:
    """One step of the optimiser; returns the mean loss over all reply tokens of the examples."""
    weights = [weight for group in run.optimizer.param_groups for weight in group["params"]]
    device = pick_device()

    def gradients(lesson: Lesson) -> tuple[float, tuple[torch.Tensor | None, ...]]:
        loss = reply_loss(run.model, lesson.packed, device, lesson.pixels)
        # Where there is no picture, nothing of the connector has a part in the reply.
        found = torch.autograd.grad(loss, weights, allow_unused=True)
        return float(loss.detach()), found

    targets = sum(len(lesson.packed.targets) for lesson in lessons)
    longest_first = sorted(lessons, key=lambda lesson: -lesson.packed.length)
    losses, found = zip(*workers.map(gradients, longest_first), strict=True)
    for weight, *parts in zip(weights, *found, strict=True):
        known = [part for part in parts if part is not None]
        weight.grad = torch.stack(known).sum(dim=0) / targets if known else None
    torch.nn.utils.clip_grad_norm_(weights, 1.0)
    run.optimizer.step()
    run.optimizer.zero_grad(set_to_none=True)
    return float(sum(losses)) / targets


def export(language_model: Path, out: Path, target: Path) -> None:
    """Write adapter and vision weights of a run's last checkpoint in bfloat16, ready to be shipped.

    Raises:
        ModelError: when the run has no checkpoint yet.
    """
    checkpoint = out / CHECKPOINT
    if not checkpoint.is_dir():
        raise ModelError(f"{out} holds no checkpoint.", "Train first, or wait for the first checkpoint.")
    base = AutoModelForCausalLM.from_pretrained(language_model, dtype=torch.bfloat16)
    adapted = PeftModel.from_pretrained(base, checkpoint / ADAPTER, autocast_adapter_dtype=False)
    adapted = adapted.to(torch.bfloat16)
    # The folder of the language model on this machine is nobody else's business.
    adapted.peft_config["default"].base_model_name_or_path = BASE_MODEL
    adapted.save_pretrained(target / ADAPTER, save_embedding_layers=False)
    # PEFT's own model card would hide the one that is shipped beside the adapter.
    (target / ADAPTER / "README.md").unlink(missing_ok=True)
    seal(target / ADAPTER)
    shape, tower, connector = load_vision(checkpoint / VISION)
    save_vision(shape, tower, connector, target / VISION, torch.bfloat16)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m finetune.instruct_pictures", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--recipe", type=Path, help="YAML file with settings; options come before it")
    parser.add_argument("--examples", type=int, help="how many examples to train on")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--start-from", help="folder of exported weights to go on from")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--export", type=Path, help="write the weights of the last checkpoint to this folder")
    parser.set_defaults(run=_run)
    return run_command(parser)


def _run(options: argparse.Namespace) -> int:
    language_model = cached_language_model()
    if options.export:
        export(language_model, options.out, options.export)
        return 0
    config = settings_of(options.recipe, options.out, options.resume, PicturesConfig)
    given = {name: getattr(options, name) for name in ("seed", "examples", "start_from")}
    config = replace(config, **{name: value for name, value in given.items() if value is not None})
    train(language_model, options.out, config, options.resume)
    return 0


if __name__ == "__main__":
    sys.exit(main())
