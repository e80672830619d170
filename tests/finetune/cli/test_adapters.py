"""The adapters' commands, run as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docvlm.adapters import AdapterCard
from docvlm.errors import ModelError
from docvlm.terminal import EXIT_CODES
from finetune.cli.main import main
from tests.adapters.folders import save_adapter

pytestmark = pytest.mark.usefixtures("home")


def test_an_empty_shelf_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adapters", "list"]) == 0
    assert "python -m finetune train" in capsys.readouterr().out


def test_import_activate_list_export_delete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = save_adapter(tmp_path / "mine", AdapterCard("receipts", "embedded", "abc"))
    assert main(["adapters", "import", str(source)]) == 0
    assert main(["adapters", "activate", "receipts"]) == 0
    capsys.readouterr()
    assert main(["adapters", "list", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["name"], listed["active"], listed["card"]["base_model"]) == ("receipts", True, "embedded")
    assert main(["adapters", "export", "receipts", str(tmp_path / "out.zip")]) == 0
    assert (tmp_path / "out.zip").is_file()
    assert main(["adapters", "deactivate"]) == 0
    assert main(["adapters", "delete", "receipts"]) == 0
    capsys.readouterr()
    assert main(["adapters", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize("action", ["list", "judge", "merge", "import"])
def test_exit_codes_are_documented(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["adapters", action, "--help"])
    shown = capsys.readouterr().out
    assert EXIT_CODES in shown and f"{ModelError.exit_code}  the model or adapter cannot be loaded" in shown


def test_a_wrong_name_is_a_sentence_and_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adapters", "activate", "nobody"]) == ModelError.exit_code
    assert "There is no adapter called 'nobody'." in capsys.readouterr().err
