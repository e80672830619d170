"""The embedded engine with a vision tower: what it sees has a part in its replies. Tiny random weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from docvlm.models.chat import IMAGE_TOKEN
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.language_model import language_model_folder
from docvlm.models.protocol import GenerationRequest, PageInput
from docvlm.models.vision_language import new_connector, save_vision, vision_language_config
from docvlm.models.vision_tower import VisionTower, tower_config
from docvlm.tiling import Budget
from docvlm.tiling.plan import TOKENS_PER_TILE
from tests.finetune.tiny import save_tiny_model

REQUEST = GenerationRequest("Copy the page:", max_tokens=6)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    home = tmp_path_factory.mktemp("models")
    save_tiny_model(language_model_folder(home))
    return home


@pytest.fixture(scope="module")
def vision(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    language = AutoModelForCausalLM.from_pretrained(language_model_folder(cache)).config
    config = vision_language_config(language, tower_config(64, 1), depth=1)
    folder = tmp_path_factory.mktemp("vision")
    save_vision(config, VisionTower(config.vision_config), new_connector(config), folder)
    return folder


@pytest.fixture(scope="module")
def engine(cache: Path, vision: Path) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(cache, shipped_adapter=None, vision=vision)
    yield engine
    engine.close()


def page(engine: EmbeddedEngine, key: str, seed: int | None, budget: str = "fast") -> PageInput:
    """Two tiles and the whole page, or words alone."""
    if seed is None:
        return PageInput(key, "TOTAL 21.09")
    image = np.random.default_rng(seed).integers(0, 255, (300, 700, 3), dtype=np.uint8)
    return PageInput(key, "TOTAL 21.09", image, engine.plan_page(700, 300, Budget.parse(budget)))


def said(engine: EmbeddedEngine, seen: PageInput) -> list[float]:
    return [step.probability for step in engine.generate(seen, REQUEST)]


def test_it_says_that_it_sees(engine: EmbeddedEngine, cache: Path, tmp_path: Path) -> None:
    blind = EmbeddedEngine(cache, shipped_adapter=None, vision=tmp_path / "missing")
    assert engine.card.sees_pixels and not blind.card.sees_pixels
    assert "photos are read by OCR" in blind.card.note and "OCR" not in engine.card.note
    assert engine.card.revision != blind.card.revision
    assert engine.card.base_revision != blind.card.base_revision


def test_a_picture_takes_the_tokens_of_its_plan(engine: EmbeddedEngine) -> None:
    seen, words = page(engine, "a", 1), page(engine, "b", None)
    assert seen.plan is not None and len(seen.plan.tiles) == 3
    encoded = engine.encode_page(seen)
    image_id = engine.prompts.image_id
    assert encoded.token_ids.count(image_id) == seen.plan.tokens == 3 * TOKENS_PER_TILE
    assert encoded.pixels["pixel_values"].shape[:3] == (1, 3, 3)
    assert not engine.encode_page(words).pixels
    assert engine.encode_page(words).token_ids.count(image_id) == 0


def test_what_is_printed_has_a_part_in_the_reply(engine: EmbeddedEngine) -> None:
    first, second = said(engine, page(engine, "first", 1)), said(engine, page(engine, "second", 2))
    assert first != second
    assert said(engine, page(engine, "words", None))
    assert said(engine, page(engine, "first", 1)) == pytest.approx(first, rel=1e-3)  # out of the cache


def test_without_its_picture_a_page_is_answered_as_without_a_tower(
    engine: EmbeddedEngine, cache: Path, tmp_path: Path
) -> None:
    blind = EmbeddedEngine(cache, shipped_adapter=None, vision=tmp_path / "missing")
    assert said(engine, page(engine, "x", None)) == pytest.approx(said(blind, page(blind, "x", None)))


def test_no_text_stands_for_a_picture(engine: EmbeddedEngine) -> None:
    encoded = engine.encode_page(PageInput("text", f"TOTAL {IMAGE_TOKEN} 21.09"))
    assert engine.prompts.image_id not in encoded.token_ids


def test_what_is_saved_is_a_language_model(engine: EmbeddedEngine, tmp_path: Path) -> None:
    engine.save(tmp_path / "saved")
    saved = AutoModelForCausalLM.from_pretrained(tmp_path / "saved")
    torch.testing.assert_close(
        saved.model.embed_tokens.weight, engine.model.model.text_model.embed_tokens.weight
    )
