"""What labels buy: ``python -m tests.benchmarks.learning_curve --cases CASES --out FOLDER``.

The same documents are held back for every point; the labelled ones of a smaller point are among those of
a larger. Each point trains with the default settings in a process of its own and is evaluated as
``python -m finetune evaluate`` does. Points that ``--out`` holds already are not computed again.
``--ranked`` labels first what docvlm would rank first had it extracted all documents once, instead of
documents at random. ``--shuffled`` gives every document the labels of another one: nothing can be learnt,
and nothing may be promoted.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import matplotlib.pyplot as plt

from docvlm.config import Settings
from docvlm.errors import DocvlmError
from docvlm.pipeline import Workspace
from docvlm.pipeline.label_queue import NEVER_EXTRACTED, mean_doubt
from docvlm.pipeline.label_ranking import Candidate, rank_candidates, text_features
from docvlm.schemas import Schema
from finetune.data.cases import read_cases
from finetune.data.documents import LabelledDocument
from finetune.data.readings import Readings
from finetune.data.schema import schema_of
from finetune.evaluation.answering import Said, ask_document
from finetune.evaluation.before_after import document_change
from finetune.evaluation.compare import paired_documents
from finetune.evaluation.evaluate import evaluate_documents
from finetune.evaluation.results import read_evaluation, write_evaluation
from finetune.promotion import judge
from finetune.runner.runs import SPARE_MEMORY
from finetune.training.settings import TrainingSettings
from finetune.training.train import ADAPTER, TrainingData, train

LABELS = (0, 5, 10, 20, 50, 100, 200)
HELD_BACK = 60
FIGURES = ("field_exact", "field_normalised", "field_typed", "field_f1")


@dataclass(frozen=True, slots=True)
class Task:
    """One point of the curve. ``train_on`` and ``held_back`` are content hashes."""

    cases: Path
    folder: Path
    train_on: tuple[str, ...]
    held_back: tuple[str, ...]
    settings: TrainingSettings
    shuffled: bool


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training took: reading of pages excluded, loading of the model included."""

    seconds: float
    peak_memory_bytes: int


def main() -> None:
    options = _parser().parse_args()
    os.environ.update(SPARE_MEMORY)  # as the runner does for its child
    documents = [document for document in read_cases(options.cases, print) if document.fields]
    held_back, others = _sides(documents, options)
    print(f"{len(held_back)} documents held back, {len(others)} to learn from")
    _read_all((*held_back, *(others if options.ranked else others[: max(options.labels)])))
    if options.ranked:
        others = _ranked(others, options)
    settings = TrainingSettings(seed=options.seed, **json.loads(options.set))
    for count in (count for count in options.labels if count <= len(others)):
        hashes = tuple(document.sha256 for document in others[:count])
        held = tuple(document.sha256 for document in held_back)
        folder = options.out / str(count)
        task = Task(options.cases, folder, hashes, held, settings, options.shuffled)
        if count and not (folder / "trained.json").is_file():
            _alone(_train, task)
        if not (folder / "evaluation.json").is_file():
            _alone(_evaluate, task)
        print(_line(options.out, count), flush=True)
    if options.plot:
        _plot(options.out, options.labels, options.plot, options.cases.parent.name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of adapters and evaluations")
    parser.add_argument("--labels", type=int, nargs="+", default=LABELS)
    parser.add_argument("--held-back", type=int, default=HELD_BACK, help="how many documents to measure on")
    parser.add_argument("--held-back-kinds", nargs="*", default=(), help="hold back these kinds of document")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", default="{}", help="training settings as JSON, instead of the default ones")
    parser.add_argument("--ranked", action="store_true", help="label first what docvlm ranks first")
    parser.add_argument("--shuffled", action="store_true", help="exchange the labels of the documents")
    parser.add_argument("--plot", type=Path, help="draw the curve into this PNG")
    return parser


def _sides(
    documents: Sequence[LabelledDocument], options: argparse.Namespace
) -> tuple[list[LabelledDocument], list[LabelledDocument]]:
    ordered = sorted(documents, key=lambda document: document.sha256)
    random.Random(options.seed).shuffle(ordered)
    if options.held_back_kinds:
        held = [document for document in ordered if document.kind in options.held_back_kinds]
        return held[: options.held_back], [one for one in ordered if one.kind not in options.held_back_kinds]
    return ordered[: options.held_back], ordered[options.held_back :]


def _ranked(documents: Sequence[LabelledDocument], options: argparse.Namespace) -> list[LabelledDocument]:
    """The documents in the order in which docvlm would have them labelled; kept, since it takes long."""
    kept = options.out / "ranked.json"
    if not kept.is_file():
        hashes = tuple(document.sha256 for document in documents)
        _alone(_rank, Task(options.cases, options.out, hashes, (), TrainingSettings(), shuffled=False))
    places = {sha256: place for place, sha256 in enumerate(json.loads(kept.read_text()))}
    return sorted(documents, key=lambda document: places[document.sha256])


def _rank(task: Task) -> None:
    """Ask the base about the documents, which tells what it is unsure of, and rank them by that."""
    documents = [replace(document, questions=()) for document in _chosen(task, task.train_on)]
    schema, settings = _schema(task), replace(Settings.from_environment(), adapter="none")
    with Workspace(settings, lambda _line: None) as workspace, Readings.open(settings) as readings:
        candidates = [
            Candidate(
                document.sha256,
                text_features(readings.of(document)),
                _doubt(ask_document(workspace.engine, document, readings, schema, settings.budget)),
            )
            for document in documents
        ]
    task.folder.mkdir(parents=True, exist_ok=True)
    ranked = [item.key for item in rank_candidates(candidates)]
    (task.folder / "ranked.json").write_text(json.dumps(ranked))


def _doubt(said: Said | None) -> float:
    """As ``docvlm.pipeline.label_queue`` doubts what was extracted last."""
    if said is None or said.extraction is None:
        return NEVER_EXTRACTED
    return mean_doubt(said.extraction.fields)


def _read_all(documents: Sequence[LabelledDocument]) -> None:
    with Readings.open() as readings:
        for document in documents:
            readings.of(document)


def _alone(work: Callable[[Task], None], task: Task) -> None:
    process = multiprocessing.get_context("spawn").Process(target=work, args=(task,))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def _chosen(task: Task, hashes: Sequence[str]) -> tuple[LabelledDocument, ...]:
    known = {document.sha256: document for document in read_cases(task.cases, print) if document.fields}
    return tuple(known[sha256] for sha256 in hashes)


def _schema(task: Task) -> Schema:
    return schema_of([document for document in read_cases(task.cases, print) if document.fields])


def _train(task: Task) -> None:
    documents = _chosen(task, task.train_on)
    if task.shuffled:
        following = (*documents[1:], documents[0])
        documents = tuple(
            replace(one, fields=other.fields) for one, other in zip(documents, following, strict=True)
        )
    settings = Settings.from_environment()
    began = time.monotonic()
    with Readings.open(settings) as readings:
        try:
            train(
                TrainingData(documents, _schema(task)),
                task.settings,
                task.folder,
                readings,
                settings.model_cache,
            )
        except DocvlmError as error:
            print(f"no adapter: {error}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    trained = Trained(time.monotonic() - began, peak)
    task.folder.mkdir(parents=True, exist_ok=True)
    (task.folder / "trained.json").write_text(json.dumps(asdict(trained)))


def _evaluate(task: Task) -> None:
    task.folder.mkdir(parents=True, exist_ok=True)
    adapter = task.folder / ADAPTER
    settings = replace(
        Settings.from_environment(), adapter=str(adapter) if task.train_on and adapter.is_dir() else "none"
    )
    with Workspace(settings, lambda _line: None) as workspace, Readings.open(settings) as readings:
        evaluation = evaluate_documents(
            workspace.engine, _chosen(task, task.held_back), readings, _schema(task), budget=settings.budget
        )
    write_evaluation(task.folder / "evaluation.json", evaluation)


def _line(out: Path, count: int) -> str:
    """A row of the table: labels, figures with intervals, each field, training time, memory, verdict."""
    evaluation = read_evaluation(out / str(count) / "evaluation.json")
    figures = [evaluation.metrics[name] for name in FIGURES]
    cells = [str(count), *(f"{one.value:.2f} ({one.low:.2f}–{one.high:.2f})" for one in figures)]
    cells += [
        f"{field.name} {field.figures['normalised'].value:.2f}"
        for field in evaluation.fields
        if "normalised" in field.figures
    ]
    kept = out / str(count) / "trained.json"
    if kept.is_file():
        trained = Trained(**json.loads(kept.read_text()))
        cells.append(f"{trained.seconds:.0f} s, {trained.peak_memory_bytes / 2**30:.2f} GiB")
        base = out / "0" / "evaluation.json"
        if base.is_file():
            pairs = paired_documents(read_evaluation(base), evaluation)
            cells.append(judge([document_change(*pair) for pair in pairs]).reason)
    return f"| {' | '.join(cells)} |"


def _plot(out: Path, labels: Sequence[int], target: Path, name: str) -> None:
    counts = [count for count in labels if (out / str(count) / "evaluation.json").is_file()]
    found = [
        read_evaluation(out / str(count) / "evaluation.json").metrics["field_normalised"] for count in counts
    ]
    figure, axes = plt.subplots(figsize=(6, 4))
    places = range(len(counts))
    values = [one.value for one in found]
    below = [one.value - one.low for one in found]
    above = [one.high - one.value for one in found]
    axes.errorbar(places, values, yerr=[below, above], marker="o", capsize=4)
    axes.set_xticks(list(places), [str(count) for count in counts])
    axes.set(xlabel="labelled documents", ylabel="mean normalised exact match", ylim=(0, 1), title=name)
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(target, dpi=110)


if __name__ == "__main__":
    main()
