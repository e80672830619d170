"""``python -m finetune train`` as a person runs it."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from docvlm.adapters import AdapterRegistry
from docvlm.config import Settings
from docvlm.errors import ModelError, UsageError
from finetune.cli.main import main
from finetune.cli.settings_option import settings_help
from finetune.runner import RunRequest, RunStatus, attach, child, create, list_runs
from finetune.runner.lesson import LESSON_FILE, Lesson
from finetune.training.settings import Method, TrainingSettings, help_texts
from finetune.training.settings_text import parse_settings
from finetune.training.trainer import LossNotFinite
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


@pytest.fixture
def course_home(course: Course, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of the course, as ``DOCVLM_HOME``."""
    monkeypatch.setenv("DOCVLM_HOME", str(course.home))
    return course.home


@pytest.mark.slow
def test_from_a_label_file_to_an_adapter(
    course: Course, course_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = ["--model", str(course.base), "--set", "paraphrases=0", "--set", "rank=2", "--epochs", "2"]
    assert main(["train", "--cases", str(course.cases), *quick]) == 0
    table, rest = capsys.readouterr().out.split("Every value with its picture: ")
    assert "2 documents" in table and "| all fields " in table
    picture, sentence = rest.splitlines()
    assert Path(picture).is_file()
    assert sentence.endswith("'labelled' is kept on the shelf of adapters and not switched on.")
    assert main(["train", "--attach", "labelled", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["run"], told["status"], told["step"], told["steps"]) == ("labelled", "finished", 2, 2)
    assert told["adapter"]["adapter"] == "labelled" and told["adapter"]["promoted"] is False
    comparison = told["comparison"]
    assert comparison["documents"] == 2 and comparison["verdict"]["wins"] is False
    figure = comparison["figures"]["all fields"]
    assert figure.keys() == {"before", "after", "difference", "p_value"}
    assert comparison["after"]["revision"] != comparison["before"]["revision"]
    assert main(["train", "--delete", "labelled"]) == 0
    assert list_runs(course_home) == []
    assert [kept.name for kept in AdapterRegistry(Settings(course_home, "").adapters).adapters()] == [
        "labelled"
    ]


@pytest.mark.slow
def test_a_base_that_cannot_be_opened(
    course: Course, course_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    options = ["--cases", str(course.cases), "--model", str(tmp_path / "empty")]
    assert main(["train", *options]) == ModelError.exit_code == 6
    assert "empty" in capsys.readouterr().err


NO_NUMBER = LossNotFinite("The loss is no longer a number.", "Start a new run.")


@pytest.mark.parametrize(
    ("error", "code", "told", "can_go_on"),
    [
        (NO_NUMBER, 1, "The loss is no longer a number.", False),
        (RuntimeError("a fault"), 1, "an error of docvlm's own (RuntimeError: a fault)", True),
        (OSError(errno.ENOSPC, "No space left on device"), 5, "The disk is full", True),
        (MemoryError("not enough memory"), 5, "The memory ran out", True),
        (ModelError("The base is damaged.", "Get it again."), 6, "The base is damaged. Get it again.", True),
    ],
    ids=["loss", "fault", "disk", "memory", "base"],
)
def test_the_exit_code_is_that_of_the_error(
    error: Exception,
    code: int,
    told: str,
    can_go_on: bool,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A run that has begun and fails in this very process."""

    def fail(*_arguments: object) -> None:
        raise error

    run = create(RunRequest("mine"), home)
    (run.folder / LESSON_FILE).write_bytes(TypeAdapter(Lesson).dump_json(Lesson((), (), (), None, ())))
    monkeypatch.setattr(child, "run", fail)
    assert child.work(run.folder, lambda: False, lambda: False) == code
    capsys.readouterr()
    assert main(["train", "--attach", "mine"]) == code
    shown = capsys.readouterr().err
    assert told in shown and ("--resume mine" in shown) is can_go_on


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
