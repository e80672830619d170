"""The tower learns, and a broken run goes on as if it had not been broken."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from docvlm.errors import UsageError
from finetune.long_run import LOG
from finetune.vision.train import (
    TowerConfig,
    load_recipe,
    make_batch,
    open_run,
    train,
    train_step,
)
from tests.conftest import REPOSITORY

SMALL = TowerConfig(seed=3, tiles=8, side=128, batch=2, hidden_size=64, layers=1, warmup=0.25)


def losses(out: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (out / LOG).read_text().splitlines()]


def test_a_tower_learns_the_characters_of_a_batch(tmp_path: Path) -> None:
    run = open_run(tmp_path, replace(SMALL, learning_rate=3e-3), resume=False)
    batch = make_batch(1, 0, 2, 128)
    first, _ = train_step(run, batch)
    for _ in range(80):
        last, right = train_step(run, batch)
    assert last < 0.4 * first
    assert right > 0.6


@pytest.mark.slow
def test_a_run_that_was_broken_off_goes_on_with_the_same_losses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tmp_path / "whole", SMALL, resume=False)
    train(tmp_path / "broken", replace(SMALL, tiles=4), resume=False)
    # The learning rate follows the share of all tiles; the first half of the whole run has its own.
    whole, broken = losses(tmp_path / "whole"), losses(tmp_path / "broken")
    assert len(whole) == 4
    assert len(broken) == 2
    assert whole[0] == pytest.approx(broken[0])
    monkeypatch.setattr("finetune.vision.train.learning_rate_at", lambda progress, config: 1e-3)
    train(tmp_path / "steady", SMALL, resume=False)
    train(tmp_path / "halved", replace(SMALL, tiles=4), resume=False)
    train(tmp_path / "halved", SMALL, resume=True)
    assert losses(tmp_path / "halved") == pytest.approx(losses(tmp_path / "steady"), rel=2e-2)


def test_a_run_is_not_begun_over_another(tmp_path: Path) -> None:
    (tmp_path / LOG).touch()
    with pytest.raises(UsageError, match="already holds a run"):
        train(tmp_path, SMALL, resume=False)


def test_the_recipe_is_a_valid_one() -> None:
    assert load_recipe(REPOSITORY / "finetune" / "recipes" / "docvlm-mini-tower.yaml").side == 384


def test_a_setting_that_there_is_not_is_said(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("colour: red\n")
    with pytest.raises(UsageError, match="no recipe"):
        load_recipe(tmp_path / "recipe.yaml")


def test_batches_of_a_run_differ_and_come_again() -> None:
    first, second = make_batch(1, 0, 2, 128), make_batch(1, 1, 2, 128)
    assert not torch.equal(torch.from_numpy(first.images), torch.from_numpy(second.images))
    assert (make_batch(1, 0, 2, 128).images == first.images).all()
