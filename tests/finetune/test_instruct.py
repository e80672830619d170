"""Instruction tuning on a tiny random model."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from docvlm.errors import ModelError, UsageError
from finetune.instruct import (
    InstructConfig,
    export,
    learning_rate_at,
    open_run,
    train,
    train_step,
)
from finetune.long_run import read_recipe
from finetune.packing import pack_turns
from finetune.training.trainer import reply_loss
from tests.conftest import REPOSITORY
from tests.finetune.tiny import save_tiny_model


@pytest.fixture(scope="module")
def language_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    return save_tiny_model(tmp_path_factory.mktemp("tiny"))


def _log(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def test_learning_rate_rises_then_falls_to_zero() -> None:
    config = InstructConfig(learning_rate=1.0, warmup=0.1)
    rates = [learning_rate_at(progress, config) for progress in (0.0, 0.05, 0.1, 0.5, 1.0)]
    assert rates[0] == pytest.approx(0.02)
    assert rates[1] == pytest.approx(0.5)
    assert rates[2] == pytest.approx(1.0)
    assert 0.0 < rates[3] < 1.0
    assert rates[4] == pytest.approx(0.0)


def test_steps_on_one_document_lower_its_loss(language_model: Path, tmp_path: Path) -> None:
    config = InstructConfig(learning_rate=5e-2)
    run = open_run(language_model, tmp_path / "run", config, resume=False)
    document = pack_turns(list(range(10, 40)), [([50, 51], [60, 61, 62]), ([52], [70, 71])])
    with ThreadPoolExecutor(2) as workers:
        losses = [train_step(run.model, run.optimizer, [document] * 2, config, workers) for _ in range(50)]
    assert losses[-1] < 0.5 * losses[0]


def test_the_model_is_trained_on_the_device_that_is_picked(
    language_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finetune.instruct.pick_device", lambda: torch.device("meta"))
    run = open_run(language_model, tmp_path / "run", InstructConfig(), resume=False)
    assert {weight.device.type for weight in run.model.parameters()} == {"meta"}


def test_a_run_logs_saves_and_goes_on_where_it_stopped(language_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    config = InstructConfig(seed=4, documents=1, max_tokens=4000)
    train(language_model, out, config, resume=False)
    first = _log(out)
    resumed = open_run(language_model, out, config, resume=True)
    assert resumed.progress.step == len(first)
    assert resumed.progress.seen == first[-1]["seen"]
    before = load_file(out / "checkpoint" / "adapter_model.safetensors")
    loaded = {name: value for name, value in resumed.model.state_dict().items() if "lora_" in name}
    assert len(before) == len(loaded)
    for name, value in loaded.items():
        torch.testing.assert_close(before[name.replace(".default", "")], value)

    longer = InstructConfig(seed=4, documents=resumed.progress.seen + 1, max_tokens=4000)
    train(language_model, out, longer, resume=True)
    after = _log(out)[len(first) :]
    assert after[0]["step"] == first[-1]["step"] + 1
    assert after[0]["seen"] > first[-1]["seen"]


def test_a_run_of_a_higher_rank_begins_with_what_the_adapter_said(
    language_model: Path, tmp_path: Path
) -> None:
    narrow = InstructConfig(seed=4, documents=1, max_tokens=4000, rank=4, alpha=8)
    train(language_model, tmp_path / "narrow", narrow, resume=False)
    begun_from = str(tmp_path / "narrow" / "checkpoint")
    document, losses = pack_turns(list(range(10, 40)), [([50, 51], [60, 61, 62])]), []
    for rank in (4, 8):
        config = InstructConfig(rank=rank, start_from=begun_from)
        run = open_run(language_model, tmp_path / f"rank-{rank}", config, resume=False)
        losses.append(reply_loss(run.model, document, run.model.device))
        assert run.model.peft_config["default"].r == rank
        assert (tmp_path / f"rank-{rank}" / "start").is_dir() == (rank > 4)
    torch.testing.assert_close(*losses)


def test_a_folder_with_a_run_is_not_overwritten(language_model: Path, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="already holds a run"):
        train(language_model, tmp_path, InstructConfig(), resume=False)


def test_the_exported_adapter_is_small_and_in_bfloat16(language_model: Path, tmp_path: Path) -> None:
    train(language_model, tmp_path / "run", InstructConfig(documents=1, max_tokens=4000), resume=False)
    export(language_model, tmp_path / "run", tmp_path / "adapter")
    weights = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    assert weights
    assert {value.dtype for value in weights.values()} == {torch.bfloat16}
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    assert str(tmp_path) not in json.dumps(config)


def test_exporting_a_run_without_checkpoint_says_so(language_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no checkpoint"):
        export(language_model, tmp_path, tmp_path / "adapter")


def test_every_recipe_can_be_followed(tmp_path: Path) -> None:
    every = sorted((REPOSITORY / "finetune" / "recipes").glob("*.yaml"))
    # Tower, resampler and pictures have settings of their own, and tests of them.
    recipes = [recipe for recipe in every if not recipe.stem.endswith(("-tower", "-resampler", "-pictures"))]
    assert len(recipes) == len(every) - 3 >= 6
    for recipe in recipes:
        config = read_recipe(recipe, InstructConfig)
        assert config.documents >= 500
        assert config.start_from is None or (REPOSITORY / config.start_from).is_dir()
    (tmp_path / "bad.yaml").write_text("documents: 5\nminutes: 9\n", encoding="utf-8")
    with pytest.raises(UsageError, match="minutes"):
        read_recipe(tmp_path / "bad.yaml", InstructConfig)
