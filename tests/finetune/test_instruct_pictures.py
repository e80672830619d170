"""The stage that joins tower, connector and language model, on tiny random ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from docvlm.errors import ModelError, UsageError
from docvlm.models.chat import ChatEncoder
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.language_model import language_model_folder
from docvlm.models.vision_language import load_vision, vision_language_config
from docvlm.models.vision_tower import VisionTower, tower_config
from finetune.cores import core_workers
from finetune.instruct_pictures import (
    PicturesConfig,
    encode,
    export,
    open_run,
    train,
    train_step,
)
from finetune.long_run import CHECKPOINT, LOG, read_recipe
from finetune.picture_examples import transcription
from finetune.vision.evaluate import ADAPTER, VISION, WholeModel, tile_errors
from finetune.vision.glyph_head import GlyphHead
from finetune.vision.print_samples import print_sample
from finetune.vision.readers import LatentReader, PatchReader
from tests.conftest import REPOSITORY
from tests.finetune.tiny import save_tiny_model

SIDE = 64


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with a language model, and beside it an adapter, a resampler and a tower without one."""
    torch.manual_seed(0)
    home = tmp_path_factory.mktemp("home")
    language = save_tiny_model(language_model_folder(home))
    base = AutoModelForCausalLM.from_pretrained(language)
    shape = base.config
    get_peft_model(base, LoraConfig(r=2, target_modules="all-linear")).save_pretrained(home / "adapter")
    patches = PatchReader(VisionTower(tower_config(64, 1)), GlyphHead(64))
    patches.save(home / "tower")
    config = vision_language_config(shape, patches.tower.config, depth=1)
    LatentReader(patches, config).save(home / "reader")
    return home


def config_of(home: Path) -> PicturesConfig:
    return PicturesConfig(
        reader=str(home / "reader"),
        adapter=str(home / "adapter"),
        seed=5,
        examples=4,
        sides=(SIDE,),
        examples_a_step=2,
        max_tokens=6000,
        connector_rate=1e-2,
        language_rate=1e-2,
    )


def chat_of(home: Path) -> ChatEncoder:
    return ChatEncoder(AutoTokenizer.from_pretrained(language_model_folder(home)))


@pytest.mark.parametrize("language", [True, False])
def test_it_learns_to_copy_a_tile(home: Path, tmp_path: Path, language: bool) -> None:
    config = replace(config_of(home), language=language)
    run = open_run(language_model_folder(home), tmp_path, config, False, chat_of(home))
    adapter = [weight for name, weight in run.adapted.named_parameters() if "lora" in name]
    before = [weight.detach().clone() for weight in adapter]
    for group in run.optimizer.param_groups:
        group["lr"] = 1e-2
    lesson = encode(transcription(print_sample(1, SIDE)), chat_of(home), 2)
    with core_workers(2) as workers:
        losses = [train_step(run, [lesson, lesson], workers) for _ in range(40)]
    assert losses[-1] < 0.8 * losses[0]
    changed = [not torch.equal(weight, old) for weight, old in zip(adapter, before, strict=True)]
    assert any(changed) == language


def test_latents_begin_as_large_as_words(home: Path, tmp_path: Path) -> None:
    model = open_run(language_model_folder(home), tmp_path, config_of(home), False, chat_of(home)).model
    words = model.get_input_embeddings().weight.float().square().mean().sqrt()
    with torch.inference_mode():
        latents = model.model.connector(torch.randn(1, 16, 64), torch.ones(1, 16, dtype=torch.bool))
    torch.testing.assert_close(latents.square().mean().sqrt(), words, rtol=0.05, atol=0)


def test_the_picture_has_a_part_in_the_loss(home: Path, tmp_path: Path) -> None:
    run = open_run(language_model_folder(home), tmp_path, config_of(home), False, chat_of(home))
    lesson = encode(transcription(print_sample(1, SIDE)), chat_of(home), 2)
    other = encode(transcription(print_sample(2, SIDE)), chat_of(home), 2)
    for group in run.optimizer.param_groups:
        group["lr"] = 0.0
    with core_workers(1) as workers:
        right = train_step(run, [lesson], workers)
        exchanged = train_step(run, [replace(lesson, pixels=other.pixels)], workers)
    assert right != exchanged


def test_a_second_turn_sees_the_picture_as_the_first_does(home: Path, tmp_path: Path) -> None:
    run = open_run(language_model_folder(home), tmp_path, config_of(home), False, chat_of(home))
    example = transcription(print_sample(1, SIDE))
    once, twice = (
        encode(replace(example, turns=example.turns * count), chat_of(home), 2) for count in (1, 2)
    )
    for group in run.optimizer.param_groups:
        group["lr"] = 0.0
    with core_workers(1) as workers:
        assert train_step(run, [twice], workers) == pytest.approx(train_step(run, [once], workers), rel=1e-5)


@pytest.mark.slow
def test_a_run_logs_saves_goes_on_and_is_served(home: Path, tmp_path: Path) -> None:
    language_model, config = language_model_folder(home), config_of(home)
    train(language_model, tmp_path / "run", config, resume=False)
    train(language_model, tmp_path / "run", replace(config, examples=8), resume=True)
    log = [json.loads(line) for line in (tmp_path / "run" / LOG).read_text().splitlines()]
    assert [line["step"] for line in log] == list(range(1, len(log) + 1))
    assert log[-1]["seen"] >= 8
    export(language_model, tmp_path / "run", tmp_path / "shipped")
    engine = EmbeddedEngine(
        home, shipped_adapter=tmp_path / "shipped" / ADAPTER, vision=tmp_path / "shipped" / VISION
    )
    assert engine.card.sees_pixels
    again = replace(config, start_from=str(tmp_path / "shipped"))
    gone_on = open_run(language_model, tmp_path / "next", again, False, chat_of(home)).model
    kept = load_vision(tmp_path / "run" / CHECKPOINT / VISION)[2].state_dict()
    for name, weight in gone_on.model.connector.state_dict().items():
        assert weight.dtype == torch.float32
        torch.testing.assert_close(weight, kept[name], rtol=1e-2, atol=1e-3)
    (errors,) = tile_errors(WholeModel(engine), iter([print_sample(3, SIDE)]))
    assert errors.length > 0
    assert (tmp_path / "run" / CHECKPOINT / ADAPTER / "adapter_model.safetensors").is_file()


def test_a_tower_without_a_resampler_is_refused(home: Path, tmp_path: Path) -> None:
    config = replace(config_of(home), reader=str(home / "tower"))
    with pytest.raises(UsageError, match="without a resampler"):
        open_run(language_model_folder(home), tmp_path, config, False, chat_of(home))


def test_nothing_is_exported_from_a_run_without_a_checkpoint(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no checkpoint"):
        export(language_model_folder(home), tmp_path, tmp_path / "shipped")


def test_the_recipe_is_a_valid_one() -> None:
    recipe = read_recipe(REPOSITORY / "finetune" / "recipes" / "docvlm-mini-pictures.yaml", PicturesConfig)
    assert recipe.examples >= 10_000
    assert (REPOSITORY / recipe.adapter).is_dir()
