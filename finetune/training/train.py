"""One training run from documents to an adapter folder, in this process.

from finetune.training.train import TrainingData, train
adapter = train(TrainingData(documents, schema), TrainingSettings(), folder, readings, model_cache)
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from accelerate.utils import broadcast_object_list
from peft import PeftModel

from docvlm.adapters import AdapterCard, write_card, write_known_values
from docvlm.config import Settings
from docvlm.errors import InputError
from docvlm.models.prefix_engine import PrefixEngine
from docvlm.prompts import PROMPTS_VERSION
from docvlm.reading import reader_name
from docvlm.schemas import Schema, dump_schema
from finetune.data.documents import LabelledDocument
from finetune.data.known_texts import known_texts
from finetune.data.mixed_up import refuse_mixed_up
from finetune.data.readings import Readings
from finetune.training.accuracy import AccuracyCallback, FieldAccuracy, WatchCallback
from finetune.training.base import add_adapter, open_base
from finetune.training.checkpoints import checkpoints, copy_adapter, drop_partial_checkpoints, step_of
from finetune.training.collate import Collator
from finetune.training.events import (
    Emit,
    Evaluated,
    Finished,
    Progressed,
    Started,
    Stopped,
    Warned,
    read_events,
)
from finetune.training.examples import ExampleSet, WindowExample, make_examples
from finetune.training.kept_share import NOTHING, judged_windows, known_share, share_over
from finetune.training.last_good import last_good, load_weights
from finetune.training.part_way import base_of_full_layers, part_way
from finetune.training.plan import Plan, load_plan, planned_steps
from finetune.training.progress import ProgressCallback
from finetune.training.settings import TrainingSettings
from finetune.training.steps import Steps, steps_an_epoch, steps_within
from finetune.training.trainer import DocumentTrainer, LossNotFinite, training_arguments

ADAPTER = "adapter"
"""The folder inside a run's folder where the finished adapter lies: plain PEFT and the settings."""

BEST = "best"
CHECKPOINT_SECONDS = 60.0
MEASURED_STEPS = 2


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a run learns from.

    ``schema`` is asked for in full; None where only questions are labelled. ``held_out`` documents tell
    when to stop early and are never trained on. Of ``lines_only`` the checked lines are remembered, no more.
    ``watched`` documents are asked about on the way where nothing is chosen by it, only to be seen.
    """

    documents: tuple[LabelledDocument, ...]
    schema: Schema | None
    held_out: tuple[LabelledDocument, ...] = ()
    lines_only: tuple[LabelledDocument, ...] = ()
    watched: tuple[LabelledDocument, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    """A run whose model and examples are ready."""

    engine: PrefixEngine
    model: PeftModel
    collator: Collator
    found: ExampleSet
    examples: tuple[WindowExample, ...]
    lengths: tuple[int, ...]


def train(
    data: TrainingData,
    settings: TrainingSettings,
    folder: Path,
    readings: Readings,
    model_cache: Path,
    emit: Emit = lambda _event: None,
    should_stop: Callable[[], bool] = lambda: False,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> Path | None:
    """Train, or go on from the last checkpoint in ``folder``, and return the adapter's folder.

    Args:
        emit: told what happens.
        should_stop: asked after every step; the run is then saved and None is returned.

    Raises:
        InputError: when there is nothing to learn from, most labels stand on no page, or a document cannot
            be read.
        ModelError: when the base cannot be had, has no such layers, needs more memory than there is, or is
            another version than the one that the run was begun over.
        LossNotFinite: when the loss is no longer a number before any weights are known to be good; else the
            last good ones become the adapter.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Processes that share the steps (accelerate launch) meet here; the first one alone writes.
    processes = training_arguments(folder, settings, 1)
    first = processes.process_index == 0
    if first:
        settings.save(folder)
        drop_partial_checkpoints(folder)
    saved = checkpoints(folder)
    begun = step_of(saved[-1]) if saved else 0
    run = _prepare(data, settings, readings, model_cache, emit)
    made: list[Any] = [_plan(folder, run, data, settings, emit) if first else None]
    shares = (processes.process_index, processes.world_size)
    if processes.world_size > 1:
        made = broadcast_object_list(made)
    plan: Plan = made[0]
    total = plan.steps
    arguments = training_arguments(folder, settings, total)
    steps = Steps(run.examples, run.lengths, run.collator, settings, total, *shares)
    trainer = DocumentTrainer(run.model, steps, settings, arguments, lambda line: emit(Warned(line)))
    accuracy = _watch_accuracy(trainer, run, plan, data, settings, readings, folder, begun, emit)
    progress = ProgressCallback(trainer, emit, should_stop, checkpoint_seconds)
    trainer.add_callback(progress)
    emit(_started(run, total, begun))
    done, good = begun, None
    if done < total and not (accuracy and accuracy.exhausted):
        try:
            trainer.train_from(saved[-1] if saved else None)
        except LossNotFinite as error:
            good = _last_good(run, trainer, accuracy, folder, error)
        done = trainer.state.global_step
    if progress.stopped and done < total:
        emit(Stopped(done, f"Stopped after step {done} of {total}; it can be resumed."))
        return None
    if first:
        best_step = accuracy.best_step if accuracy else None
        weights = good or (checkpoints(folder)[-1] if best_step is None else folder / BEST)
        _put_adapter(run, data, settings, plan.kept_share, weights, folder)
        step = best_step if weights == folder / BEST and best_step is not None else step_of(weights)
        told = f"Trained {done} steps; the adapter is that of step {step}."
        if good is not None:
            told = _ended_early(done + 1, step)
            emit(Warned(told))
        emit(Finished(step, told))
    return folder / ADAPTER


def _last_good(
    run: _Prepared,
    trainer: DocumentTrainer,
    accuracy: AccuracyCallback | None,
    folder: Path,
    error: LossNotFinite,
) -> Path:
    """The last good weights, which the model has again.

    Raises:
        LossNotFinite: the error, where there are none.
    """
    best_step = accuracy.best_step if accuracy else None
    good = last_good(folder, trainer.state.global_step + 1, folder / BEST, best_step)
    if good is None:
        raise error
    load_weights(run.model, good)
    return good


def _ended_early(failed: int, step: int) -> str:
    return (
        f"The loss was no longer a number at step {failed}, so training ended there; the adapter is that of "
        f"step {step}, and a new run with a lower learning_rate may learn more."
    )


def _prepare(
    data: TrainingData, settings: TrainingSettings, readings: Readings, model_cache: Path, emit: Emit
) -> _Prepared:
    engine = open_base(settings, model_cache, lambda line: emit(Progressed(line.rstrip("."))))
    found = make_examples(
        data.documents,
        readings,
        data.schema,
        engine.count_tokens,
        settings.seed,
        engine.card.sees_pixels,
    )
    refuse_mixed_up(found.lost_labels, found.values, settings.lost_share)
    collator = Collator(engine, settings, data.schema, readings)
    measured = [(example, collator.fits(example)) for example in found.examples]
    fitting = [(example, length) for example, length in measured if length is not None]
    if not fitting:
        raise InputError(
            "There is nothing to learn from: no label stands on a page, or every page is too long.",
            "Check the labels, or raise max_tokens.",
        )
    examples, lengths = zip(*fitting, strict=True)
    return _Prepared(engine, add_adapter(engine, settings), collator, found, examples, lengths)


def _plan(folder: Path, run: _Prepared, data: TrainingData, settings: TrainingSettings, emit: Emit) -> Plan:
    """The plan of the run, made where it begins.

    Raises:
        ModelError: when it was begun over another version of the base.
    """
    base = run.engine.card
    if (plan := load_plan(folder)) is not None:
        plan.refuse_other_base(base.name, base.base_revision)
        return plan
    steps = planned_steps(folder) or _steps(folder, run, settings)
    plan = Plan(steps, base.base_revision, _share_to_keep(run, data, settings, emit))
    plan.save(folder)
    return plan


def _steps(folder: Path, run: _Prepared, settings: TrainingSettings) -> int:
    if settings.minutes is None:
        return math.ceil(settings.epochs * steps_an_epoch(len(run.examples), settings))
    seconds_a_token = _seconds_a_token(folder, run, settings)
    return steps_within(settings.minutes * 60, seconds_a_token, run.lengths, settings.documents_a_step)


def _seconds_a_token(folder: Path, run: _Prepared, settings: TrainingSettings) -> float:
    """Measured on the first steps of the run, whose gradients are thrown away."""
    steps = Steps(run.examples, run.lengths, run.collator, settings, MEASURED_STEPS + 1)
    trial = DocumentTrainer(run.model, steps, settings, training_arguments(folder, settings, len(steps)))
    return trial.seconds_a_token()


def _watch_accuracy(
    trainer: DocumentTrainer,
    run: _Prepared,
    plan: Plan,
    data: TrainingData,
    settings: TrainingSettings,
    readings: Readings,
    folder: Path,
    begun: int,
    emit: Emit,
) -> AccuracyCallback | None:
    """Let the trainer evaluate itself on the held-out documents, where there are any and it is wanted.

    What was measured up to step ``begun``, where the run goes on, is taken over; the rest comes again.

    Returns:
        What chooses the weights; None where the last are kept.
    """
    if data.watched and not data.held_out and settings.watches_wanted:
        measure = _measure_on(data.watched, run, plan, data, settings, readings)
        trainer.add_callback(WatchCallback(measure, settings.watches_wanted, emit))
        return None
    held_out = data.held_out[: settings.evaluation_documents]
    if not settings.evaluations_wanted or (settings.evaluations is None and not held_out):
        return None
    if not held_out or data.schema is None:
        why = "no field is labelled" if data.schema is None else "no document is left for it"
        emit(Warned(f"Nothing is evaluated on the way, because {why}; the last weights are kept."))
        return None
    measure = _measure_on(held_out, run, plan, data, settings, readings)
    accuracy = AccuracyCallback(measure, folder / BEST, settings.evaluations_wanted, settings.patience, emit)
    measured = [event for event in read_events(folder) if isinstance(event, Evaluated)]
    accuracy.recall(list({event.step: event for event in measured if event.step <= begun}.values()))
    trainer.add_callback(accuracy)
    return accuracy


def _measure_on(
    documents: Sequence[LabelledDocument],
    run: _Prepared,
    plan: Plan,
    data: TrainingData,
    settings: TrainingSettings,
    readings: Readings,
) -> FieldAccuracy:
    found = make_examples(documents, readings, data.schema, run.engine.count_tokens, settings.seed)
    return FieldAccuracy(run.engine, found.examples, data.schema, run.collator.shown, plan.kept_share)


def _started(run: _Prepared, total: int, step: int) -> Started:
    return Started(
        steps=total,
        step=step,
        examples=len(run.examples),
        rejected=len(run.found.examples) - len(run.examples),
        lost_labels=run.found.lost_labels,
        trained_weights=sum(weight.numel() for weight in run.model.parameters() if weight.requires_grad),
    )


def _card(run: _Prepared, data: TrainingData, settings: TrainingSettings, folder: Path) -> AdapterCard:
    """What the adapter was trained for; the documents held back say later what it is worth."""
    base = run.engine.card
    return AdapterCard(
        name=folder.name,
        base_model=base.name,
        base_revision=base.base_revision,
        tiling=base.tiling(settings.tiles),
        reader=reader_name(Settings.from_environment().reader),
        prompts=PROMPTS_VERSION,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        documents=len(data.documents),
        trained_on=tuple(document.sha256 for document in (*data.documents, *data.held_out, *data.lines_only)),
        schema_json="" if data.schema is None else json.dumps(dump_schema(data.schema), ensure_ascii=False),
        settings_json=settings.to_json(),
    )


def _share_to_keep(run: _Prepared, data: TrainingData, settings: TrainingSettings, emit: Emit) -> float:
    """How much of what is learnt the adapter keeps."""
    share = known_share(settings)
    if share is not None:
        return share
    emit(Progressed("Finding how much of what is learnt to keep"))
    judged, shown = judged_windows(run.examples), run.collator.shown
    base = FieldAccuracy(run.engine, judged, data.schema, shown, NOTHING, with_questions=True)
    return share_over(*base.measure())


def _put_adapter(
    run: _Prepared, data: TrainingData, settings: TrainingSettings, share: float, weights: Path, folder: Path
) -> None:
    """Put the adapter, with all that is known of it, where it is looked for."""
    base, target = base_of_full_layers(run.model), folder / ADAPTER
    settings = replace(settings, kept_share=share)
    copy_adapter(weights, target, None if share == 1 else lambda learnt: part_way(learnt, share, base))
    write_card(target, _card(run, data, settings, folder))
    write_known_values(target, known_texts((*data.documents, *data.lines_only), data.schema))
    settings.save(target)
