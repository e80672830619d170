"""How well the embedded model answers about generated documents it has not been trained on.

    python -m finetune.evaluate_generated --documents 100 --adapter runs/first/checkpoint --kind contract

Replies are decoded as in the product: held to the schema and to the page's words.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Mapping
from itertools import count, islice
from pathlib import Path

from docvlm.config import Settings
from docvlm.grounding import answer_grammar
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.protocol import Engine, GenerationRequest
from docvlm.models.shipped import SHIPPED_ADAPTER
from docvlm.pipeline.requests import ANSWER_TOKENS, extraction_request
from docvlm.pipeline.windows import Window, cut_windows
from docvlm.prompts import NOT_FOUND
from docvlm.schemas import page_context
from docvlm.terminal import run_command
from finetune.synthesis.examples import BUILDERS, make_example
from finetune.synthesis.kinds import document_kinds
from finetune.synthesis.requests import Turn

HELD_OUT = "held-out"
"""Seeds of documents for evaluation; training seeds are numbers, so the two never meet."""


def evaluate(engine: Engine, documents: int, kind: str | None = None) -> Mapping[str, tuple[int, int]]:
    """Right and asked values for each kind of request: fields and questions, answerable or not.

    Args:
        kind: of the documents; None for all kinds.
    """
    scores: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    made = (make_example(f"{HELD_OUT}:{number}") for number in count())
    for example in islice((one for one in made if kind in (None, one.kind)), documents):
        windows = cut_windows(example.reading, engine.count_tokens)
        for turn in example.turns if len(windows) == 1 else ():
            reply = "".join(
                step.text for step in engine.generate(windows[0].input, _request(turn, windows[0]))
            )
            for request, right in _compare(turn, reply):
                hits, asked = scores[request]
                scores[request] = (hits + right, asked + 1)
    return scores


def _request(turn: Turn, window: Window) -> GenerationRequest:
    if turn.schema is None:
        return GenerationRequest(turn.prompt, turn.reply_start, answer_grammar(window.words), ANSWER_TOKENS)
    return extraction_request(turn.schema, window.words, page_context(window.words.text))


def _compare(turn: Turn, reply: str) -> list[tuple[str, bool]]:
    """Line by line; a line is right when it says exactly what was to be said."""
    request = "question" if turn.schema is None else "field"
    expected, got = turn.reply.splitlines(), reply.splitlines()
    got += [""] * (len(expected) - len(got))
    compared = []
    for want, have in zip(expected, got, strict=False):
        kind = (
            "row" if want.startswith("- ") else f"{request}{' not there' if want.endswith(NOT_FOUND) else ''}"
        )
        compared.append((kind, want.strip() == have.strip()))
    return compared


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m finetune.evaluate_generated", description=__doc__)
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument(
        "--adapter", type=Path, help="adapter to lay over the raw language model; without it, the shipped one"
    )
    parser.add_argument(
        "--kind",
        choices=sorted(BUILDERS.keys() & document_kinds().keys()),
        help="ask about documents of this kind only",
    )
    parser.set_defaults(run=_run)
    return run_command(parser)


def _run(options: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    adapter = options.adapter or SHIPPED_ADAPTER
    engine = EmbeddedEngine(settings.model_cache, threads=settings.threads, shipped_adapter=adapter)
    for request, (right, asked) in sorted(evaluate(engine, options.documents, options.kind).items()):
        print(f"{request}: {right} of {asked} = {right / asked:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
