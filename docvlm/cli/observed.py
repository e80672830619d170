"""Commands that are logged and traced."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from docvlm.cli.choices import chosen_settings
from docvlm.telemetry import observe
from docvlm.terminal import Subparsers, add_command

Command = Callable[[argparse.Namespace], int]


def add_observed_command(
    subparsers: Subparsers, name: str, run: Command, summary: str, group: str = ""
) -> argparse.ArgumentParser:
    """A command that can print JSON and is logged and traced, under its name behind that of its group."""
    parser = add_command(subparsers, name, _observed(f"{group} {name}".strip(), run), summary)
    parser.add_argument("--json", action="store_true", help="print JSON; its keys are stable")
    parser.add_argument(
        "--log", metavar="FILE", help="append what happens as JSON lines, without any text of a document"
    )
    return parser


def _observed(name: str, run: Command) -> Command:
    """``run``, logged and traced under ``name`` where options or environment ask for it."""

    def run_observed(options: argparse.Namespace) -> int:
        settings = chosen_settings(options)
        with observe(name, settings.log_file, settings.run_id):
            return run(options)

    return run_observed
