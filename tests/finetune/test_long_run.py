"""Recipes, learning rates, logs and checkpoints of long runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from docvlm.errors import UsageError
from finetune.long_run import (
    CHECKPOINT,
    LOG,
    Progress,
    begin,
    holds_checkpoint,
    log_step,
    put_checkpoint,
    read_recipe,
    rise_and_fall,
    settings_of,
    take_steps,
)


@dataclass(frozen=True)
class Config:
    pages: int = 3


def test_a_recipe_is_read_and_an_unknown_setting_named(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("pages: 5\n")
    assert read_recipe(recipe, Config) == Config(5)
    recipe.write_text("colour: red\n")
    with pytest.raises(UsageError, match="colour"):
        read_recipe(recipe, Config)
    with pytest.raises(UsageError, match="no recipe"):
        read_recipe(tmp_path / "missing.yaml", Config)


def test_a_run_is_not_begun_over_another(tmp_path: Path) -> None:
    begin(tmp_path / "run", Config(), resume=False)
    log_step(tmp_path / "run", Progress(2, 8, 1.5), loss=0.123456)
    told = json.loads((tmp_path / "run" / LOG).read_text())
    assert told == {"step": 2, "seen": 8, "seconds": 1.5, "loss": 0.1235}
    with pytest.raises(UsageError, match="already holds a run"):
        begin(tmp_path / "run", Config(), resume=False)
    with pytest.raises(UsageError, match="no checkpoint to go on from"):
        begin(tmp_path / "run", Config(), resume=True)
    write(tmp_path / "run", "first")
    begin(tmp_path / "run", Config(), resume=True)


def test_a_run_goes_on_with_its_own_settings(tmp_path: Path) -> None:
    recipe, run = tmp_path / "recipe.yaml", tmp_path / "run"
    recipe.write_text("pages: 5\n")
    assert settings_of(None, run, True, Config) == Config()
    begin(run, settings_of(recipe, run, False, Config), resume=False)
    assert settings_of(None, run, True, Config) == Config(5)
    assert settings_of(None, run, False, Config) == Config()
    recipe.write_text("pages: 6\n")
    assert settings_of(recipe, run, True, Config) == Config(6)


def test_the_learning_rate_rises_in_a_line_and_falls_in_half_a_cosine() -> None:
    assert [rise_and_fall(progress, 0.1) for progress in (0.0, 0.05, 0.1)] == pytest.approx([0.02, 0.5, 1])
    assert rise_and_fall(0.55, 0.1, least=0.01) == pytest.approx(0.505)
    assert rise_and_fall(1.0, 0.1, least=0.01) == pytest.approx(0.01)


def test_steps_are_taken_logged_and_saved_until_all_is_seen(tmp_path: Path) -> None:
    out, progress, saved = tmp_path / "run", Progress(), list[int]()
    begin(out, Config(), resume=False)

    def step() -> dict[str, float]:
        progress.seen += 4  # one of them passed over
        return {"loss": 1 / progress.seen}

    def note(folder: Path) -> None:
        folder.mkdir()
        saved.append(progress.step)

    take_steps(out, progress, 10, step, note, checkpoint_minutes=1e9)
    assert (progress.step, progress.seen, saved) == (3, 12, [3]) and progress.seconds > 0
    take_steps(out, progress, 20, step, note, checkpoint_minutes=0)
    lines = [json.loads(line) for line in (out / LOG).read_text().splitlines()]
    assert [line["seen"] for line in lines] == [4, 8, 12, 16, 20]
    assert all(line["examples_per_second"] > 0 for line in lines)
    assert saved == [3, 4, 5, 5] and (out / CHECKPOINT).is_dir()


def write(out: Path, text: str) -> None:
    def into(folder: Path) -> None:
        folder.mkdir()
        (folder / "weights").write_text(text)

    put_checkpoint(out, into)


def test_a_checkpoint_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    assert not holds_checkpoint(tmp_path)
    write(tmp_path, "first")
    assert holds_checkpoint(tmp_path)
    write(tmp_path, "second")
    assert (tmp_path / CHECKPOINT / "weights").read_text() == "second"
    assert [one.name for one in tmp_path.iterdir()] == [CHECKPOINT]


@pytest.mark.parametrize("renames", [0, 1])
def test_a_run_killed_while_it_puts_a_checkpoint_goes_on_from_the_last(
    tmp_path: Path, renames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(tmp_path, Config(), resume=False)
    write(tmp_path, "first")
    rename, left = Path.rename, iter(range(renames))

    def killed(path: Path, target: Path) -> Path:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path, "second")
    assert holds_checkpoint(tmp_path)
    begin(tmp_path, Config(), resume=True)
    assert (tmp_path / CHECKPOINT / "weights").read_text() == "first"
    write(tmp_path, "third")
    assert (tmp_path / CHECKPOINT / "weights").read_text() == "third"
    assert not list(tmp_path.glob(f"{CHECKPOINT}.*"))
