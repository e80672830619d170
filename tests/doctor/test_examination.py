"""Each check against the real fault that it is there for, and the whole on a sound machine."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from docvlm.cli.main import main
from docvlm.config import Settings
from docvlm.doctor import Finding, Level, examine
from docvlm.doctor.software import check_packages, check_poppler
from docvlm.doctor.speed import try_model
from docvlm.models.checksums import write_checksums
from docvlm.models.language_model import language_model_folder
from docvlm.models.shipped import SHIPPED_ADAPTER
from docvlm.store import Store
from docvlm.types import DocumentInfo


def findings(settings: Settings) -> dict[str, Finding]:
    return {finding.check: finding for finding in examine(settings, speed=False)}


def test_a_fresh_place_lacks_only_the_model_and_nothing_is_made_there(settings: Settings) -> None:
    found = findings(settings)
    assert [check for check, finding in found.items() if finding.level is Level.FAIL] == ["model"]
    assert "docvlm setup" in found["model"].remedy and found["model"].exit_code == 6
    assert "none yet" in found["database"].message
    assert not settings.home.exists()


def test_a_sound_database_is_counted(settings: Settings) -> None:
    with Store.open(settings.database_url) as store:
        store.add_document(DocumentInfo("ab" * 32, "a.pdf", "application/pdf", 1, 10))
    found = findings(settings)["database"]
    assert found.level is Level.OK
    assert "1 documents" in found.message and "sound" in found.message


def test_a_damaged_database_is_a_fault_and_stays_as_it_is(settings: Settings) -> None:
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    with Store.open(settings.database_url) as store:
        for number in range(300):
            store.add_document(DocumentInfo(f"{number:064}", "a.pdf", "application/pdf", 1, 10))
    content = bytearray(path.read_bytes())
    content[-4 * 4096 :] = b"\xa5" * (4 * 4096)
    path.write_bytes(content)
    found = findings(settings)["database"]
    assert found.level is Level.FAIL and found.exit_code == 7
    assert "damaged" in found.message and "store restore" in found.remedy
    assert path.read_bytes() == bytes(content)


def test_an_index_that_does_not_fit_is_a_fault(settings: Settings) -> None:
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    with Store.open(settings.database_url) as store:
        document = store.add_document(DocumentInfo("ab" * 32, "a.pdf", "application/pdf", 1, 10))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER search_entries_added")
        connection.execute(
            "INSERT INTO search_entries (document_id, page_number, text, folded) VALUES (?, 1, 'a', 'a')",
            (document,),
        )
    assert "full-text index" in findings(settings)["database"].message


def test_a_server_that_does_not_answer_is_a_fault_without_its_password(settings: Settings) -> None:
    url = "postgresql://docvlm:secret@127.0.0.1:1/none"
    found = findings(replace(settings, database_url=url))["database"]
    assert found.level is Level.FAIL
    assert "secret" not in f"{found.message}{found.remedy}"


def test_a_folder_that_cannot_be_written_is_a_fault(settings: Settings) -> None:
    found = findings(replace(settings, home=Path("/proc/docvlm")))["data folder"]
    assert found.level is Level.FAIL and "DOCVLM_HOME" in found.remedy and found.exit_code == 2


def test_packages_that_are_missing_or_other_than_tested(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# comment\nno-such-package==1.0\npytest==0.0.1\n")
    assert check_packages(requirements).level is Level.FAIL
    assert "no-such-package" in check_packages(requirements).message
    requirements.write_text("pytest==0.0.1\n")
    other = check_packages(requirements)
    assert other.level is Level.WARN and "tested with 0.0.1" in other.message


def test_the_requirements_of_the_repository_are_met() -> None:
    assert check_packages().level is Level.OK


def test_missing_poppler_is_a_warning_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert check_poppler().level is Level.WARN


def test_a_shelved_adapter_that_is_gone_is_a_fault(settings: Settings) -> None:
    found = findings(replace(settings, adapter="receipts"))["adapter"]
    assert found.level is Level.FAIL and "receipts" in found.message


@pytest.mark.parametrize(
    "name", ["no/such/model", "/no/such/folder", "~nobody-here/model", "a..b/c", "alone"]
)
def test_a_name_that_is_no_model_is_a_fault(settings: Settings, name: str) -> None:
    found = findings(replace(settings, model=name))["model"]
    assert found.level is Level.FAIL and found.exit_code == 6 and name in found.message


def test_a_model_server_that_is_away_is_told_soon(settings: Settings) -> None:
    assert settings.server.patience_seconds > 60
    started = time.monotonic()
    found = try_model(replace(settings, model="http://127.0.0.1:9/v1"))
    assert time.monotonic() - started < 60
    assert found.level is Level.FAIL and "does not answer" in found.message


@pytest.fixture
def own_model(model_home: Path, settings: Settings) -> Path:
    """The embedded model as a copy that a test may damage."""
    original = language_model_folder(model_home / "models")
    copy = language_model_folder(settings.model_cache)
    copy.mkdir(parents=True)
    for file in original.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


@pytest.mark.slow
def test_weights_that_are_cut_short_or_changed_are_a_fault(own_model: Path, settings: Settings) -> None:
    write_checksums(own_model)
    assert "checksums right" in findings(settings)["model"].message
    weights = own_model / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1000] ^= 1
    weights.write_bytes(content)
    changed = findings(settings)["model"]
    assert changed.level is Level.FAIL and "model.safetensors" in changed.message
    weights.write_bytes(content[:-1000])
    assert findings(settings)["model"].level is Level.FAIL


@pytest.mark.slow
def test_shipped_weights_that_changed_are_a_fault(
    own_model: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Path(shutil.copytree(SHIPPED_ADAPTER, tmp_path / "adapter"))
    monkeypatch.setattr("docvlm.doctor.model.SHIPPED_ADAPTER", copy)
    write_checksums(copy)
    assert findings(settings)["model"].level is not Level.FAIL
    file = copy / "adapter_config.json"
    file.write_text(file.read_text() + " ")
    changed = findings(settings)["model"]
    assert changed.level is Level.FAIL and "adapter_config.json" in changed.message
    assert changed.remedy == "Install docvlm again."


@pytest.mark.slow
def test_the_whole_examination_measures_reader_and_model(
    model_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCVLM_HOME", str(model_home))
    assert main(["doctor", "--json"]) == 0
    levels = {each["check"]: each["level"] for each in json.loads(capsys.readouterr().out)["findings"]}
    assert levels.keys() >= {"versions", "packages", "reader", "speed", "database", "disk", "memory", "model"}
    assert "fail" not in levels.values()


def test_the_command_prints_a_line_a_check_and_its_exit_code_is_the_first_fault(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCVLM_HOME", str(settings.home))
    assert main(["doctor", "--quick"]) == 6
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines].count("fail") == 1
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in lines[0]
