"""What each part of the training is worth: ``python -m tests.benchmarks.ablations --out FOLDER``.

For every row of ``tests.benchmarks.ablation_rows`` the untuned language model is trained by
``finetune/recipes/docvlm-mini.yaml`` with fewer documents, then asked without labels about the documents
that ``tests.benchmarks.zero_shot`` takes. Started again with the same options it goes on where it was
stopped: what FOLDER holds is not asked again, and a training goes on from its last checkpoint.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from docvlm.atomic import write_atomically
from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.models.embedded import EmbeddedEngine
from docvlm.terminal import run_command, tell
from finetune.cli.labels import Labels, count
from finetune.data.readings import Readings
from finetune.evaluation.bootstrap import Interval
from finetune.evaluation.compare import compare
from finetune.evaluation.evaluate import evaluate_documents
from finetune.evaluation.results import read_evaluation, write_evaluation
from finetune.instruct import InstructConfig, export, train
from finetune.long_run import cached_language_model, holds_checkpoint, read_recipe
from tests.benchmarks.ablation_rows import ROWS, Row
from tests.benchmarks.zero_shot import SETS, labels_of
from tests.conftest import REPOSITORY

RECIPE = REPOSITORY / "finetune" / "recipes" / "docvlm-mini.yaml"
SEED = 1
"""Of the sample of documents, as in ``zero_shot``."""

FIGURES = {
    "right": ("field_normalised", "answer_anls"),
    "wrongly said to be missing": ("false_not_found",),
    "missing and said to be": ("null_recall",),
}
"""The tables; of several figures the first that a set has."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--documents", type=count, default=300, help="how many made-up documents to train on")
    parser.add_argument("--limit", type=count, default=20, help="documents of each set")
    names = [row.name for row in ROWS]
    parser.add_argument("--only", nargs="+", default=names, choices=names, metavar="NAME", help="these rows")
    parser.add_argument("--out", type=Path, required=True, help="folder of what was trained and answered")
    parser.set_defaults(run=_run)
    return run_command(parser)


def _run(options: argparse.Namespace) -> int:
    recipe = replace(read_recipe(RECIPE, InstructConfig), documents=options.documents)
    keep_settings(options.out, {**asdict(recipe), "limit": options.limit, "sample": SEED})
    labels = {name: labels_of(options.data, name, options.limit, SEED) for name in options.sets}
    for row in ROWS:
        if row.name in options.only:
            _measure(row, options.out / row.name, recipe, labels)
            write_atomically(options.out / "tables.md", tables_of(options.out, options.sets).encode())
    print(tables_of(options.out, options.sets))
    return 0


def keep_settings(out: Path, settings: dict[str, object]) -> None:
    """Write down what the rows of a folder have in common.

    Raises:
        UsageError: when the folder holds rows that were made with other settings.
    """
    kept, text = out / "settings.json", json.dumps(settings, indent=2)
    if kept.is_file() and kept.read_text(encoding="utf-8") != text:
        raise UsageError(f"{out} holds rows made with other settings.", "Choose another folder for --out.")
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(kept, text.encode())


def _measure(row: Row, folder: Path, recipe: InstructConfig, labels: dict[str, Labels]) -> None:
    missing = [name for name in labels if not _kept(folder, name).is_file()]
    if not missing:
        return
    settings = Settings.from_environment()
    adapter = train_row(row, folder, cached_language_model(), recipe)
    # A tower would have been made for the shipped adapter.
    alone = EmbeddedEngine(settings.model_cache, shipped_adapter=adapter, vision=folder / "no vision")
    engine = row.asked(alone)
    with Readings.open(settings) as readings:
        for name in missing:
            tell(f"{row.name}: asking about {name}.")
            asked = labels[name]
            evaluation = evaluate_documents(
                engine, asked.documents, readings, asked.schema, budget=settings.budget
            )
            for document in evaluation.failed:
                tell(f"{row.name}: {document.name} counts as wrong: {document.failure}")
            write_evaluation(_kept(folder, name), evaluation)


def train_row(row: Row, folder: Path, language_model: Path, recipe: InstructConfig) -> Path:
    """The folder of the row's adapter; trained, or trained on, where that is not finished."""
    adapter, run, fresh = folder / "adapter", folder / "run", folder / "adapter.new"
    if not adapter.is_dir():
        resume = holds_checkpoint(run)
        if not resume:
            shutil.rmtree(run, ignore_errors=True)  # killed before its first checkpoint
        tell(f"{row.name}: {'training goes on' if resume else 'training begins'}.")
        config = row.config(recipe)
        train(language_model, run, config, resume, row.examples(config))
        export(language_model, run, fresh)
        fresh.rename(adapter)
    return adapter


def tables_of(out: Path, sets: Sequence[str]) -> str:
    """The rows that ``out`` holds as Markdown, a table a figure; figures that no set has are left out."""
    head = f"| what differs | {' | '.join(sets)} |\n|{'---|' * (len(sets) + 1)}"
    tables = []
    for title, metrics in FIGURES.items():
        rows = [(row, [_cell(out, row, name, metrics) for name in sets]) for row in ROWS]
        lines = [f"| {row.what} | {' | '.join(cells)} |" for row, cells in rows if any(cells)]
        if lines:
            tables.append(
                "\n".join((f"{title.capitalize()} (95 % interval); against the first row", "", head, *lines))
            )
    return "\n\n".join(tables) + "\n"


def _cell(out: Path, row: Row, name: str, metrics: Sequence[str]) -> str:
    """A figure with its interval, and how far it lies from the first row's on the same documents."""
    kept, first = _kept(out / row.name, name), _kept(out / ROWS[0].name, name)
    if not kept.is_file():
        return ""
    evaluation = read_evaluation(kept)
    metric = next((metric for metric in metrics if metric in evaluation.metrics), None)
    if metric is None:
        return ""
    cell = _interval(evaluation.metrics[metric])
    if row is ROWS[0] or not first.is_file():
        return cell
    change = compare(read_evaluation(first), evaluation).metrics.get(metric)
    return cell if change is None else f"{cell}; {_interval(change.difference, '+')}"


def _interval(one: Interval, sign: str = "") -> str:
    return f"{one.value:{sign}.2f} ({one.low:{sign}.2f} to {one.high:{sign}.2f})"


def _kept(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


if __name__ == "__main__":
    sys.exit(main())
