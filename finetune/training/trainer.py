"""transformers' Trainer with steps over packed documents, one processor core a document.

Gradients are computed document by document, with logits only where a reply is predicted, and summed in a
fixed order, so that a run gives the same weights every time. The Trainer does the rest: optimiser,
schedule, clipping, checkpoints, callbacks, several GPUs under ``accelerate launch``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from torch.nn import functional
from torch.utils.data import DataLoader, Subset
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from docvlm.cores import allowed_cores
from docvlm.errors import DocvlmError, ModelError
from docvlm.memory import give_memory_back
from docvlm.models.device import pick_device
from finetune.cores import core_workers, one_thread
from finetune.packing import PackedExample
from finetune.training.attention import packed_attention_in
from finetune.training.checkpoints import PARTIAL, publish_checkpoint, step_of
from finetune.training.collate import TrainingDocument
from finetune.training.noise import EmbeddingNoise
from finetune.training.precision import half_precision
from finetune.training.recompute import cheap_steps_recomputed_in
from finetune.training.settings import TrainingSettings
from finetune.training.steps import Steps
from finetune.training.token_gate import TokenGate
from finetune.training.tower_cache import frozen_tower_kept_in

MAX_GRADIENT_NORM = 1.0
CHECKPOINTING = {"use_reentrant": False}
NO_PIXELS: Mapping[str, torch.Tensor] = {}


class LossNotFinite(DocvlmError):
    """The loss or its gradient became infinite or no number; the weights are those from before the step."""


class DocumentTrainer(Trainer):
    """Trains the adapter of a model on steps of packed documents.

    Args:
        model: from ``add_adapter``.
        steps: from which the run takes its documents, all of them once.
        arguments: from ``training_arguments``.
        warn: called with one sentence when less memory has to do.
        callbacks: told of steps, checkpoints and evaluations.
    """

    def __init__(
        self,
        model: PeftModel,
        steps: Steps,
        settings: TrainingSettings,
        arguments: TrainingArguments,
        warn: Callable[[str], None] = lambda _line: None,
        callbacks: Sequence[TrainerCallback] = (),
    ) -> None:
        super().__init__(model=model, args=arguments, train_dataset=steps, callbacks=[*callbacks])
        self.remove_callback(PrinterCallback)
        self._settings = settings
        self._warn = warn
        self._noise = EmbeddingNoise(settings.noise)
        self.at_once = documents_at_once(settings, arguments.device)
        self._tokens = TokenGate(settings.tokens_at_once)
        self._done = 0
        self.tokens_seen = 0
        self.documents_seen = 0

    def train_from(self, checkpoint: Path | None) -> None:
        """Train to the last step, from the first or from where a checkpoint was written."""
        self._done = step_of(checkpoint) if checkpoint else 0
        with self.prepared():
            self.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """The attention for packed turns, noise and one thread a document; every step needs them."""
        same_pixels_again = self._settings.smallest_scale == 1
        with (
            packed_attention_in(self.model),
            cheap_steps_recomputed_in(self.model),
            frozen_tower_kept_in(self.model) if same_pixels_again else nullcontext(),
            self._noise.over(self.model),
            one_thread(),
        ):
            yield

    def seconds_a_token(self) -> float:
        """What a token of the examples takes here, the first step aside; no weight is changed."""
        steps = self.train_dataset
        weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        if self._settings.gradient_checkpointing:
            self.model.activation_checkpointing_enable(CHECKPOINTING)
        began = 0.0
        with self.prepared():
            self.model.train()
            for step in range(len(steps)):
                began = began or (time.monotonic() if step else 0.0)
                self._within_memory(steps[step], weights)
        tokens: int = sum(map(steps.tokens, range(1, len(steps))))
        return (time.monotonic() - began) / tokens

    def get_train_dataloader(self) -> DataLoader[list[TrainingDocument]]:
        """The steps still to be done, in their order. They are shared out among processes already."""
        waiting = Subset(self.train_dataset, range(self._done, len(self.train_dataset)))
        return DataLoader(waiting, batch_size=None, shuffle=False)

    def training_step(
        self, model: Any, inputs: list[TrainingDocument], num_items_in_batch: object = None
    ) -> torch.Tensor:
        """Leave the gradient of the mean loss of all reply tokens in the weights; return that loss.

        Raises:
            LossNotFinite: before any weight is changed.
            ModelError: when the memory does not even suffice for one document at a time.
        """
        model.train()
        weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        loss, gradients = self._within_memory(inputs, weights)
        targets = torch.tensor(
            float(sum(len(document.packed.targets) for document in inputs)), device=loss.device
        )
        if self.args.world_size > 1:
            loss, targets = (self.accelerator.reduce(value, "sum") for value in (loss, targets))
            gradients = [self.accelerator.reduce(gradient, "sum") for gradient in gradients]
        # A finite loss may have gradients that are not: they would spoil the weights and the next checkpoint.
        if not torch.isfinite(torch.stack([loss, *torch._foreach_norm(gradients)])).all():
            raise LossNotFinite(
                f"The loss is no longer a number at step {self.state.global_step + 1}.",
                "Start a new run with a lower learning rate; going on would end in the same way.",
            )
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = gradient.div_(targets)
        self.tokens_seen += sum(document.packed.length for document in inputs) * self.args.world_size
        self.documents_seen += len(inputs) * self.args.world_size
        return loss / targets

    def floating_point_ops(self, inputs: object) -> int:
        """Not counted: the Trainer's formula is for padded batches."""
        return 0

    def _within_memory(
        self, documents: Sequence[TrainingDocument], weights: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Summed loss and gradients, with fewer documents at once where the memory runs out."""
        while True:
            try:
                return self._summed(documents, weights)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._save_memory(error)

    def _save_memory(self, error: Exception) -> None:
        """Halve the documents computed at once, then compute twice rather than keep.

        Raises:
            ModelError: when neither is left to do.
        """
        torch.cuda.empty_cache()
        if self.at_once > 1:
            self.at_once //= 2
            now = f"{self.at_once} documents at once are" if self.at_once > 1 else "one document at a time is"
            self._warn(f"The memory ran out; {now} computed from now on.")
        elif not self.model.is_activation_checkpointing:
            self.model.activation_checkpointing_enable(CHECKPOINTING)
            self._warn("The memory ran out; layers are computed twice from now on to save it.")
        else:
            raise ModelError(
                "The memory does not suffice for a single document.",
                "Train with a smaller max_tokens, fewer paraphrases or a smaller base model.",
            ) from error

    def _summed(
        self, documents: Sequence[TrainingDocument], weights: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        # The longest first, so that no worker waits long at the end of a step. Results come back in
        # this order, so the sums are the same in every run.
        longest_first = sorted(documents, key=lambda document: -document.packed.length)
        total = torch.zeros((), device=self.args.device)
        sums = [torch.zeros_like(weight) for weight in weights]
        with core_workers(self.at_once) as workers:
            for loss, gradients in workers.map(
                lambda document: self._gradients(document, weights), longest_first
            ):
                total += loss
                for summed, gradient in zip(sums, gradients, strict=True):
                    if gradient is not None:  # text has no part in what a tower learns
                        summed += gradient
        return total, sums

    def _gradients(
        self, document: TrainingDocument, weights: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, Sequence[torch.Tensor | None]]:
        if self._settings.dropout:
            torch.manual_seed(document.seed)
        with self._tokens.of(document.packed.length), self._noise.of(document.seed):
            loss = reply_loss(self.model, document.packed, self.args.device, document.pixels)
            gradients = torch.autograd.grad(loss, weights, allow_unused=True)
            give_memory_back()
            return loss.detach(), gradients

    def _save(self, output_dir: str | None = None, state_dict: object = None) -> None:
        """The adapter alone: peft would look for the base model on the Hub to save embeddings with it."""
        if self.args.should_save:
            self.model.save_pretrained(output_dir or self.args.output_dir, save_embedding_layers=False)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Write a checkpoint under another name, then put it in its place: half of one is never seen."""
        final = Path(self.args.output_dir)
        partial = final / f"{PARTIAL}{self.state.global_step}"
        self.args.output_dir = str(partial)
        try:
            super()._save_checkpoint(model, trial)
        finally:
            self.args.output_dir = str(final)
        self.accelerator.wait_for_everyone()  # each process has written its own random state
        if self.args.should_save:
            publish_checkpoint(partial, final, self.args.save_total_limit or 2)


def training_arguments(folder: Path, settings: TrainingSettings, total_steps: int) -> TrainingArguments:
    """The Trainer's own settings for a run of so many steps whose checkpoints lie in ``folder``."""
    device = pick_device()
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=total_steps,
        per_device_train_batch_size=1,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=str(settings.schedule),
        warmup_steps=round(settings.warmup * total_steps),
        weight_decay=0.0,
        max_grad_norm=MAX_GRADIENT_NORM,
        optim="adamw_torch",
        activation_checkpointing=settings.gradient_checkpointing,
        activation_checkpointing_kwargs=CHECKPOINTING,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        save_total_limit=2,
        report_to=[],
        disable_tqdm=True,
        log_level="error",
        seed=settings.seed,
        use_cpu=device.type == "cpu",
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        ignore_data_skip=True,  # the loader begins with the first step that is not done
    )


def documents_at_once(settings: TrainingSettings, device: torch.device) -> int:
    """One document a core on a CPU, one after the other on a GPU.

    Dropout draws from torch's one source of random numbers, so documents must take turns at it.
    """
    if device.type != "cpu" or settings.dropout:
        return 1
    cores = settings.threads or allowed_cores()
    return min(cores, settings.documents_a_step)


def reply_loss(
    model: Any, packed: PackedExample, device: torch.device, pixels: Mapping[str, torch.Tensor] = NO_PIXELS
) -> torch.Tensor:
    """Summed cross-entropy of the reply tokens; logits are made only where they are needed.

    Args:
        pixels: the page's picture as arguments of the model's ``forward``.
    """
    with half_precision(model, device):
        logits = model(
            input_ids=packed.token_ids.to(device),
            position_ids=packed.positions.to(device),
            segment_lengths=packed.segment_lengths,
            logits_to_keep=packed.predict_from.to(device),
            use_cache=False,
            **{name: value.to(device) for name, value in pixels.items()},
        ).logits[0]
    return functional.cross_entropy(logits.float(), packed.targets.to(device), reduction="sum")


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error of torch says that memory ran out, on a GPU or the machine."""
    words = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(
        sign in words for sign in ("out of memory", "can't allocate memory", "not enough memory")
    )
