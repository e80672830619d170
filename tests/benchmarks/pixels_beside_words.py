"""Whether pixels help beside words: ``python -m tests.benchmarks.pixels_beside_words MODEL --out FOLDER``.

MODEL is a folder with ``adapter`` and ``vision``, as ``finetune.instruct_pictures --export`` writes it. The
same adapter is asked about the same random documents (those of ``tests.benchmarks.zero_shot``) with the
page's words alone and with its tiles beside them; differences are paired, document by document. What
``--out`` holds already is not asked again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from docvlm.config import Settings
from docvlm.models.embedded import EmbeddedEngine
from finetune.cli.labels import Labels
from finetune.data.readings import Readings
from finetune.evaluation.bootstrap import Interval
from finetune.evaluation.compare import compare
from finetune.evaluation.evaluate import evaluate_documents
from finetune.evaluation.results import Evaluation, read_evaluation, write_evaluation
from tests.benchmarks.zero_shot import SETS, labels_of

FIGURES = ("field_normalised", "answer_anls", "false_not_found", "seconds_per_document")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path, help="folder with an adapter and vision weights")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--limit", type=int, default=20, help="documents of each set")
    parser.add_argument("--tiles", default="balanced", help="the tile budget (default: balanced)")
    parser.add_argument("--out", type=Path, required=True, help="folder of what was answered")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    print("| set | figure | words | words and pixels | difference |\n|---|---|---|---|---|")
    for name in options.sets:
        labels = labels_of(options.data, name, options.limit, seed=1)
        words, both = (_kept(options, labels, name, seeing) for seeing in (False, True))
        differences = compare(words, both).metrics
        for figure in FIGURES:
            if figure in words.metrics:
                cells = (_cell(words.metrics[figure]), _cell(both.metrics[figure]))
                difference = differences.get(figure)
                last = _cell(difference.difference, "+") if difference else ""
                print(f"| {name} | {figure} | {' | '.join(cells)} | {last} |", flush=True)


def _kept(options: argparse.Namespace, labels: Labels, name: str, seeing: bool) -> Evaluation:
    kept = options.out / f"{name}-{'both' if seeing else 'words'}.json"
    if not kept.is_file():
        write_evaluation(kept, _evaluate(options, labels, seeing))
    return read_evaluation(kept)


def _evaluate(options: argparse.Namespace, labels: Labels, seeing: bool) -> Evaluation:
    settings = Settings.from_environment()
    vision = options.model / ("vision" if seeing else "no vision")
    engine = EmbeddedEngine(
        settings.model_cache,
        shipped_adapter=options.model / "adapter",
        threads=settings.threads,
        vision=vision,
    )
    with Readings.open(settings) as readings:
        return evaluate_documents(engine, labels.documents, readings, labels.schema, budget=options.tiles)


def _cell(one: Interval, sign: str = "") -> str:
    return f"{one.value:{sign}.2f} ({one.low:{sign}.2f} to {one.high:{sign}.2f})"


if __name__ == "__main__":
    main()
