"""Turns the Trainer's callbacks into events, and the wish to stop into a stop."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from accelerate.utils import broadcast_object_list
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from finetune.training.events import CheckpointSaved, Emit, StepDone
from finetune.training.trainer import DocumentTrainer


class ProgressCallback(TrainerCallback):
    """Emits steps and checkpoints, saves every ``checkpoint_seconds``, stops when asked to.

    Args:
        trainer: whose speed is reported.
        should_stop: asked after every step; the run is then saved and ends.
    """

    def __init__(
        self,
        trainer: DocumentTrainer,
        emit: Emit,
        should_stop: Callable[[], bool],
        checkpoint_seconds: float,
    ) -> None:
        self._trainer = trainer
        self._emit = emit
        self._should_stop = should_stop
        self._checkpoint_seconds = checkpoint_seconds
        self._began = self._saved = time.monotonic()
        self._first_step = 0
        self.stopped = False

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_rest: Any
    ) -> None:
        self._began = self._saved = time.monotonic()
        self._first_step = state.global_step

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_rest: Any
    ) -> None:
        control.should_log = True
        stop = self._should_stop()
        save = time.monotonic() - self._saved >= self._checkpoint_seconds
        if args.world_size > 1:
            # Clocks and files look different to each process; they must act as one.
            stop, save = broadcast_object_list([stop, save])
        if stop:
            self.stopped = True
            control.should_training_stop = True
        if save or stop or state.global_step >= state.max_steps:
            control.should_save = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_rest: Any,
    ) -> None:
        if not state.is_world_process_zero or logs is None or "loss" not in logs:
            return
        seconds = max(time.monotonic() - self._began, 1e-6)
        done = state.global_step - self._first_step
        self._emit(
            StepDone(
                step=state.global_step,
                loss=logs["loss"],
                learning_rate=logs["learning_rate"],
                examples_per_second=self._trainer.documents_seen / seconds,
                tokens_per_second=self._trainer.tokens_seen / seconds,
                seconds_left=seconds / max(done, 1) * (state.max_steps - state.global_step),
                memory_bytes=peak_memory_bytes(),
            )
        )

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_rest: Any
    ) -> None:
        self._saved = time.monotonic()
        if state.is_world_process_zero:
            self._emit(CheckpointSaved(state.global_step))


def peak_memory_bytes() -> int:
    """The most memory that this process has held: the GPU's where there is one, else the machine's."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
