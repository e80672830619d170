"""What drafted replies save: ``python -m tests.benchmarks.drafts [--limit N]``.

Each document's first window is asked with drafts and without, one right after the other and in turns which
first, after the same page: for its fields, or for the answers to its questions. A reply differs where two
choices are so close that rounding decides: single tokens are computed in eight bits, drafts in bfloat16.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from docvlm.config import Settings
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.protocol import GenerationRequest
from docvlm.pipeline.requests import extraction_request, question_request
from docvlm.pipeline.windows import Window, cut_windows
from docvlm.schemas import Schema, page_context
from finetune.cli.labels import Labels
from finetune.data.readings import Readings
from tests.benchmarks.zero_shot import SETS, labels_of


@dataclass(frozen=True, slots=True)
class Reply:
    """What was said, in so many passes of the model."""

    text: str
    tokens: int
    passes: int
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--limit", type=int, default=10, help="documents of each set")
    parser.add_argument("--float32", action="store_true", help="compute so, where rounding decides nothing")
    parser.add_argument("--differences", action="store_true", help="show replies that differ")
    options = parser.parse_args()
    settings = Settings.from_environment()
    engine = EmbeddedEngine(settings.model_cache, threads=settings.threads)
    if options.float32:
        engine.model.float()
    print("| set | replies | tokens a reply | passes, plain | drafted | seconds, plain | drafted | differ |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    with Readings.open(settings) as readings:
        for name in options.sets:
            pairs = list(_pairs(engine, labels_of(options.data, name, options.limit, seed=1), readings))
            print(_row(name, pairs), flush=True)
            for plain, drafted in pairs if options.differences else ():
                if plain.text != drafted.text:
                    print(f"--- plain\n{plain.text}--- drafted\n{drafted.text}")


def _pairs(engine: EmbeddedEngine, labels: Labels, readings: Readings) -> Iterator[tuple[Reply, Reply]]:
    for document in labels.documents:
        schema = labels.schema(document) if callable(labels.schema) else labels.schema
        for reading in readings.of(document)[:1]:
            for window in cut_windows(reading, engine.count_tokens)[:1]:
                questions = [question.question for question in document.questions]
                for turn, request in enumerate(_requests(window, schema, questions)):
                    list(engine.generate(window.input, replace(request, max_tokens=1)))  # computes the page
                    plain, drafted = replace(request, draft=None), request
                    both = {
                        one.draft is None: _reply(engine, window, one)
                        for one in _in_turns(plain, drafted, turn)
                    }
                    yield both[True], both[False]


def _requests(window: Window, schema: Schema | None, questions: list[str]) -> list[GenerationRequest]:
    if schema is None:
        return [question_request(question, window.words) for question in questions]
    return [extraction_request(schema, window.words, page_context(window.words.text))]


def _in_turns(
    first: GenerationRequest, second: GenerationRequest, turn: int
) -> tuple[GenerationRequest, GenerationRequest]:
    return (second, first) if turn % 2 else (first, second)


def _reply(engine: EmbeddedEngine, window: Window, request: GenerationRequest) -> Reply:
    passes: list[None] = []
    counting = engine.model.register_forward_pre_hook(lambda _module, _inputs: passes.append(None))
    started = time.perf_counter()
    steps = list(engine.generate(window.input, request))
    seconds = time.perf_counter() - started
    counting.remove()
    return Reply("".join(step.text for step in steps), len(steps), len(passes), seconds)


def _row(name: str, pairs: list[tuple[Reply, Reply]]) -> str:
    plain, drafted = zip(*pairs, strict=True)
    differ = sum(one.text != other.text for one, other in pairs)
    cells = [
        name,
        str(len(pairs)),
        f"{statistics.mean(one.tokens for one in plain):.0f}",
        *(f"{statistics.mean(one.passes for one in replies):.1f}" for replies in (plain, drafted)),
        *(f"{statistics.mean(one.seconds for one in replies):.2f}" for replies in (plain, drafted)),
        str(differ),
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
