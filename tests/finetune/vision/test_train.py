"""The tower learns, and a broken run goes on as if it had not been broken."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from docvlm.errors import UsageError
from docvlm.models.checksums import damaged_files, has_checksums
from docvlm.models.vision_tower import WEIGHTS
from finetune.cores import core_workers
from finetune.long_run import CHECKPOINT, LOG, read_recipe
from finetune.vision.batches import Batch, BatchSizes, make_batch
from finetune.vision.readers import LatentReader, PatchReader, load_reader
from finetune.vision.train import (
    Run,
    Stage,
    VisionConfig,
    export,
    open_run,
    train,
    train_step,
)
from tests.conftest import REPOSITORY
from tests.finetune.tiny import tiny_llama

SMALL = VisionConfig(seed=3, tiles=8, sides=(128, 112), batch=2, hidden_size=64, layers=1, warmup=0.25)

PAIR = BatchSizes(seed=1, tiles=2, sides=(128,))


def losses(out: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (out / LOG).read_text().splitlines()]


def learn(run: Run, batch: Batch, steps: int) -> tuple[float, float, float]:
    """The first loss, the last one, and the share of characters that were right at last."""
    with core_workers(1) as workers:
        first, _ = train_step(run, batch, workers, 1)
        for _ in range(steps):
            last, right = train_step(run, batch, workers, 1)
    return first, last, right


def test_a_step_in_parts_is_a_step_in_one(tmp_path: Path) -> None:
    half = make_batch(PAIR, 0).parts(2)[0]
    twice = Batch(
        np.concatenate((half.images, half.images)),
        np.concatenate((half.classes, half.classes)),
        np.concatenate((half.places, half.places)),
        np.concatenate((half.starts, half.starts)),
        np.concatenate((half.tokens, half.tokens)),
    )
    found = []
    for parts in (1, 2):
        run = open_run(tmp_path, SMALL, resume=False)
        run = replace(run, optimizer=torch.optim.SGD(run.reader.parameters(), lr=0.1))
        with core_workers(parts) as workers:
            loss, _ = train_step(run, twice, workers, parts)
        found.append((loss, dict(run.reader.named_parameters())))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-2)
    for name, weight in found[0][1].items():
        torch.testing.assert_close(weight, found[1][1][name], rtol=0, atol=2e-3)


def test_a_tower_learns_the_characters_of_a_batch(tmp_path: Path) -> None:
    run = open_run(tmp_path, replace(SMALL, learning_rate=3e-3), resume=False)
    batch = make_batch(PAIR, 0)
    first, last, right = learn(run, batch, 80)
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


def test_an_exported_reader_is_half_as_large_and_can_be_gone_on_from(tmp_path: Path) -> None:
    train(tmp_path / "run", replace(SMALL, tiles=2), resume=False)
    export(tmp_path / "run", tmp_path / "kept")
    whole, kept = (folder / WEIGHTS for folder in (tmp_path / "run" / CHECKPOINT, tmp_path / "kept"))
    assert kept.stat().st_size < 0.6 * whole.stat().st_size
    assert has_checksums(tmp_path / "kept") and not damaged_files(tmp_path / "kept")
    run = open_run(tmp_path / "next", replace(SMALL, start_from=str(tmp_path / "kept")), resume=False)
    for weight in run.reader.parameters():
        assert weight.dtype == torch.float32
    before = load_reader(tmp_path / "run" / CHECKPOINT).head.places.weight
    torch.testing.assert_close(run.reader.head.places.weight, before, rtol=1e-2, atol=1e-3)


def test_a_run_is_not_begun_over_another(tmp_path: Path) -> None:
    (tmp_path / LOG).touch()
    with pytest.raises(UsageError, match="already holds a run"):
        train(tmp_path, SMALL, resume=False)


@pytest.mark.parametrize("stage", Stage)
def test_the_recipes_are_valid_ones(stage: Stage) -> None:
    recipe = read_recipe(REPOSITORY / "finetune" / "recipes" / f"docvlm-mini-{stage}.yaml", VisionConfig)
    assert recipe.stage == stage
    assert recipe.tiles >= 10_000


def test_a_setting_that_there_is_not_is_said(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("colour: red\n")
    with pytest.raises(UsageError, match="no recipe"):
        read_recipe(tmp_path / "recipe.yaml", VisionConfig)


def test_a_resampler_learns_what_its_tower_sees(tmp_path: Path) -> None:
    open_run(tmp_path, SMALL, resume=False).reader.save(tmp_path / "tower")
    tiny_llama(40).save_pretrained(tmp_path / "language")
    config = replace(
        SMALL,
        stage=Stage.RESAMPLER,
        depth=1,
        learning_rate=3e-3,
        start_from=str(tmp_path / "tower"),
    )
    run = open_run(tmp_path, config, resume=False, language_model=tmp_path / "language")
    assert isinstance(run.reader, LatentReader)
    batch = make_batch(PAIR, 0)
    first, last, right = learn(run, batch, 120)
    assert last < 0.5 * first
    assert right > 0.5


@pytest.mark.parametrize("learns", [True, False])
def test_the_tower_goes_on_learning_behind_a_resampler_where_it_may(tmp_path: Path, learns: bool) -> None:
    open_run(tmp_path, SMALL, resume=False).reader.save(tmp_path / "tower")
    tiny_llama(40).save_pretrained(tmp_path / "language")
    config = replace(
        SMALL, stage=Stage.RESAMPLER, depth=1, tower_learns=learns, start_from=str(tmp_path / "tower")
    )
    run = open_run(tmp_path, config, resume=False, language_model=tmp_path / "language")
    before = {name: value.clone() for name, value in run.reader.patches.state_dict().items()}
    learn(run, make_batch(PAIR, 0), 1)
    same = [torch.equal(value, before[name]) for name, value in run.reader.patches.state_dict().items()]
    assert all(same) != learns
    run.reader.save(tmp_path / "both")
    tower = open_run(tmp_path, replace(SMALL, start_from=str(tmp_path / "both")), resume=False).reader
    assert isinstance(tower, PatchReader)  # a tower goes on without its resampler


def test_a_resampler_without_a_tower_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="behind a tower"):
        open_run(tmp_path, replace(SMALL, stage=Stage.RESAMPLER), resume=False)


def test_a_stage_that_there_is_not_is_said(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("stage: nose\n")
    with pytest.raises(UsageError, match="no recipe"):
        read_recipe(tmp_path / "recipe.yaml", VisionConfig)
