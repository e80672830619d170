"""How fast training is: ``python -m tests.benchmarks.training_speed [--cases CASES] [--attention eager]``.

docvlm's trainer beside the loop that tutorials show (peft, transformers' Trainer, one sequence a request,
batches padded to their longest): the same embedded model, the same LoRA, the same requests and replies about
the same pages. Each trains in a process of its own, in turns; the first step of each is left out. An example
is one request with its reply. Memory is the most that the process held (VmHWM): from the first step on, and
in its whole life, loading included. docvlm's process is started as a run's is (``SPARE_MEMORY``), the other
as it comes. Times need a quiet machine, memory does not.

Without ``--cases`` the pages are made up; with it they are the labelled documents of a ``cases.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import torch
from peft import PeftModel
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from docvlm.config import Settings
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.prefix_engine import PrefixEngine
from docvlm.models.protocol import PageInput
from finetune.data.cases import read_cases
from finetune.data.readings import Readings
from finetune.data.schema import schema_of
from finetune.packing import pack_turns
from finetune.runner.runs import SPARE_MEMORY
from finetune.synthesis.examples import make_example
from finetune.synthesis.requests import Turn
from finetune.training.base import add_adapter, open_base
from finetune.training.collate import TrainingDocument
from finetune.training.examples import make_examples
from finetune.training.requests import window_turns
from finetune.training.settings import TrainingSettings
from finetune.training.trainer import DocumentTrainer, training_arguments
from tests.benchmarks.peak_memory import forget_peak, peak_gib

OURS, PLAIN = "docvlm", "plain peft and Trainer"
IGNORED = -100
GOAL = 1.5


@dataclass(frozen=True, slots=True)
class Lesson:
    """A page and its requests, as token ids: what is asked, and what is to be replied."""

    page: list[int]
    turns: list[tuple[list[int], list[int]]]

    @property
    def tokens(self) -> int:
        return len(self.page) + sum(len(asked) + len(reply) for asked, reply in self.turns)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one process took, the first step aside."""

    examples: int
    seconds: float
    training_gib: float
    life_gib: float
    loss: float

    @property
    def rate(self) -> float:
        return self.examples / self.seconds


class Clock(TrainerCallback):
    """Time and memory from the end of the first step on; losses of all steps."""

    def __init__(self) -> None:
        self.began = self.ended = 0.0
        self.peak_before = 0.0
        self.losses: list[float] = []

    def on_step_end(self, *_rest: Any, **_more: Any) -> None:
        self.ended = time.monotonic()
        if not self.began:
            self.began = self.ended
            self.peak_before = peak_gib()
            forget_peak()

    def on_log(self, *_rest: Any, logs: dict[str, float] | None = None, **_more: Any) -> None:
        if logs and "loss" in logs:
            self.losses.append(logs["loss"])


def main() -> None:
    options = _parser().parse_args()
    if options.child:
        print(json.dumps(asdict(measure(options))))
        return
    found: dict[str, list[Measured]] = {OURS: [], PLAIN: []}
    for number in range(options.rounds):
        for name in (OURS, PLAIN) if number % 2 == 0 else (PLAIN, OURS):
            found[name].append(_in_its_own_process(name))
            one = found[name][-1]
            print(
                f"{name}: {one.rate:.2f} examples/s, {one.training_gib:.2f} GiB", file=sys.stderr, flush=True
            )
    rates = {name: statistics.median(one.rate for one in many) for name, many in found.items()}
    peaks = {name: max(one.training_gib for one in many) for name, many in found.items()}
    lives = {name: max(one.life_gib for one in many) for name, many in found.items()}
    pages = options.cases or "made-up pages"
    print(f"{pages}, {options.steps} steps of {options.documents} pages, {options.requests} requests a page")
    print(f"{torch.get_num_threads()} cores, plain attention {options.attention}, {options.rounds} rounds\n")
    print("| trainer | examples/s (median) | peak memory in training | with loading | mean loss |")
    print("|---|---:|---:|---:|---:|")
    for name, many in found.items():
        loss = statistics.mean(one.loss for one in many)
        print(f"| {name} | {rates[name]:.2f} | {peaks[name]:.2f} GiB | {lives[name]:.2f} GiB | {loss:.3f} |")
    ratio = rates[OURS] / rates[PLAIN]
    print(f"\n{ratio:.2f} times as many examples/s (goal ≥ {GOAL}), ", end="")
    print(f"{peaks[OURS] / peaks[PLAIN]:.2f} of the memory (goal < 1)")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=Path, help="a cases.jsonl file with labelled fields")
    parser.add_argument("--steps", type=int, default=12, help="of docvlm's trainer (default: 12)")
    parser.add_argument("--documents", type=int, default=4, help="pages a step (default: 4)")
    parser.add_argument("--requests", type=int, default=2, help="the most requests about a page (default: 2)")
    parser.add_argument("--rounds", type=int, default=2, help="processes of each trainer (default: 2)")
    parser.add_argument(
        "--attention",
        choices=("sdpa", "eager"),
        default="sdpa",
        help="of the plain loop (default: sdpa, as transformers chooses)",
    )
    parser.add_argument("--child", choices=(OURS, PLAIN), help=argparse.SUPPRESS)
    return parser


def _in_its_own_process(name: str) -> Measured:
    command = [sys.executable, "-m", "tests.benchmarks.training_speed", *sys.argv[1:], "--child", name]
    environment = {**(SPARE_MEMORY if name == OURS else {}), **os.environ}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def measure(options: argparse.Namespace) -> Measured:
    """Train in this process and say what it took."""
    settings = TrainingSettings(documents_a_step=options.documents, paraphrases=options.requests - 1)
    engine = open_base(settings, Settings.from_environment().model_cache)
    lessons = _lessons(engine, settings, options)
    train = _train_ours if options.child == OURS else _train_plain
    with tempfile.TemporaryDirectory() as folder:
        clock, counted = train(engine, lessons, settings, options, Path(folder))
    return Measured(
        examples=counted,
        seconds=clock.ended - clock.began,
        training_gib=peak_gib(),
        life_gib=max(clock.peak_before, peak_gib()),
        loss=statistics.mean(clock.losses),
    )


def _lessons(engine: PrefixEngine, settings: TrainingSettings, options: argparse.Namespace) -> list[Lesson]:
    """As many pages as the steps take, the same in every process; labelled ones are taken again and again."""
    wanted = options.steps * options.documents
    if options.cases is None:
        made = [make_example(f"speed {number}") for number in range(wanted)]
        return [
            _lesson(engine, PageInput(str(number), one.page_text), one.turns[: options.requests])
            for number, one in enumerate(made)
        ]
    documents = [document for document in read_cases(options.cases, print) if document.fields][:wanted]
    schema = schema_of(documents)
    with Readings.open() as readings:
        examples = make_examples(documents, readings, schema, engine.count_tokens).examples
    lessons = []
    for number in range(wanted):
        example = examples[number % len(examples)]
        turns = window_turns(example, schema, Random(number), settings.paraphrases, settings.absent_share)
        lessons.append(_lesson(engine, replace(example.window.input, image=None), turns))
    return lessons


def _lesson(engine: PrefixEngine, page: PageInput, turns: Sequence[Turn]) -> Lesson:
    prompts = engine.prompts
    return Lesson(
        engine.encode_page(page).token_ids,
        [
            (prompts.prompt(turn.prompt, turn.reply_start), [*prompts.plain(turn.reply), engine.end_id])
            for turn in turns
        ],
    )


class FixedSteps(Dataset[list[TrainingDocument]]):
    """The lessons in their order, so many a step, near ones sorted by length as ``Steps`` does it."""

    def __init__(self, lessons: Sequence[Lesson], size: int) -> None:
        ordered = sorted(lessons, key=lambda lesson: lesson.tokens)
        self.steps = [ordered[start : start + size] for start in range(0, len(ordered), size)]
        Random(1).shuffle(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, step: int) -> list[TrainingDocument]:
        return [TrainingDocument(pack_turns(lesson.page, lesson.turns)) for lesson in self.steps[step]]


def _train_ours(
    engine: PrefixEngine,
    lessons: list[Lesson],
    settings: TrainingSettings,
    options: argparse.Namespace,
    folder: Path,
) -> tuple[Clock, int]:
    steps, clock = FixedSteps(lessons, options.documents), Clock()
    arguments = training_arguments(folder, settings, len(steps))
    model = add_adapter(engine, settings)
    DocumentTrainer(model, steps, settings, arguments, callbacks=[clock]).train_from(None)
    return clock, sum(len(lesson.turns) for step in steps.steps[1:] for lesson in step)


def _train_plain(
    engine: PrefixEngine,
    lessons: list[Lesson],
    settings: TrainingSettings,
    options: argparse.Namespace,
    folder: Path,
) -> tuple[Clock, int]:
    """One sequence a request, labels on the reply alone, batches padded to their longest."""
    assert isinstance(engine, EmbeddedEngine)
    model: PeftModel = add_adapter(engine, settings)
    model.base_model.model.set_attn_implementation(options.attention)
    rows = [_row(lesson.page, asked, reply) for lesson in lessons for asked, reply in lesson.turns]
    clock = Clock()
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=1,
        per_device_train_batch_size=options.documents,
        learning_rate=settings.learning_rate,
        bf16=engine.model.dtype is torch.bfloat16,
        use_cpu=not torch.cuda.is_available(),
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        seed=settings.seed,
    )
    trainer = Trainer(model, arguments, _padded, rows, callbacks=[clock])
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return clock, len(rows) - options.documents


def _row(page: list[int], asked: list[int], reply: list[int]) -> dict[str, list[int]]:
    token_ids = [*page, *asked, *reply]
    return {
        "input_ids": token_ids,
        "attention_mask": [1] * len(token_ids),
        "labels": [IGNORED] * (len(page) + len(asked)) + reply,
    }


def _padded(rows: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    """A batch as transformers' DataCollatorForSeq2Seq makes it: padded to the right, labels with -100."""
    padding = {"input_ids": 0, "attention_mask": 0, "labels": IGNORED}
    return {
        name: pad_sequence([torch.tensor(row[name]) for row in rows], batch_first=True, padding_value=value)
        for name, value in padding.items()
    }


if __name__ == "__main__":
    main()
