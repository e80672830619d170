"""``python -m finetune evaluate``: how good the model is on labelled documents."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from docvlm.config import Settings
from docvlm.pipeline import Workspace
from docvlm.terminal import Subparsers, add_command, progress_bar, report, tell
from finetune.cli.labels import TASKS, Labels, count, read_labels
from finetune.data.readings import Readings
from finetune.evaluation import (
    Evaluation,
    compare,
    comparison_json,
    evaluation_json,
    judge_documents,
    summarise,
)
from finetune.evaluation.report import comparison_table, figures_table, write_report


def add_commands(subparsers: Subparsers) -> None:
    """Add ``evaluate``."""
    parser = add_command(subparsers, "evaluate", evaluate, "measure the model on labelled documents")
    parser.add_argument(
        "cases", type=Path, metavar="CASES", help="a label file or folder of any form (see 'data')"
    )
    parser.add_argument(
        "--adapter",
        help="name or folder of an adapter; 'none' for the model as it is (default: the active one)",
    )
    parser.add_argument(
        "--against", metavar="ADAPTER", help="compare with this adapter on the same documents"
    )
    parser.add_argument("--model", help="'embedded', a Hub name or a local folder")
    parser.add_argument(
        "--schema", help="fields to ask for, as for 'docvlm extract' (default: those labelled)"
    )
    parser.add_argument(
        "--task", choices=TASKS, action="append", help="only this kind of label; may be repeated"
    )
    parser.add_argument("--limit", type=count, metavar="N", help="a random sample of N documents")
    parser.add_argument("--seed", type=int, default=0, help="of the sample and the intervals (default: 0)")
    parser.add_argument("--tiles", metavar="BUDGET", help="as for 'docvlm extract'")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write predictions, tables and a plot there"
    )
    parser.add_argument("--json", action="store_true", help="print JSON; its keys are stable")


def evaluate(options: argparse.Namespace) -> int:
    """Ask about every document and print the figures; a document that fails is named and counts as wrong."""
    labels = read_labels(options.cases, options.task or TASKS, options.schema, options.limit, options.seed)
    settings = Settings.from_environment()
    chosen = {"model": options.model, "budget": options.tiles}
    settings = replace(settings, **{name: value for name, value in chosen.items() if value})
    evaluation = _evaluate(labels, options, replace(settings, adapter=options.adapter or settings.adapter))
    if options.against is None:
        _finish(options, evaluation)
        return 0
    baseline = _evaluate(labels, options, replace(settings, adapter=options.against))
    _finish(options, evaluation, baseline)
    return 0


def _evaluate(labels: Labels, options: argparse.Namespace, settings: Settings) -> Evaluation:
    results = []
    with Workspace(settings, report) as workspace, Readings.open(settings) as readings, progress_bar() as bar:
        engine = workspace.engine
        task = bar.add_task("Evaluating", total=len(labels.documents))
        for result in judge_documents(
            engine, labels.documents, readings, labels.schema, facts=labels.facts, budget=settings.budget
        ):
            if result.failure is not None:
                tell(f"{result.name}: {result.failure}")
            results.append(result)
            bar.advance(task)
        return summarise(engine, tuple(results), options.seed)


def _finish(options: argparse.Namespace, evaluation: Evaluation, baseline: Evaluation | None = None) -> None:
    comparison = compare(baseline, evaluation) if baseline is not None else None
    if options.out is not None:
        write_report(options.out, evaluation, baseline, comparison)
    if options.json:
        printed = evaluation_json(evaluation)
        if baseline is not None and comparison is not None:
            printed["against"] = evaluation_json(baseline)
            printed["comparison"] = comparison_json(comparison)
        print(json.dumps(printed, ensure_ascii=False, indent=2))
    else:
        print(figures_table(evaluation) if comparison is None else comparison_table(comparison))
