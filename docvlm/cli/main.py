"""``python -m docvlm``: runs a command."""

from __future__ import annotations

from collections.abc import Sequence

from docvlm.cli.options import build_parser
from docvlm.terminal import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code (see ``--help``)."""
    return run_command(build_parser(), arguments)
