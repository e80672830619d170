"""``python -m finetune evaluate``: how good the model is on labelled documents."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.pipeline import Workspace
from docvlm.schemas import load_schema
from docvlm.terminal import Subparsers, add_command, progress_bar, report
from finetune.data.cases import read_cases
from finetune.data.documents import LabelledDocument
from finetune.data.readings import Readings
from finetune.data.schema import schema_of
from finetune.evaluation import (
    Evaluation,
    compare,
    comparison_json,
    evaluation_json,
    judge_documents,
    summarise,
)
from finetune.evaluation.evaluate import Asked
from finetune.evaluation.fact_lines import read_facts
from finetune.evaluation.facts import Fact
from finetune.evaluation.report import comparison_table, figures_table, write_report

TASKS = ("extract", "qa", "ocr", "page_fact")
MOST_COMMON_FIELDS = 40
"""Sets with more names than this are forms with names of their own: each document is asked for its own."""


def add_commands(subparsers: Subparsers) -> None:
    """Add ``evaluate``."""
    parser = add_command(subparsers, "evaluate", evaluate, "measure the model on labelled documents")
    parser.add_argument("cases", type=Path, metavar="CASES", help="a cases.jsonl file with labels")
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
    parser.add_argument("--limit", type=_count, metavar="N", help="a random sample of N documents")
    parser.add_argument("--seed", type=int, default=0, help="of the sample and the intervals (default: 0)")
    parser.add_argument("--tiles", metavar="BUDGET", help="as for 'docvlm extract'")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write predictions, tables and a plot there"
    )
    parser.add_argument("--json", action="store_true", help="print JSON; its keys are stable")


@dataclass(frozen=True, slots=True)
class _Labels:
    """What is evaluated: documents, the fields to ask for, and facts by document hash."""

    documents: tuple[LabelledDocument, ...]
    schema: Asked
    facts: Mapping[str, tuple[Fact, ...]]


def evaluate(options: argparse.Namespace) -> int:
    """Ask about every document and print the figures; a document that fails is named and counts as wrong."""
    labels = _labels(options)
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


def _evaluate(labels: _Labels, options: argparse.Namespace, settings: Settings) -> Evaluation:
    results = []
    with Workspace(settings, report) as workspace, Readings.open(settings) as readings, progress_bar() as bar:
        engine = workspace.engine
        task = bar.add_task("Evaluating", total=len(labels.documents))
        for result in judge_documents(
            engine, labels.documents, readings, labels.schema, facts=labels.facts, budget=settings.budget
        ):
            if result.failure is not None:
                _tell(f"{result.name}: {result.failure}")
            results.append(result)
            bar.advance(task)
        return summarise(engine, tuple(results), options.seed)


def _labels(options: argparse.Namespace) -> _Labels:
    """The label file's documents, cut down to the tasks and the sample that were asked for.

    Raises:
        InputError: when the file cannot be read.
        UsageError: when nothing in it can be evaluated.
    """
    tasks = options.task or TASKS
    documents, facts = read_facts(options.cases, _tell)
    if "page_fact" not in tasks:
        documents, facts = (), {}
    labelled = [_cut(document, tasks) for document in read_cases(options.cases, _tell)]
    labelled = [
        document for document in labelled if document.fields or document.questions or document.transcripts
    ]
    known = {document.sha256 for document in labelled}
    labelled += [document for document in documents if document.sha256 not in known]
    if not labelled:
        raise UsageError(
            f"{options.cases} has no label that can be evaluated.",
            f"The tasks are {', '.join(TASKS)}; see the README for the form of a line.",
        )
    if options.limit is not None and options.limit < len(labelled):
        chosen = sorted(random.Random(options.seed).sample(range(len(labelled)), options.limit))  # noqa: S311 - a sample
        labelled = [labelled[index] for index in chosen]
    return _Labels(tuple(labelled), _schema(options.schema, labelled), facts)


def _cut(document: LabelledDocument, tasks: Sequence[str]) -> LabelledDocument:
    return replace(
        document,
        fields=document.fields if "extract" in tasks else (),
        questions=document.questions if "qa" in tasks else (),
        transcripts=document.transcripts if "ocr" in tasks else (),
    )


def _schema(source: str | None, documents: Sequence[LabelledDocument]) -> Asked:
    if source is not None:
        return load_schema(source)
    if not any(document.fields for document in documents):
        return None
    schema = schema_of(documents)
    if len(schema.fields) <= MOST_COMMON_FIELDS:
        return schema
    return lambda document: schema_of([document]) if document.fields else None


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


def _tell(line: str) -> None:
    print(f"docvlm: {line}", file=sys.stderr)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError
    return count
