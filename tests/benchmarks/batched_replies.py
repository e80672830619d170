"""What replies to several documents at once would gain: ``python -m tests.benchmarks.batched_replies``.

Real receipts of ../shared/data/sroie are extracted one after the other, as ``docvlm batch`` does; each call
of the embedded model is timed and its tokens are kept. Then the same tokens go through the same model in one
padded batch: all prompts in one call, then as many calls as the longest reply had, each with the next token
of every receipt. Grammars are left out of the batch, which is in its favour.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from transformers import DynamicCache

from docvlm.config import Settings
from docvlm.models.embedded import EmbeddedEngine
from docvlm.pipeline import Workspace
from docvlm.schemas import load_schema
from tests.benchmarks.ocr_accuracy import load_cases

SCHEMA = "company, date:date, address, total:amount"


@dataclass(slots=True)
class Calls:
    """The calls of a model for one document: the tokens and seconds of each, the page first."""

    tokens: list[list[int]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def page_and_request(self) -> list[int]:
        """The prompt: every call up to the first that brought no more than a few tokens."""
        return [token for call in self.tokens[: self._first_step()] for token in call]

    def steps(self) -> list[list[int]]:
        return self.tokens[self._first_step() :]

    def prompt_seconds(self) -> float:
        return sum(self.seconds[: self._first_step()])

    def step_seconds(self) -> float:
        return sum(self.seconds[self._first_step() :])

    def _first_step(self) -> int:
        # The page in portions, then the request with the first forced tokens.
        long = [position for position, call in enumerate(self.tokens) if len(call) > 16]
        return long[-1] + 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--documents", type=int, default=8)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings.from_environment()
        settings = replace(settings, database_url=f"sqlite:///{Path(scratch) / 'd.sqlite'}", threads=1)
        with Workspace(settings) as workspace:
            cases = load_cases(options.data / "sroie", options.documents)
            paths = [case.path for case in cases]
            for path in paths:  # read before anything is timed
                with workspace.open(path) as document:
                    list(document.read())
            engine = workspace.engine
            assert isinstance(engine, EmbeddedEngine)
            calls = _one_by_one(workspace, engine.model, paths)
            prompt_seconds, step_seconds = _together(engine.model, calls)
    alone_prompt = sum(each.prompt_seconds() for each in calls)
    alone_steps = sum(each.step_seconds() for each in calls)
    print("| | one by one, s | together, s | ratio |\n|---|---:|---:|---:|")
    for what, alone, together in (
        ("prompts", alone_prompt, prompt_seconds),
        ("replies", alone_steps, step_seconds),
        ("both", alone_prompt + alone_steps, prompt_seconds + step_seconds),
    ):
        print(f"| {what} | {alone:.2f} | {together:.2f} | {alone / together:.2f} |")
    lengths = [len(each.page_and_request()) for each in calls]
    steps = [len(each.steps()) for each in calls]
    print(
        f"prompts of {min(lengths)} to {max(lengths)} tokens, replies of {min(steps)} to {max(steps)} calls"
    )


def _one_by_one(workspace: Workspace, model: Any, paths: Sequence[Path]) -> list[Calls]:
    """Extract from each document, with every call of the model on record."""
    schema = load_schema(SCHEMA)
    forward = model.forward
    record = Calls()

    def timed(*args: Any, **options: Any) -> Any:
        started = time.perf_counter()
        output = forward(*args, **options)
        record.seconds.append(time.perf_counter() - started)
        record.tokens.append(options["input_ids"][0].tolist())
        return output

    model.forward = timed
    documents = []
    for path in paths:
        record = Calls()
        with workspace.open(path) as document:
            for _ in document.extract_stream(schema):
                pass
        documents.append(record)
    model.forward = forward
    return documents


@torch.inference_mode()
def _together(model: Any, documents: Sequence[Calls]) -> tuple[float, float]:
    """Seconds of the prompts in one padded call, and of the steps, a token of each document in each call."""
    prompts = [document.page_and_request() for document in documents]
    longest = max(map(len, prompts))
    padded = torch.tensor([[0] * (longest - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    places = (mask.cumsum(1) - 1).clamp(min=0)
    cache = DynamicCache()
    started = time.perf_counter()
    model(
        input_ids=padded,
        attention_mask=mask,
        position_ids=places,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    prompt_seconds = time.perf_counter() - started
    started = time.perf_counter()
    place = places[:, -1:]
    for step in range(max(len(document.steps()) for document in documents)):
        width = max(
            len(document.steps()[step]) if step < len(document.steps()) else 1 for document in documents
        )
        ids = torch.ones((len(documents), width), dtype=torch.long)
        mask = torch.cat([mask, torch.ones_like(ids)], dim=1)
        steps = place + torch.arange(1, width + 1)
        place = steps[:, -1:]
        model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=steps,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
    return prompt_seconds, time.perf_counter() - started


if __name__ == "__main__":
    main()
