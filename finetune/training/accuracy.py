"""Field accuracy on held-out documents while a run goes on.

On documents kept aside for it, it decides when to stop and what to keep; on those that base and adapter are
compared on it is shown and decides nothing.

The loss goes on falling while answers get worse; what counts is whether values are right when decoding
is held to the page, as in serving.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from docvlm.grounding import ReplyText
from docvlm.models.prefix_engine import PrefixEngine
from docvlm.models.protocol import PageInput
from docvlm.pipeline.requests import extraction_request, question_request
from docvlm.schemas import Schema
from finetune.training.attention import served_attention_in
from finetune.training.checkpoints import keep_best
from finetune.training.events import Emit, Evaluated
from finetune.training.examples import QuestionTarget, WindowExample
from finetune.training.part_way import part_way_in
from finetune.training.precision import half_precision
from finetune.training.requests import request_schema


class FieldAccuracy:
    """Counts values of held-out windows that are exactly right.

    Args:
        engine: whose model is the one in training.
        show: makes what the engine sees of a window.
        kept_share: how much of what was learnt the adapter keeps; it is measured as it will be kept.
        with_questions: whether labelled questions count as well, an answer each.
    """

    def __init__(
        self,
        engine: PrefixEngine,
        examples: Sequence[WindowExample],
        schema: Schema | None,
        show: Callable[[WindowExample], PageInput],
        kept_share: float = 1.0,
        *,
        with_questions: bool = False,
    ) -> None:
        self._engine = engine
        self._with_questions = with_questions
        self._examples = [
            example for example in examples if example.fields or (with_questions and example.questions)
        ]
        self._schema = schema
        self._show = show
        self._kept_share = kept_share

    def measure(self) -> tuple[int, int]:
        """How many lines of the replies and answers are right, and how many there are in all."""
        training = self._engine.model.training
        self._engine.model.eval()
        self._engine.close()  # forgets the pages that other weights have computed
        try:
            model = self._engine.model
            kept = part_way_in(model, self._kept_share)
            with served_attention_in(model), half_precision(model, model.device), kept:
                counts = [self._compare(example) for example in self._examples]
        finally:
            self._engine.close()
            self._engine.model.train(training)
        return sum(right for right, _ in counts), sum(asked for _, asked in counts)

    def _compare(self, example: WindowExample) -> tuple[int, int]:
        right, asked = self._compare_fields(example) if example.fields else (0, 0)
        questions = example.questions if self._with_questions else ()
        answers = sum(self._is_answered(target, example) for target in questions)
        return right + answers, asked + len(questions)

    def _compare_fields(self, example: WindowExample) -> tuple[int, int]:
        asked = request_schema(example.fields, self._schema)
        request = extraction_request(asked, example.window.words, example.context)
        reply = ReplyText.of(self._engine.generate(self._show(example), request)).text.splitlines()
        lines = (line for target in example.fields for line in target.lines)
        wanted = [line for line in lines if not line.endswith(":")]
        return sum(line in reply for line in wanted), len(wanted)

    def _is_answered(self, target: QuestionTarget, example: WindowExample) -> bool:
        request = question_request(target.question, example.window.words)
        reply = ReplyText.of(self._engine.generate(self._show(example), request)).text
        return reply.strip() == target.answer


class AccuracyCallback(TrainerCallback):
    """Measures ``evaluations`` times over a run, keeps the best weights, stops when they stay the best.

    Weights that are as good as the best take their place and yet are no gain. What it knows follows from
    the evaluations made so far, so a resumed run is told them again.

    Args:
        folder: where the best adapter is kept.
        patience: stop after so many evaluations without a gain; 0 never stops.
    """

    def __init__(
        self, accuracy: FieldAccuracy, folder: Path, evaluations: int, patience: int, emit: Emit
    ) -> None:
        self._accuracy = accuracy
        self._folder = folder
        self._evaluations = evaluations
        self._patience = patience
        self._emit = emit
        self._best = -1
        self._since_best = 0
        self.best_step: int | None = None

    def recall(self, earlier: Sequence[Evaluated]) -> None:
        """Take over what an interrupted run has measured."""
        for evaluated in earlier:
            self._judge(evaluated.step, evaluated.right)

    @property
    def exhausted(self) -> bool:
        """Whether so many evaluations brought nothing that the run is to end."""
        return 0 < self._patience <= self._since_best

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: Any = None,
        **_rest: Any,
    ) -> None:
        if not _is_due(state, self._evaluations) and state.global_step < state.max_steps:
            return
        right, asked = self._accuracy.measure()
        best = self._judge(state.global_step, right)
        if state.is_world_process_zero:
            if best:
                keep_best(model, self._folder)
            self._emit(Evaluated(state.global_step, right, asked, best))
        if self.exhausted:
            control.should_training_stop = True
            control.should_save = True

    def _judge(self, step: int, right: int) -> bool:
        self._since_best = 0 if right > self._best else self._since_best + 1
        if right < self._best:
            return False
        self._best, self.best_step = right, step  # of equals the later, which has seen more
        return True


class WatchCallback(TrainerCallback):
    """Measures ``evaluations - 1`` times over a run; after the last step the adapter is compared anyway.

    Nothing follows from it: no weights are chosen and the run is not ended.
    """

    def __init__(self, accuracy: FieldAccuracy, evaluations: int, emit: Emit) -> None:
        self._accuracy = accuracy
        self._evaluations = evaluations
        self._emit = emit

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_rest: Any
    ) -> None:
        if not _is_due(state, self._evaluations) or state.global_step == state.max_steps:
            return
        right, asked = self._accuracy.measure()
        if state.is_world_process_zero:
            self._emit(Evaluated(state.global_step, right, asked, best=False, watched=True))


def _is_due(state: TrainerState, evaluations: int) -> bool:
    """Whether a step is one of so many that lie evenly over the run."""
    return bool(state.global_step % max(1, state.max_steps // evaluations) == 0)
