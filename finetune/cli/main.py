"""``python -m finetune``: runs a command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from docvlm.terminal import EXIT_CODES, run_command
from finetune.cli import adapters, data, evaluate, synthesize, train

_GROUPS = (train, data, synthesize, evaluate, adapters)


def build_parser() -> argparse.ArgumentParser:
    """The parser of ``python -m finetune``; each module of ``finetune.cli`` adds its own commands."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune",
        description="Make the model better at your documents, and measure whether it is.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in _GROUPS:
        group.add_commands(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code (see ``--help``)."""
    return run_command(build_parser(), arguments)
