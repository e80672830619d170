"""The rows of ``tests.benchmarks.ablations``: one thing of the training is taken away or changed in each."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from docvlm.models.around import EngineAround
from docvlm.models.protocol import Engine, GenerationRequest, PageInput
from docvlm.types import TokenStep
from finetune.instruct import Examples, InstructConfig, example_of
from finetune.synthesis.examples import Example, make_example

TIMES_SEEN = 10
"""How often the row with few pages shows each of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One way to train and to ask.

    Attributes:
        what: what differs from the first row, in words for the table.
        examples: from a run's settings to what it learns from.
        settings: settings of ``InstructConfig`` that differ.
        asked: what the trained model is asked through.
    """

    name: str
    what: str
    examples: Callable[[InstructConfig], Examples] = lambda _config: example_of
    settings: Mapping[str, int] = field(default_factory=dict)
    asked: Callable[[Engine], Engine] = lambda engine: engine

    def config(self, recipe: InstructConfig) -> InstructConfig:
        """The settings of this row."""
        return replace(recipe, **self.settings)


def without_misreadings(seed: int, number: int) -> Example:
    """The same page, every word as it was printed."""
    return make_example(f"{seed}:{number}", misreadings=False)


def without_absent(seed: int, number: int) -> Example:
    """The same page; everything that is asked for stands on it."""
    return make_example(f"{seed}:{number}", absent=False)


def few_pages(config: InstructConfig) -> Examples:
    """A tenth of the run's examples, ten times over, each time in another order."""
    pool = max(1, config.documents // TIMES_SEEN)

    def example(seed: int, number: int) -> Example:
        time, place = divmod(number, pool)
        order = random.Random(f"{seed}:{time}").sample(range(pool), pool)
        return example_of(seed, order[place])

    return example


def in_plain_lines(seed: int, number: int) -> Example:
    """The same page as plain lines."""
    example = example_of(seed, number)
    return replace(example, page_text=plain_lines(example.page_text))


def plain_lines(layout_text: str) -> str:
    """The rows of a laid-out page with one space between words: no columns, indents and blank lines."""
    lines = (" ".join(line.split()) for line in layout_text.split("\n"))
    return "\n".join(line for line in lines if line)


class PlainLinesEngine(EngineAround):
    """Shows every page as plain lines.

    Only white space goes: replies are held to the page's words and looked up among them as ever, and a page
    is cut into the same windows.
    """

    def generate(
        self, page: PageInput, request: GenerationRequest, cancel: threading.Event | None = None
    ) -> Iterator[TokenStep]:
        plain = replace(page, key=f"{page.key}-plain", reader_text=plain_lines(page.reader_text))
        return self._engine.generate(plain, request, cancel)


ROWS = (
    Row("as-it-is", "nothing"),
    Row("rank-4", "rank 4 of the adapter", settings={"rank": 4, "alpha": 8}),
    Row("rank-64", "rank 64 of the adapter", settings={"rank": 64, "alpha": 128}),
    Row("no-misreadings", "no misreadings", lambda _config: without_misreadings),
    Row("no-absent", "no absent fields, no unanswerable questions", lambda _config: without_absent),
    Row("few-pages", "a tenth of the pages, each seen ten times (as many steps)", few_pages),
    Row(
        "plain-lines",
        "plain lines instead of the layout, in training and in use",
        lambda _config: in_plain_lines,
        asked=PlainLinesEngine,
    ),
)
"""The first is what the others are held against."""
