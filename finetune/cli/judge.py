"""``python -m finetune adapters judge``: a kept adapter beside its base, on documents new to it."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from docvlm.adapters import AdapterCard, AdapterRegistry, read_card
from docvlm.adapters.registry import NO_ADAPTER
from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.terminal import progress_bar, tell
from finetune.cli.labels import Labels, count, read_labels
from finetune.data.duplicates import copies_of, duplicate_groups, one_of_each
from finetune.data.readings import Readings
from finetune.evaluation.before_after import (
    GALLERY_FILE,
    BeforeAfter,
    before_after,
    before_after_json,
)
from finetune.evaluation.report import headline_table
from finetune.promotion import JUDGEMENT

_TASKS = ("extract", "qa")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``judge``, the adapter's name aside."""
    parser.add_argument(
        "--cases",
        type=Path,
        required=True,
        metavar="CASES",
        help="labels of any form that it was not trained on",
    )
    parser.add_argument(
        "--promote", action="store_true", help="use the adapter from now on, in place of another, if it wins"
    )
    parser.add_argument(
        "--against", default=NO_ADAPTER, metavar="ADAPTER", help="compare with this adapter (default: none)"
    )
    parser.add_argument("--model", help="the base, for an adapter that does not name it")
    parser.add_argument("--schema", help="fields to ask for (default: those trained for, or those labelled)")
    parser.add_argument("--limit", type=count, metavar="N", help="a random sample of N documents")
    parser.add_argument("--seed", type=int, default=0, help="of the sample and the intervals (default: 0)")
    parser.add_argument("--tiles", metavar="BUDGET", help="as for 'docvlm extract'")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where tables and pictures go (default: to the adapter)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON; its keys are stable")


def judge(options: argparse.Namespace) -> int:
    """Compare, print and keep what came of it; switch the adapter on if that was asked for and it wins."""
    settings = Settings.from_environment()
    shelf = AdapterRegistry(settings.adapters)
    folder = shelf.folder_of(options.name)
    card = read_card(folder)
    if options.promote and card is None:
        raise UsageError(
            f"The adapter '{options.name}' does not say which model it belongs to, so it cannot be promoted.",
            "Judge it without --promote, and use it by name with --adapter, together with --model.",
        )
    labels = _without_copies(_labels(options, card), card, settings, options)
    model = card.base_model if card else options.model or settings.model
    settings = replace(settings, model=model, budget=options.tiles or settings.budget)
    out = options.out or folder / JUDGEMENT
    result = _compare(settings, folder, labels, out, options)
    # What is right against another adapter says nothing of the base, which the card speaks of.
    if card is not None and options.against == NO_ADAPTER:
        shelf.judged(options.name, result.figures, result.verdict.wins)
    promoted = options.promote and result.verdict.wins
    if promoted:
        shelf.activate(options.name)
    _print(options, result, out, promoted)
    return 0


def _labels(options: argparse.Namespace, card: AdapterCard | None) -> Labels:
    """The documents to judge on, without those that the adapter was trained on."""
    known = card.trained_on if card else ()
    schema = options.schema or (card.schema_json if card else "") or None
    every = read_labels(options.cases, _TASKS, schema)
    learnt = sum(document.sha256 in known for document in every.documents)
    if learnt == len(every.documents):
        raise UsageError(
            f"'{options.name}' was trained on every document of {options.cases}.",
            "Give labels that it was not trained on.",
        )
    if learnt:
        tell(f"{learnt} of {len(every.documents)} documents are left out: '{options.name}' has learnt them.")
    return read_labels(options.cases, _TASKS, schema, options.limit, options.seed, known)


def _without_copies(
    labels: Labels, card: AdapterCard | None, settings: Settings, options: argparse.Namespace
) -> Labels:
    """Without documents that are nearly the same as one trained on, or as another of them."""
    known = card.trained_on if card is not None else ()
    with Readings.open(settings) as readings:
        copies = copies_of(known, labels.documents, readings)
        new = [document for document in labels.documents if document.sha256 not in copies]
        apart = one_of_each(new, duplicate_groups(new, readings))
    if not new:
        raise UsageError(
            f"'{options.name}' was trained on copies of every document of {options.cases}.",
            "Give labels of documents that are new to it.",
        )
    if copies:
        tell(f"{_documents_are(len(copies))} left out: '{options.name}' has learnt nearly the same.")
    if len(apart) < len(new):
        tell(f"{_documents_are(len(new) - len(apart))} left out: nearly the same as another.")
    return replace(labels, documents=apart)


def _documents_are(count: int) -> str:
    return "1 document is" if count == 1 else f"{count} documents are"


def _compare(
    settings: Settings, adapter: Path, labels: Labels, out: Path, options: argparse.Namespace
) -> BeforeAfter:
    with Readings.open(settings) as readings, progress_bar() as bar:
        tasks = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        return before_after(
            settings,
            adapter,
            labels.documents,
            labels.schema,
            readings,
            out,
            options.seed,
            against=options.against,
            tell=show,
        )


def _print(options: argparse.Namespace, result: BeforeAfter, out: Path, promoted: bool) -> None:
    if options.json:
        printed = before_after_json(result) | {"promoted": promoted}
        print(json.dumps(printed, ensure_ascii=False, indent=2))
        return
    for failure in result.after.failed:
        tell(failure)
    print(headline_table(result.comparison))
    print(f"\n{result.verdict.reason}\nEvery value with its picture: {out / GALLERY_FILE}")
    if promoted:
        print(f"'{options.name}' is used from now on.")
    elif result.verdict.wins and not options.promote:
        print(f"'python -m finetune adapters promote {options.name}' switches it on.")
