"""The command line as a person runs it: arguments in, text and exit codes out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from docvlm.cli.main import main
from tests.conftest import REPOSITORY


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh data folder without a model: nothing here needs one."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("DOCVLM_HOME", str(home))
    return home


@pytest.fixture
def invoice(samples: Path) -> str:
    return str(samples / "invoice.pdf")


def printed_json(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_read_prints_the_page_as_laid_out(invoice: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", invoice]) == 0
    text = capsys.readouterr().out
    assert "Total due" in text
    assert any("Invoice number" in line and "FS-2026-0417" in line for line in text.splitlines())


def test_read_json_has_the_stable_keys(invoice: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", invoice, "--json"]) == 0
    (page,) = printed_json(capsys)["pages"]
    assert {"number", "status", "source", "width", "height", "words"} <= page.keys()
    assert (page["number"], page["status"], page["source"]) == (1, "ok", "text-layer")
    for word in page["words"]:
        assert {"text", "box", "confidence"} <= word.keys()
        x0, y0, x1, y1 = word["box"]
        assert 0 <= x0 < x1 <= page["width"] and 0 <= y0 < y1 <= page["height"]


@pytest.mark.parametrize(("form", "start"), [("markdown", ""), ("hocr", "<?xml"), ("pdf", "%PDF")])
def test_read_writes_other_forms(invoice: str, tmp_path: Path, form: str, start: str) -> None:
    out = tmp_path / "out"
    assert main(["read", invoice, "--format", form, "--out", str(out)]) == 0
    content = out.read_bytes().decode("utf-8", errors="replace")
    assert content.startswith(start)
    assert len(content) > 500
    assert list(tmp_path.iterdir()) == [out]


def test_a_file_is_not_overwritten_with_what_was_read_of_it(
    invoice: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.pdf"
    own.write_bytes(Path(invoice).read_bytes())
    assert main(["read", str(own), "--out", str(own)]) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert own.read_bytes() == Path(invoice).read_bytes()


def test_a_picture_is_not_overwritten_with_its_tiles(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.png"
    content = next(samples.glob("*.png")).read_bytes()
    own.write_bytes(content)
    assert main(["tiles", str(own), "--out", str(own)]) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert own.read_bytes() == content


def test_what_means_nothing_is_refused(
    invoice: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["ask", invoice, " "]) == 2
    assert "question is empty" in capsys.readouterr().err
    out = tmp_path / "out.json"
    assert main(["export", str(out), "--schema", "recipt"]) == 2
    assert "schema 'recipt'" in capsys.readouterr().err and not out.exists()


def test_what_was_read_is_found(invoice: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["read", invoice])
    capsys.readouterr()
    assert main(["search", "anthracite", "--json"]) == 0
    hits = printed_json(capsys)["hits"]
    assert [hit["file"] for hit in hits] == ["invoice.pdf"]
    assert hits[0]["page"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["read", "missing.pdf"], 3, "no file"),
        (["read", "{rubbish}"], 3, "rubbish.pdf"),
        (["read", "{locked}"], 4, "password"),
        (["read", "{locked}", "--password", "wrong"], 4, "password"),
        (["read", "{invoice}", "--pages", "7"], 2, "page"),
        (["extract", "{invoice}", "--schema", "reciept"], 2, "receipt"),
        (["tiles", "{invoice}", "--tiles", "many"], 2, "budget"),
        (["ask", "{invoice}", "Who?", "--model", "./nowhere"], 6, "nowhere"),
    ],
)
def test_errors_are_a_sentence_and_an_exit_code(
    arguments: list[str],
    code: int,
    words: str,
    invoice: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rubbish = tmp_path / "rubbish.pdf"
    rubbish.write_bytes(os.urandom(4000))
    locked = tmp_path / "locked.pdf"
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "secret")
        document.save(locked, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="right", owner_pw="owner")
    filled = [part.format(rubbish=rubbish, locked=locked, invoice=invoice) for part in arguments]
    assert main(filled) == code
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_one_bad_file_does_not_end_the_others(
    invoice: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["read", str(tmp_path / "missing.pdf"), invoice, "--json"]) == 3
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["file"] == "invoice.pdf"


def test_unknown_options_exit_with_2() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["read", "--frobnicate"])
    assert stopped.value.code == 2


def interrupt(process: subprocess.Popen[str]) -> str:
    """Press Ctrl-C until the process ends, as a person does, and return what it said."""
    # Python loses an interrupt that comes while a library calls back into it (a database, an import).
    while True:
        process.send_signal(signal.SIGINT)
        try:
            return process.communicate(timeout=3)[1]
        except subprocess.TimeoutExpired:
            continue


def test_ctrl_c_leaves_nothing_half_written(samples: Path, tmp_path: Path, home: Path) -> None:
    out = tmp_path / "out.pdf"
    command = [sys.executable, "-m", "docvlm", "read", str(samples / "scanned-contract.pdf")]
    process = subprocess.Popen(
        [*command, "--format", "pdf", "--out", str(out)],
        cwd=REPOSITORY,
        env={**os.environ, "DOCVLM_HOME": str(tmp_path / "home")},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "home" / "docvlm.sqlite").exists():
        time.sleep(0.05)
    error = interrupt(process)
    assert process.returncode == 130
    assert "Stopped" in error and "Traceback" not in error
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_output_that_nobody_reads_any_more_is_no_error(invoice: str, home: Path) -> None:
    command = f"{sys.executable} -m docvlm read {invoice} {invoice} {invoice} --json | head -c 10"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout == '{"file": "'
    assert done.stderr == ""
