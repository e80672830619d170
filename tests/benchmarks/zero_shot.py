"""Without labels, beside two baselines: ``python -m tests.benchmarks.zero_shot --out FOLDER``.

For each set the same random documents are asked for the same fields (or questions) by the shipped adapter,
by the untuned language model with the same prompts and the same constrained decoding, and, where fields are
asked for, by the rules of ``tests.benchmarks.rules``. Sets that ``--out`` holds already are not asked again.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from docvlm.config import Settings
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.shipped import SHIPPED_ADAPTER
from docvlm.schemas import Schema
from finetune.cli.labels import Labels, read_labels
from finetune.data.readings import Readings
from finetune.evaluation.answering import Said
from finetune.evaluation.evaluate import evaluate_documents, summarise
from finetune.evaluation.judging import Judge
from finetune.evaluation.results import Cost, DocumentResult, Evaluation, read_evaluation, write_evaluation
from tests.benchmarks.rules import extract_by_rules

SETS = ("sroie", "wildreceipt", "invoices_fr", "funsd")
ASKED = ("funsd",)
"""Of these the questions are asked, of the others the fields."""

FIGURES = (
    "field_normalised",
    "field_typed",
    "answer_anls",
    "false_not_found",
    "calibration_error",
    "seconds_per_document",
)


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody who answers, by name; ``questions`` is False for who knows fields only."""

    name: str
    evaluate: Callable[[Labels, Settings], Evaluation]
    questions: bool = True


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--limit", type=int, default=40, help="documents of each set")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--adapter", type=Path, default=SHIPPED_ADAPTER, help="instead of the shipped one")
    parser.add_argument("--only", nargs="+", help="names of contestants")
    parser.add_argument("--out", type=Path, required=True, help="folder of what was answered")
    options = parser.parse_args()
    settings = Settings.from_environment()
    contestants = (
        Contestant("docvlm", lambda labels, settings: _by_model(labels, settings, options.adapter)),
        Contestant("untuned", lambda labels, settings: _by_model(labels, settings, None)),
        Contestant("rules", _by_rules, questions=False),
    )
    print(f"| set | who | {' | '.join(FIGURES)} |\n|{'---|' * (len(FIGURES) + 2)}")
    for name in options.sets:
        labels = labels_of(options.data, name, options.limit, options.seed)
        for contestant in contestants:
            if (options.only and contestant.name not in options.only) or (
                name in ASKED and not contestant.questions
            ):
                continue
            kept = options.out / f"{name}-{contestant.name}.json"
            if not kept.is_file():
                kept.parent.mkdir(parents=True, exist_ok=True)
                write_evaluation(kept, contestant.evaluate(labels, settings))
            print(f"| {name} | {contestant.name} | {_cells(read_evaluation(kept))} |", flush=True)


def labels_of(data: Path, name: str, limit: int, seed: int) -> Labels:
    """A random sample of a set of ``data``, with what it is asked."""
    task = "qa" if name in ASKED else "extract"
    return read_labels(data / name / "cases.jsonl", (task,), limit=limit, seed=seed)


def _by_model(labels: Labels, settings: Settings, adapter: Path | None) -> Evaluation:
    engine = EmbeddedEngine(settings.model_cache, shipped_adapter=adapter)
    with Readings.open(settings) as readings:
        return evaluate_documents(engine, labels.documents, readings, labels.schema, budget=settings.budget)


def _by_rules(labels: Labels, settings: Settings) -> Evaluation:
    engine = EmbeddedEngine(settings.model_cache, shipped_adapter=None)  # for its card alone
    results = []
    with Readings.open(settings) as readings:
        for document in labels.documents:
            pages = readings.of(document)
            schema = labels.schema(document) if callable(labels.schema) else labels.schema
            assert isinstance(schema, Schema)
            said = Said(extract_by_rules(pages, schema), (), Cost(0.0, 0, 0))
            values = Judge(pages).values(document, schema, said)
            results.append(
                DocumentResult(document.sha256, document.name, document.kind, values, (), (), (), None, None)
            )
    return summarise(engine, tuple(results))


def _cells(evaluation: Evaluation) -> str:
    figures = (evaluation.metrics.get(name) for name in FIGURES)
    return " | ".join(f"{one.value:.2f} ({one.low:.2f}–{one.high:.2f})" if one else "" for one in figures)


if __name__ == "__main__":
    main()
