"""Whether what a real document does not state is said not to be there.

    python -m tests.benchmarks.absent --limit 20 --out FOLDER

Receipts of wildreceipt are asked for every field of the set; those without a label mostly do not have it (a
few have a date or a time that nobody labelled, which is why what was said is listed). Forms of FUNSD are
asked their own questions and as many of other forms, none of whose words stand on them. Printed are the
share of absent ones that were said to be absent (goal: at least 0.90) and the share of the others that were,
too (goal: at most 0.10).
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from docvlm.config import Settings
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.shipped import SHIPPED_ADAPTER
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel
from finetune.data.readings import Readings
from finetune.data.schema import schema_of
from finetune.evaluation.evaluate import evaluate_documents
from finetune.evaluation.results import write_evaluation
from tests.benchmarks.zero_shot import labels_of

FIGURES = {"null_recall": "absent and said to be", "false_not_found": "there and said to be absent"}
SETS = ("wildreceipt", "funsd")
MOST_QUESTIONS = 6
"""Of a form's own, and of other forms."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--limit", type=int, default=20, help="documents of each set")
    parser.add_argument("--adapter", type=Path, default=SHIPPED_ADAPTER, help="instead of the shipped one")
    parser.add_argument("--out", type=Path, required=True, help="folder of what was answered")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    settings = Settings.from_environment()
    engine = EmbeddedEngine(settings.model_cache, shipped_adapter=options.adapter)
    with Readings.open(settings) as readings:
        for name in options.sets:
            labels = labels_of(options.data, name, options.limit, seed=1)
            documents, schema = list(labels.documents), None
            if name == "funsd":
                documents = with_absent_questions(documents, readings)
            else:
                schema = schema_of(documents)
                documents = with_absent_fields(documents, [spec.name for spec in schema.fields])
            evaluation = evaluate_documents(engine, documents, readings, schema, budget=settings.budget)
            write_evaluation(options.out / f"{name}.json", evaluation)
            absent = sum(not value.labels for result in evaluation.documents for value in result.values)
            print(f"{name}: {len(documents)} documents, {absent} absent")
            for result in evaluation.documents:
                for value in result.values:
                    if not value.labels and value.raw is not None:
                        print(f"  {result.name}, {value.name}: {value.raw}")
            for figure, title in FIGURES.items():
                found = evaluation.metrics[figure]
                print(f"  {title}: {found.value:.2f} ({found.low:.2f}–{found.high:.2f})")


def with_absent_fields(documents: Sequence[LabelledDocument], names: Sequence[str]) -> list[LabelledDocument]:
    """Every field labelled in every document, where it has none as absent."""
    return [
        replace(
            document,
            fields=(
                *document.fields,
                *(FieldLabel(name, None) for name in names if name not in _names(document)),
            ),
        )
        for document in documents
    ]


def _names(document: LabelledDocument) -> set[str]:
    return {label.name for label in document.fields}


def with_absent_questions(
    documents: Sequence[LabelledDocument], readings: Readings
) -> list[LabelledDocument]:
    """Some questions of each form's own, and as many of others."""
    rng = random.Random(1)
    everybody = [question for document in documents for question in document.questions]
    found = []
    for document in documents:
        page = set(_words(" ".join(reading.text for reading in readings.of(document))))
        foreign = [one for one in everybody if (words := _words(_label(one))) and not page & set(words)]
        own = rng.sample(document.questions, min(MOST_QUESTIONS, len(document.questions)))
        absent = rng.sample(foreign, min(len(own), len(foreign)))
        questions = (*own, *(QuestionLabel(one.question, ()) for one in absent))
        found.append(replace(document, questions=questions))
    return found


def _label(question: QuestionLabel) -> str:
    """The label within a question such as 'What is the value of the field "Date"?'."""
    return question.question.split('"')[1]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]{3,}", text.casefold())


if __name__ == "__main__":
    main()
