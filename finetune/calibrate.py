"""Fit the calibration that is shipped beside the weights, on generated documents with known answers.

    python -m finetune.calibrate --adapter docvlm/weights/adapter --documents 200

No real document takes part. Replies are asked for as in the product and held against what is printed, not
against what the reader made of it, as ``python -m finetune evaluate`` judges: a confidence says how likely a
reply would count as right there. Curves that lie beside the adapter already are replaced. Fields are asked
for on documents of every kind, questions about forms alone that were misread somewhere: answers are wrong
most often there, and a real form is harder than one that was made up.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count, islice, repeat
from pathlib import Path

import numpy as np
from scipy.optimize import isotonic_regression

from docvlm.config import Settings
from docvlm.models.calibration import AS_IT_IS, CALIBRATION_FILE, Calibration, Curve, write_calibration
from docvlm.models.checksums import write_checksums
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.protocol import Engine
from docvlm.models.shipped import refuse_damage, seal
from docvlm.pipeline.ask import ask_windows
from docvlm.pipeline.extract import extract_windows
from docvlm.pipeline.windows import cut_windows
from docvlm.prompts import NOT_FOUND
from docvlm.schemas import FieldSpec, page_context
from docvlm.terminal import run_command
from docvlm.types import Answer, Extraction, FieldValue
from finetune.evaluation.values import PrintedPage, agree
from finetune.synthesis.examples import Example, make_example

SEEDS = "calibration"
"""Seeds of the documents; those of training are numbers and those of evaluation are others."""

FORM = "form"
"""The kind of documents that questions are asked about."""

MOST_BINS = 15
FEWEST_IN_A_BIN = 20


@dataclass(frozen=True, slots=True)
class Observed:
    """One reply: its kind (a name of ``Calibration``'s curves), the model's own confidence, the truth."""

    kind: str
    confidence: float
    right: bool


def lessons(documents: int, forms: int) -> Iterator[tuple[Example, Example]]:
    """Pages as they are read and as they are printed: ``documents`` that are asked for their fields, then as
    many ``forms`` with questions, each misread somewhere."""
    yield from (pair for pair in map(_pair, range(documents), repeat(False)) if pair[0].turns)
    asked = (_pair(number, True) for number in count())
    yield from islice((pair for pair in asked if _is_hard(*pair)), forms)


def _pair(number: int, is_question: bool) -> tuple[Example, Example]:
    """A document as it is read and as it is printed, with its questions or with its extraction."""
    seed = f"{SEEDS}:{number}"
    return _asked(make_example(seed), is_question), _asked(make_example(seed, misreadings=False), is_question)


def _asked(example: Example, is_question: bool) -> Example:
    turns = (turn for turn in example.turns if (turn.schema is None) == is_question)
    return replace(example, turns=tuple(turns))


def _is_hard(example: Example, printed: Example) -> bool:
    return example.kind == FORM and bool(example.turns) and example.reading.text != printed.reading.text


def observe(engine: Engine, example: Example, printed: Example) -> Iterator[Observed]:
    """Every value and answer that the engine gives about a document, and whether it is right.

    Rows of lists are left out: they are right or wrong together.

    Args:
        printed: the same document without misreadings, whose replies are the truth. Where other things are
            asked about it (a misreading can make a question unclear) nothing is observed.
    """
    if [turn.prompt for turn in example.turns] != [turn.prompt for turn in printed.turns]:
        return
    windows = cut_windows(example.reading, engine.count_tokens)
    page = PrintedPage(printed.reading.text, page_context(printed.reading.text))
    for turn, truth in zip(example.turns, printed.turns, strict=True):
        if turn.schema is None:
            question = turn.prompt.partition(":")[2].strip()
            answer = _last(ask_windows(engine, windows, question, lambda window: window.input))
            assert isinstance(answer, Answer)  # noqa: S101 - the stream ends in one
            right = _is_right(answer.text, answer.text, truth.reply.strip(), FieldSpec("answer"), page)
            yield _observed("answer", answer.text, answer.confidence, right)
            continue
        wanted = dict(
            line.split(": ", 1) for line in truth.reply.splitlines() if ": " in line and line[0] != "-"
        )
        specs = {spec.name: spec for spec in turn.schema.fields}
        extraction = _last(extract_windows(engine, windows, turn.schema, lambda window: window.input))
        assert isinstance(extraction, Extraction)  # noqa: S101 - the stream ends in one
        for field in extraction.fields:
            if isinstance(field, FieldValue) and field.name in wanted:
                right = _is_right(field.raw, field.value, wanted[field.name], specs[field.name], page)
                yield _observed("field", field.raw, field.confidence, right)


def fit(observed: Sequence[Observed]) -> Calibration:
    """One isotonic curve a kind, over bins of equal size; a kind seen too rarely stays as it is."""
    by_kind: dict[str, list[Observed]] = defaultdict(list)
    for one in observed:
        by_kind[one.kind].append(one)
    return Calibration(**{kind: fit_curve(found) for kind, found in by_kind.items()})


def fit_curve(observed: Sequence[Observed]) -> Curve:
    """The rising curve nearest to the share of right replies in each bin.

    Bins count one half right and one half wrong reply more than they hold, so that none says 0 or 1. Below
    the first bin, whose members differ most, the curve falls to 0: a reply may be given no chance.
    """
    count = min(MOST_BINS, len(observed) // FEWEST_IN_A_BIN)
    if count < 2:
        return AS_IT_IS
    ordered = sorted(observed, key=lambda one: one.confidence)
    bins = np.array_split(np.arange(len(ordered)), count)
    raw = [float(np.mean([ordered[index].confidence for index in members])) for members in bins]
    right = [(sum(ordered[index].right for index in members) + 0.5) / (len(members) + 1) for members in bins]
    rising = isotonic_regression(right, weights=[len(members) for members in bins]).x
    points = {0.0: 0.0} | {round(x, 4): round(float(y), 4) for x, y in zip(raw, rising, strict=True)}
    return Curve(tuple(points), tuple(points.values()))


def _is_right(raw: str | None, value: str | None, wanted: str, spec: FieldSpec, page: PrintedPage) -> bool:
    """As ``python -m finetune evaluate`` judges: the same number or date, nearly the same text."""
    return agree(raw, value, () if wanted == NOT_FOUND else (wanted,), spec, page).typed


def _observed(kind: str, raw: str | None, confidence: float, right: bool) -> Observed:
    return Observed(f"{kind}_{'absent' if raw is None else 'value'}", confidence, right)


def _last(events: Iterator[object]) -> object:
    *_, last = events
    return last


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m finetune.calibrate", description=__doc__)
    parser.add_argument(
        "--adapter", type=Path, required=True, help="the adapter to be shipped; the curves are put beside it"
    )
    parser.add_argument("--documents", type=int, default=200, help="how many are asked for fields")
    parser.add_argument("--forms", type=int, default=200, help="how many are asked questions")
    parser.add_argument("--keep", type=Path, help="write every reply's confidence and truth to this file too")
    parser.set_defaults(run=_run)
    return run_command(parser)


def _run(options: argparse.Namespace) -> int:
    refuse_damage(options.adapter)
    seal(options.adapter)  # without the curves that there are: new ones are fitted to the model's own figures
    settings = Settings.from_environment()
    engine = EmbeddedEngine(settings.model_cache, threads=settings.threads, shipped_adapter=options.adapter)
    observed: list[Observed] = []
    for number, (example, printed) in enumerate(lessons(options.documents, options.forms), start=1):
        observed += observe(engine, example, printed)
        print(f"{number} documents, {len(observed)} replies", flush=True)
    if options.keep:
        options.keep.write_text("".join(f"{json.dumps(asdict(one))}\n" for one in observed))
    write_calibration(options.adapter / CALIBRATION_FILE, fit(observed))
    write_checksums(options.adapter)
    return 0


if __name__ == "__main__":
    sys.exit(main())
