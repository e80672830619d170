"""How fast the embedded model answers: ``python -m tests.benchmarks.engine_speed [--document FILE]``.

One run, one process, one document:

* the second question on a page against the first (the page is computed once);
* extraction under a grammar against transformers' plain ``generate`` of as many tokens with the same
  weights as they were loaded, both after the same page, both with and without the time for the page;
* the peak memory of the whole process, OCR and model together, before the plain model is loaded.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch
from transformers import AutoModelForCausalLM

from docvlm import ingest
from docvlm.config import Settings
from docvlm.models.adapter import merge_adapter
from docvlm.models.device import pick_device, pick_dtype
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.language_model import ensure_language_model
from docvlm.models.protocol import GenerationRequest
from docvlm.models.shipped import SHIPPED_ADAPTER
from docvlm.pipeline.requests import extraction_request, question_request
from docvlm.pipeline.windows import Window, cut_windows
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
    context = page_context(window.words.text)
    request = extraction_request(load_schema(options.schema), window.words, context)
    speeds = extraction_speeds(engine, window, request, options.repeats)
    print(f"| peak memory of the process and its workers (goal ≤ 2 GiB) | {memory.stop():.2f} GiB |")
    report_extraction(speeds, plain_speeds(engine.prompt_ids(window.input, request), speeds.tokens))


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
            request = question_request(question, window.words)
            seconds, _ = timed(engine.generate(window.input, request))
            (further if number else first).append(seconds)
    ratio = statistics.median(further) / statistics.median(first)
    print(f"| first question on a page, median | {statistics.median(first):.2f} s |")
    print(f"| further question, median | {statistics.median(further):.2f} s |")
    print(f"| further / first (goal ≤ 0.25) | {ratio:.2f} |")


@dataclass(frozen=True, slots=True)
class Speeds:
    """Tokens a second of a reply of so many, with the time for its page and without it."""

    tokens: int
    with_page: float
    alone: float


def extraction_speeds(
    engine: EmbeddedEngine, window: Window, request: GenerationRequest, repeats: int
) -> Speeds:
    """The median of the repetitions."""
    with_page, alone = [], []
    for _ in range(repeats):
        engine.close()  # forgets the page
        with_page.append(timed(engine.generate(window.input, request))[0])
        seconds, steps = timed(engine.generate(window.input, request))
        alone.append(seconds)
    tokens = len(steps)
    return Speeds(tokens, tokens / statistics.median(with_page), tokens / statistics.median(alone))


@torch.inference_mode()
def plain_speeds(prompt: Sequence[int], tokens: int) -> Speeds:
    """transformers' own greedy loop over the same weights, with nothing that docvlm changes for replies."""
    folder = ensure_language_model(Settings.from_environment().model_cache)
    plain = AutoModelForCausalLM.from_pretrained(folder, dtype=pick_dtype(pick_device()))
    model = merge_adapter(plain, SHIPPED_ADAPTER, "the embedded model").eval()
    ids = torch.tensor([list(prompt)])

    def seconds(count: int) -> float:
        started = time.perf_counter()
        model.generate(ids, max_new_tokens=count, min_new_tokens=count, do_sample=False)
        return time.perf_counter() - started

    seconds(1)
    page, whole = seconds(1), seconds(tokens)
    return Speeds(tokens, tokens / whole, tokens / (whole - page))


def report_extraction(ours: Speeds, plain: Speeds) -> None:
    for name, mine, theirs in (
        ("page and reply", ours.with_page, plain.with_page),
        ("reply alone", ours.alone, plain.alone),
    ):
        print(
            f"| extraction of {ours.tokens} tokens, {name}: tokens/s, plain `generate` | "
            f"{mine:.1f}, {theirs:.1f}: {mine / theirs:.2f}× (goal ≥ 2) |"
        )


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
