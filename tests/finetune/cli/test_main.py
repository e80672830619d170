"""What all commands of ``python -m finetune`` have in common."""

from __future__ import annotations

import pytest

from docvlm.terminal import EXIT_CODES
from finetune.cli.main import main

DATA = ("check", "convert", "import", "export", "split", "rank")


@pytest.mark.parametrize("command", ["train", "evaluate", *(f"data {action}" for action in DATA)])
def test_exit_codes_are_documented(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    assert EXIT_CODES in capsys.readouterr().out


def test_training_settings_are_listed_with_their_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert "learning_rate=0.0005\n      The highest learning rate." in capsys.readouterr().out
