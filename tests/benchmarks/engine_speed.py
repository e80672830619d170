"""How fast the embedded model answers: ``python -m tests.benchmarks.engine_speed [--document FILE]``.

One run, one process, one document:

* the second question on a page against the first (the page is computed once);
* extraction under a grammar against transformers' plain ``generate`` of as many tokens with the same
  weights as they were loaded, both after the same page, both with and without the time for the page;
* the peak memory of the whole process, OCR and model together.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import torch
from transformers import AutoModelForCausalLM

from docvlm import ingest
from docvlm.config import Settings
from docvlm.grounding import answer_grammar, extraction_grammar
from docvlm.models.adapter import merge_adapter
from docvlm.models.device import pick_device, pick_dtype
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.language_model import ensure_language_model
from docvlm.models.protocol import GenerationRequest
from docvlm.models.shipped import SHIPPED_ADAPTER
from docvlm.pipeline.windows import Window, cut_windows
from docvlm.prompts import ANSWER_START, extraction_prompt, question_prompt
from docvlm.reading import read_page
from docvlm.schemas import load_schema, page_context
from docvlm.types import TokenStep

SAMPLE = Path(__file__).parents[2] / "ui_assets" / "samples" / "invoice.pdf"
QUESTIONS = ("What is the total?", "What is the date?", "Who is the seller?", "How was it paid?")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--document", type=Path, default=SAMPLE)
    parser.add_argument("--schema", default="invoice")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    memory = PeakMemory()
    engine = EmbeddedEngine(Settings.from_environment().model_cache)
    window = first_window(options.document, engine)
    print(f"{options.document.name}: {engine.count_tokens(window.input.reader_text)} tokens of reader text\n")
    print("| what | figure |")
    print("|---|---|")
    report_questions(engine, window, options.repeats)
    report_extraction(engine, plain_model(), window, options.schema, options.repeats)
    print(f"| peak memory of the process and its workers (goal ≤ 2 GiB) | {memory.stop():.2f} GiB |")


def first_window(path: Path, engine: EmbeddedEngine) -> Window:
    with ingest.open_document(path) as document:
        page = next(iter(document.pages([1])))
    return cut_windows(read_page(page), engine.count_tokens)[0]


def report_questions(engine: EmbeddedEngine, window: Window, repeats: int) -> None:
    first: list[float] = []
    further: list[float] = []
    for _ in range(repeats):
        engine.close()  # forgets the page
        for number, question in enumerate(QUESTIONS):
            request = GenerationRequest(
                question_prompt(question),
                ANSWER_START,
                answer_grammar(window.words),
                64,
                guess_from_page=True,
            )
            seconds, _ = timed(engine.generate(window.input, request))
            (further if number else first).append(seconds)
    ratio = statistics.median(further) / statistics.median(first)
    print(f"| first question on a page, median | {statistics.median(first):.2f} s |")
    print(f"| further question, median | {statistics.median(further):.2f} s |")
    print(f"| further / first (goal ≤ 0.25) | {ratio:.2f} |")


def plain_model() -> Any:
    """The same weights without anything that docvlm changes for its replies."""
    folder = ensure_language_model(Settings.from_environment().model_cache)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=pick_dtype(pick_device()))
    return merge_adapter(model, SHIPPED_ADAPTER, "the embedded model").eval()


def report_extraction(
    engine: EmbeddedEngine, plain: Any, window: Window, schema_name: str, repeats: int
) -> None:
    schema = load_schema(schema_name)
    grammar = extraction_grammar(schema, window.words, page_context(window.words.text))
    request = GenerationRequest(extraction_prompt(schema), grammar=grammar, max_tokens=1024)
    whole, reply_only, plain_whole, plain_reply = [], [], [], []
    tokens = 0
    for _ in range(repeats):
        engine.close()
        seconds, steps = timed(engine.generate(window.input, request))
        tokens = len(steps)
        whole.append(tokens / seconds)
        seconds, _ = timed(engine.generate(window.input, request))
        reply_only.append(tokens / seconds)
        prefill, total = plain_generate(plain, engine.prompt_ids(window.input, request), tokens)
        plain_whole.append(tokens / total)
        plain_reply.append(tokens / (total - prefill))
    for name, ours, plain in (
        ("page and reply", whole, plain_whole),
        ("reply alone", reply_only, plain_reply),
    ):
        mine, theirs = statistics.median(ours), statistics.median(plain)
        print(
            f"| extraction of {tokens} tokens, {name}: tokens/s, plain `generate` | "
            f"{mine:.1f}, {theirs:.1f}: {mine / theirs:.2f}× (goal ≥ 2) |"
        )


@torch.inference_mode()
def plain_generate(model: Any, prompt: Sequence[int], tokens: int) -> tuple[float, float]:
    """Seconds until the first token, and for ``tokens`` tokens, of transformers' own greedy loop."""
    ids = torch.tensor([list(prompt)])

    def run(count: int) -> float:
        started = time.perf_counter()
        model.generate(ids, max_new_tokens=count, min_new_tokens=count, do_sample=False)
        return time.perf_counter() - started

    return run(1), run(tokens)


class PeakMemory:
    """The most resident memory that this process and its children took together, sampled."""

    def __init__(self) -> None:
        self._peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """The peak in GiB."""
        self._done.set()
        self._thread.join()
        return self._peak / 2**30

    def _watch(self) -> None:
        this = psutil.Process()
        while not self._done.wait(0.05):
            tree = [this, *this.children(recursive=True)]
            with contextlib.suppress(psutil.NoSuchProcess):
                self._peak = max(self._peak, sum(process.memory_info().rss for process in tree))


def timed(stream: Iterator[TokenStep]) -> tuple[float, list[TokenStep]]:
    started = time.perf_counter()
    steps = list(stream)
    return time.perf_counter() - started, steps


if __name__ == "__main__":
    main()
