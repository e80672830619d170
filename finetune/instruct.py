"""Instruction tuning of the embedded language model on generated documents.

    python -m finetune.instruct --recipe finetune/recipes/docvlm-mini.yaml --out runs/first
    python -m finetune.instruct --out runs/second --seed 2 --start-from docvlm/weights/adapter
    python -m finetune.instruct --recipe finetune/recipes/docvlm-mini.yaml --out runs/first --resume
    python -m finetune.instruct --out runs/first --export docvlm/weights/adapter

LoRA on all linear layers (Hu et al. 2021, arXiv 2106.09685). Example ``n`` of a run follows from the
seed and ``n`` alone, so a resumed run sees what the uninterrupted one would have seen.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from docvlm.errors import ModelError
from docvlm.models.chat import ChatEncoder
from docvlm.models.device import pick_device, training_dtype
from docvlm.models.shipped import seal
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
from finetune.packed_attention import use_packed_attention
from finetune.packing import PackedExample, pack_example
from finetune.synthesis.examples import Example, make_example
from finetune.training.trainer import reply_loss
from finetune.training_state import load_state, save_state
from finetune.widen import rank_of, widen

BASE_MODEL = "SmolLM2-135M-Instruct"
WIDENED = "start"
"""Where an adapter of a lower rank than the run's lies, widened to it."""

Examples = Callable[[int, int], Example]
"""From a run's seed and a number, from 0 on, to the example that stands at this place of the run."""


def example_of(seed: int, number: int) -> Example:
    """Example ``number`` of a run: no two of a run are the same."""
    return make_example(f"{seed}:{number}")


@dataclass(frozen=True, slots=True)
class InstructConfig:
    """The settings of a run, kept beside its checkpoints.

    The learning rate follows the share of ``documents`` seen: a linear rise over ``warmup`` of them,
    then half a cosine down to zero, so that a busy machine changes the time and not the weights.
    ``documents_a_step`` documents make one step of the optimiser. An adapter to ``start_from`` is widened to
    ``rank`` where its own is lower, and keeps its own where that is higher.
    """

    seed: int = 1
    documents: int = 2000
    learning_rate: float = 8e-4
    warmup: float = 0.03
    documents_a_step: int = 4
    rank: int = 16
    alpha: int = 32
    max_gradient_norm: float = 1.0
    max_tokens: int = 1600
    checkpoint_minutes: float = 5.0
    threads: int = 2
    start_from: str | None = None


def learning_rate_at(progress: float, config: InstructConfig) -> float:
    """The learning rate after a share ``progress`` (0 to 1) of the documents."""
    return config.learning_rate * rise_and_fall(progress, config.warmup)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A model in training, its optimiser, and how far they are."""

    model: Any
    optimizer: torch.optim.Optimizer
    progress: Progress

    def write(self, folder: Path) -> None:
        """Write a checkpoint to a folder."""
        self.model.save_pretrained(folder, save_embedding_layers=False)
        save_state(folder, self.optimizer, self.progress)


def open_run(language_model: Path, out: Path, config: InstructConfig, resume: bool) -> Run:
    """Start a run, or load it as its last checkpoint left it."""
    torch.manual_seed(config.seed)
    model = _with_lora(language_model, out, config, resume)
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=config.learning_rate, weight_decay=0.0)
    return Run(model, optimizer, load_state(out / CHECKPOINT, optimizer) if resume else Progress())


def train(
    language_model: Path, out: Path, config: InstructConfig, resume: bool, examples: Examples = example_of
) -> None:
    """Train until the documents are used up; checkpoints and the log lie in ``out``.

    Args:
        examples: what to learn from; the same again when a run goes on.

    Raises:
        UsageError: when ``out`` holds a run and ``resume`` is not set, or no checkpoint and it is.
    """
    begin(out, config, resume)
    tokenizer = AutoTokenizer.from_pretrained(language_model)
    chat, end_id = ChatEncoder(tokenizer), int(tokenizer.eos_token_id)
    run = open_run(language_model, out, config, resume)
    with one_thread(), core_workers(config.threads) as workers:

        def step() -> dict[str, float]:
            rate = learning_rate_at(run.progress.seen / config.documents, config)
            for group in run.optimizer.param_groups:
                group["lr"] = rate
            documents = list(_next_documents(run.progress, config, chat, end_id, examples))
            loss = train_step(run.model, run.optimizer, documents, config, workers)
            return {"loss": loss, "learning_rate": rate, "tokens": sum(each.length for each in documents)}

        take_steps(out, run.progress, config.documents, step, run.write, config.checkpoint_minutes)


def _with_lora(language_model: Path, out: Path, config: InstructConfig, resume: bool) -> Any:
    # peft keeps the adapter's own weights in float32, so that small steps are not rounded away.
    device = pick_device()
    base = AutoModelForCausalLM.from_pretrained(language_model, dtype=training_dtype(device)).to(device)
    use_packed_attention(base)
    known = out / CHECKPOINT if resume else _begun_from(out, config)
    if known is not None:
        return PeftModel.from_pretrained(base, known, is_trainable=True)
    lora = LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
        bias="none",
    )
    return get_peft_model(base, lora)


def _begun_from(out: Path, config: InstructConfig) -> Path | None:
    """The adapter that a run goes on from, in ``out`` where it had to be widened to the run's rank."""
    if config.start_from is None:
        return None
    adapter = Path(config.start_from)
    if rank_of(adapter) >= config.rank:
        return adapter
    widen(adapter, out / WIDENED, config.rank, config.seed)
    return out / WIDENED


def _next_documents(
    progress: Progress, config: InstructConfig, chat: ChatEncoder, end_id: int, examples: Examples
) -> Iterator[PackedExample]:
    """The documents of one step; those over the token limit are passed over."""
    found = 0
    while found < config.documents_a_step:
        packed = pack_example(examples(config.seed, progress.seen), chat, end_id)
        progress.seen += 1
        if packed.length <= config.max_tokens:
            found += 1
            yield packed


def train_step(
    model: Any,
    optimizer: torch.optim.Optimizer,
    documents: list[PackedExample],
    config: InstructConfig,
    workers: Executor,
) -> float:
    """One step of the optimiser; returns the mean loss over all reply tokens of the documents."""
    weights = [parameter for group in optimizer.param_groups for parameter in group["params"]]

    def gradients(document: PackedExample) -> tuple[float, tuple[torch.Tensor, ...]]:
        loss = reply_loss(model, document, model.device)
        return float(loss.detach()), torch.autograd.grad(loss, weights)

    targets = sum(len(document.targets) for document in documents)
    # The longest first, so that no worker waits long at the end of a step. Results come back in this
    # order, so the sums are the same in every run.
    longest_first = sorted(documents, key=lambda document: -document.length)
    losses, found = zip(*workers.map(gradients, longest_first), strict=True)
    for weight, *parts in zip(weights, *found, strict=True):
        weight.grad = torch.stack(parts).sum(dim=0) / targets
    torch.nn.utils.clip_grad_norm_(weights, config.max_gradient_norm)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(sum(losses)) / targets


def export(language_model: Path, out: Path, target: Path) -> None:
    """Write the adapter of a run's last checkpoint in bfloat16, ready to be shipped.

    Raises:
        ModelError: when the run has no checkpoint yet.
    """
    if not (out / CHECKPOINT).is_dir():
        raise ModelError(f"{out} holds no checkpoint.", "Train first, or wait for the first checkpoint.")
    base = AutoModelForCausalLM.from_pretrained(language_model, dtype=torch.bfloat16)
    model = PeftModel.from_pretrained(base, out / CHECKPOINT, autocast_adapter_dtype=False).to(torch.bfloat16)
    # The folder of the language model on this machine is nobody else's business.
    model.peft_config["default"].base_model_name_or_path = BASE_MODEL
    model.save_pretrained(target, save_embedding_layers=False)
    # PEFT's own model card would hide the one that is shipped beside the adapter.
    (target / "README.md").unlink(missing_ok=True)
    seal(target)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m finetune.instruct", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--recipe", type=Path, help="YAML file with settings; options come before it")
    parser.add_argument("--documents", type=int, help="how many documents to train on")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--start-from", help="folder of an adapter to go on from")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--export", type=Path, help="write the adapter of the last checkpoint to this folder")
    parser.add_argument("--language-model", type=Path, help="folder of the unpacked language model")
    parser.set_defaults(run=_run)
    return run_command(parser)


def _run(options: argparse.Namespace) -> int:
    language_model = options.language_model or cached_language_model()
    if options.export:
        export(language_model, options.out, options.export)
    else:
        config = settings_of(options.recipe, options.out, options.resume, InstructConfig)
        given = {name: getattr(options, name) for name in ("seed", "documents", "start_from")}
        config = replace(config, **{name: value for name, value in given.items() if value is not None})
        train(language_model, options.out, config, options.resume)
    return 0


if __name__ == "__main__":
    sys.exit(main())
