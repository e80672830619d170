"""``python -m docvlm store`` as a person uses it: from backup to restore, from SQLite to another place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docvlm.cli.main import main
from docvlm.config import Settings
from docvlm.store import Store
from docvlm.types import DocumentInfo

pytestmark = pytest.mark.usefixtures("home")


def add(name: str) -> None:
    with Store.open(Settings.from_environment().database_url) as store:
        store.add_document(DocumentInfo(name, name, "application/pdf", 1, 1))


def names() -> list[str]:
    with Store.open(Settings.from_environment().database_url) as store:
        return sorted(record.name for record in store.list_documents())


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["store", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_backup_and_restore(capsys: pytest.CaptureFixture[str]) -> None:
    add("a")
    written = run(capsys, "backup")["file"]
    add("b")
    assert main(["store", "restore", written]) == 7
    assert "--force" in capsys.readouterr().err
    kept = run(capsys, "restore", written, "--force")["kept"]
    assert names() == ["a"]
    run(capsys, "restore", kept, "--force")
    assert names() == ["a", "b"]


def test_export_and_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add("a")
    out = str(tmp_path / "out.jsonl.gz")
    assert run(capsys, "export", out)["rows"]["documents"] == 1
    monkeypatch.setenv("DOCVLM_HOME", str(tmp_path / "elsewhere"))
    assert run(capsys, "import", out)["rows"]["document_names"] == 1
    assert names() == ["a"]


def test_check_and_vacuum(capsys: pytest.CaptureFixture[str]) -> None:
    add("a")
    assert run(capsys, "check")["problems"] == []
    assert run(capsys, "vacuum")["bytes_after"] > 0


def test_a_damaged_database_is_told_with_exit_code_and_backup(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(200):
        add(f"{number}")
    written = run(capsys, "backup")["file"]
    path = home / "docvlm.sqlite"
    content = bytearray(path.read_bytes())
    content[4096:12288] = b"\xa5" * 8192
    path.write_bytes(content)
    for command in (["store", "check"], ["search", "anything"]):
        assert main(command) == 7
        error = capsys.readouterr().err
        assert "damaged" in error and f"store restore {written} --force" in error
        assert "Traceback" not in error


def test_where_there_is_no_database_none_is_made(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for action in (["check"], ["vacuum"], ["backup"], ["export", "out.jsonl"], ["salvage"]):
        assert main(["store", *action]) == 7
        assert "no database" in capsys.readouterr().err
    assert not home.exists()
