"""``python -m finetune train`` as a person runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from docvlm.errors import UsageError
from finetune.cli.main import main
from finetune.cli.settings_option import parse_settings, settings_help
from finetune.runner import RunStatus, attach, list_runs
from finetune.training.settings import Method, TrainingSettings, help_texts
from tests.finetune.runner.conftest import Course, course, tiny_base, wait_for_end, wait_until

__all__ = ["course", "tiny_base"]


def test_every_setting_can_be_set() -> None:
    values = parse_settings(
        ["rank=8", "learning-rate=1e-3", "minutes=none", "vision=no", "targets=q_proj,v_proj", "method=dora"]
    )
    settings = TrainingSettings(**values)  # type: ignore[arg-type]
    assert (settings.rank, settings.learning_rate, settings.minutes) == (8, 1e-3, None)
    assert settings.targets == ("q_proj", "v_proj") and settings.method is Method.DORA and not settings.vision
    shown = settings_help()
    for name, text in help_texts().items():
        assert f"  {name}=" in shown and text in shown


@pytest.mark.parametrize("text", ["rank", "rang=3", "rank=three", "vision=perhaps", "epochs="])
def test_what_cannot_be_set(text: str) -> None:
    with pytest.raises(UsageError):
        parse_settings([text])


def test_wrong_options_are_one_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--cases", "nothing.jsonl"]) == 2
    assert "There is no label file" in capsys.readouterr().err
    assert main(["train", "--cases", "nothing.jsonl", "--labels"]) == 2
    assert main(["train", "--resume", "../nothing"]) == 2
    assert main(["train", "--stop", "nothing"]) == 2
    assert main(["train", "--set", "rank=0"]) == 2
    assert main(["train", "--list"]) == 0
    assert "No runs yet." in capsys.readouterr().out
    assert list_runs(home) == []


def test_a_run_goes_on_with_its_own_settings(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--resume", "mine", "--set", "learning_rate=1e-5", "--epochs", "2"]) == 2
    told = capsys.readouterr().err
    assert "--epochs, --set would change them" in told and "start a new run" in told


@pytest.mark.slow
def test_without_labels_it_says_so_and_leaves_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train"]) == 3
    assert "There are no labels to learn from." in capsys.readouterr().err
    assert list_runs(home) == []


@pytest.mark.slow
def test_ctrl_c_saves_and_says_how_to_go_on(course: Course) -> None:
    environment = {**os.environ, "DOCVLM_HOME": str(course.home)}
    options = ["--model", str(course.base), "--set", "paraphrases=0", "--set", "rank=2", "--epochs", "500"]
    process = subprocess.Popen(
        [sys.executable, "-m", "finetune", "train", "--cases", str(course.cases), *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    folder = course.home / "finetune" / "runs" / "labelled"
    while not folder.exists():
        assert process.poll() is None
    run = attach(folder)
    wait_until(lambda: len(run.events()) > 8, run)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "python -m finetune train --resume labelled" in errors and "Traceback" not in errors
    assert run.status is RunStatus.STOPPED
    command = [sys.executable, "-m", "finetune", "train", "--json"]
    resumed = subprocess.run([*command, "--resume", "labelled", "--detach"], env=environment, check=True)
    assert resumed.returncode == 0
    assert main_in(environment, "--stop", "labelled") == 0
    wait_for_end(run)
    listed = subprocess.run([*command, "--list"], env=environment, capture_output=True, check=True)
    (shown,) = json.loads(listed.stdout)
    assert (shown["run"], shown["status"]) == ("labelled", "stopped")


def main_in(environment: dict[str, str], *options: str) -> int:
    return subprocess.run([sys.executable, "-m", "finetune", "train", *options], env=environment).returncode
