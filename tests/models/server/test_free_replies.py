"""A server that follows no grammar and tells no probabilities: ``transformers serve``, with pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from docvlm.grounding import UNKNOWN_CONFIDENCE
from docvlm.models.protocol import PageInput
from docvlm.models.server.engine import ServerEngine
from docvlm.pipeline.ask import ask_windows
from docvlm.pipeline.extract import extract_windows
from docvlm.pipeline.windows import Window, cut_windows
from docvlm.schemas import load_schema
from docvlm.tiling import Budget
from docvlm.types import Answer, Extraction
from tests.models.server.servers import ModelServer
from tests.models.tiny_checkpoints import save_tiny_checkpoint
from tests.pages import reading_of

pytestmark = pytest.mark.slow

READING = reading_of(["Invoice 12", "Total 12.50 EUR"])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerEngine]:
    folder = tmp_path_factory.mktemp("server")
    checkpoint = save_tiny_checkpoint("idefics3", folder / "idefics3")
    processor = {"processor_class": "Idefics3Processor", "image_seq_len": 4}  # the tiny model's own
    (checkpoint / "processor_config.json").write_text(json.dumps(processor))
    with ModelServer.transformers_serve(checkpoint, folder / "log") as server:
        opened = ServerEngine(f"{server.url}#{checkpoint}")
        yield opened
        opened.close()


def show(engine: ServerEngine, window: Window) -> PageInput:
    image = np.full((120, 200, 3), 255, dtype=np.uint8)
    return replace(window.input, image=image, plan=engine.plan_page(200, 120, Budget.parse("balanced")))


def test_the_card_says_what_the_server_cannot_do(engine: ServerEngine) -> None:
    assert engine.card.sees_pixels and not engine.card.follows_grammar
    assert "follows no grammar" in engine.card.note
    assert f"every confidence is the same {UNKNOWN_CONFIDENCE}" in engine.card.note


def test_an_answer_that_does_not_stand_on_the_page_is_not_found(engine: ServerEngine) -> None:
    windows = cut_windows(READING, engine.count_tokens)
    *pieces, answer = ask_windows(engine, windows, "What is the total?", lambda window: show(engine, window))
    assert pieces  # the random model did say something
    assert isinstance(answer, Answer)
    assert answer.text is None and answer.confidence == UNKNOWN_CONFIDENCE


def test_fields_of_a_reply_that_is_no_json_are_not_found(engine: ServerEngine) -> None:
    windows = cut_windows(READING, engine.count_tokens)
    schema = load_schema("total:amount")
    *_, extraction = extract_windows(engine, windows, schema, lambda window: show(engine, window))
    assert isinstance(extraction, Extraction)
    assert [(field.name, field.raw) for field in extraction.fields] == [("total", None)]
