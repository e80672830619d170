"""Has a command logged and traced."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from docvlm.cli.choices import chosen_settings
from docvlm.telemetry import observe

Command = Callable[[argparse.Namespace], int]


def observed(name: str, run: Command) -> Command:
    """``run``, logged and traced under ``name`` where options or environment ask for it."""

    def run_observed(options: argparse.Namespace) -> int:
        settings = chosen_settings(options)
        with observe(name, settings.log_file, settings.run_id):
            return run(options)

    return run_observed


def add_log_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--log", metavar="FILE", help="append what happens as JSON lines, without any text of a document"
    )
