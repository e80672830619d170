"""Commands, exit codes and errors, as both command lines share them."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Callable

import pytest

from docvlm.errors import InputError
from docvlm.terminal import add_command, run_command


def parser_of(run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tool")
    add_command(parser.add_subparsers(required=True), "work", run, "do the work")
    return parser


def test_the_command_gets_its_options_and_gives_the_exit_code() -> None:
    assert run_command(parser_of(lambda options: 5 if options.run else 0), ["work"]) == 5


def test_an_error_is_one_sentence_and_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_options: argparse.Namespace) -> int:
        raise InputError("The file is empty.", "Choose another.")

    assert run_command(parser_of(fail), ["work"]) == 3
    assert capsys.readouterr().err == "docvlm: The file is empty. Choose another.\n"


def test_stopping_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    def stop(_options: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    assert run_command(parser_of(stop), ["work"]) == 130
    assert "Stopped" in capsys.readouterr().err


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_a_file_name_that_is_no_text_is_printed_with_escapes(
    monkeypatch: pytest.MonkeyPatch, errors: str
) -> None:
    """And JSON with such a name stays JSON."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="utf-8", errors=errors))
    name = "caf\udce9 und 五.pdf"

    def work(_options: argparse.Namespace) -> int:
        print(json.dumps(name, ensure_ascii=False))
        return 0

    assert run_command(parser_of(work), ["work"]) == 0
    line = written.getvalue().decode("utf-8")
    assert line == '"caf\\udce9 und 五.pdf"\n' and json.loads(line) == name


def test_the_exit_codes_are_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run_command(parser_of(lambda _options: 0), ["work", "--help"])
    assert "exit codes:" in capsys.readouterr().out
