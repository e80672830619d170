"""The log of real runs: every step is in it, and not a word of a document, name, question or password."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from docvlm.errors import UsageError
from docvlm.telemetry import log_event, observe
from tests.batch.files import pdf_bytes, write_pdf
from tests.conftest import REPOSITORY


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def docvlm(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "docvlm", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "DOCVLM_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_a_batch_is_told_from_beginning_to_end_without_a_word_of_its_documents(tmp_path: Path) -> None:
    folder, log = tmp_path / "in", tmp_path / "logs" / "run.jsonl"
    write_pdf(folder / "Xanthippe-dismissal.pdf", ["Confidential Quarterlyfigures", "Zebrastripe"])
    (folder / "Brokenname.pdf").write_bytes(b"%PDF-1.7\n/Hiddenkeyword Kryptonite")
    locked = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "open-sesame", "owner_pw": "owner"}
    (folder / "Lockedname.pdf").write_bytes(pdf_bytes(["Vaultcontent"], **locked))
    done = docvlm(
        tmp_path / "home", "batch", str(folder), "--read", "--password", "wrong-guess", "--log", str(log)
    )
    assert done.returncode in (3, 4), done.stderr
    told = lines(log)
    events = [line["event"] for line in told]
    assert events[0] == "command.started" and events[-1] == "command.ended"
    assert {"batch.started", "worker.started", "unit.finished", "batch.ended"} <= set(events)
    assert len({line["run"] for line in told}) == 1
    assert len({line["process"] for line in told}) > 1, "workers write to the same log"
    finished = [line for line in told if line["event"] == "unit.finished"]
    assert sorted(line["pages_done"] for line in finished) == [0, 0, 2]
    assert sorted(line["exit_code"] for line in finished) == [0, 3, 4]
    text = log.read_text(encoding="utf-8")
    for secret in (
        "Xanthippe",
        "Confidential",
        "Zebrastripe",
        "Brokenname",
        "Hiddenkeyword",
        "Kryptonite",
        "Lockedname",
        "Vaultcontent",
        "open-sesame",
        "wrong-guess",
        str(tmp_path),
    ):
        assert secret not in text
    assert log.stat().st_mode & 0o777 == 0o600


def test_failed_commands_are_told_with_the_kind_of_error_only(tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    done = docvlm(tmp_path / "home", "ask", "Secretname.pdf", "Who is Rumpelstiltskin?", "--log", str(log))
    assert done.returncode == 3
    (failed,) = [line for line in lines(log) if line["event"] == "command.failed"]
    assert (failed["error"], failed["exit_code"], failed["command"]) == ("InputError", 3, "ask")
    assert failed["where"].endswith(tuple("0123456789"))
    assert "Secretname" not in log.read_text() and "Rumpelstiltskin" not in log.read_text()


def test_a_second_run_is_added_under_its_own_id(tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    with observe("one", log):
        log_event("thing.happened", pages=1)
    with observe("two", log, run_id="job-7"):
        log_event("thing.happened", seconds=1.23456)
    told = lines(log)
    assert [line["event"] for line in told].count("thing.happened") == 2
    assert told[-1]["run"] == "job-7" and told[0]["run"] != "job-7"
    assert told[-2]["seconds"] == 1.235


def test_what_is_not_a_known_field_is_refused() -> None:
    with pytest.raises(ValueError, match="text"):
        log_event("thing.happened", text="Dear Sir or Madam")


def test_nothing_is_written_after_the_block(tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    with observe("one", log):
        pass
    size = log.stat().st_size
    log_event("thing.happened")
    assert log.stat().st_size == size


def test_a_log_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"), observe("one", tmp_path):
        raise AssertionError("not reached")


def test_a_full_disk_does_not_stop_the_work(capfd: pytest.CaptureFixture[str]) -> None:
    with observe("one", Path("/dev/full")):
        log_event("thing.happened")
    assert capfd.readouterr().err == ""


def test_a_folder_of_the_log_that_is_taken_away_does_not_stop_the_work(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "run.jsonl"
    with observe("read", log):
        shutil.rmtree(log.parent)
        log_event("page.lost", page=1)
        log.parent.mkdir()
        log_event("page.lost", page=2)
    assert [line.get("page") for line in lines(log)] == [2, None]
