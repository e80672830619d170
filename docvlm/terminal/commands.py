"""Commands of a command line; errors become one sentence and an exit code."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

from docvlm.errors import Cancelled, DocvlmError
from docvlm.terminal.progress import tell

EXIT_CODES = """exit codes:
  0  done                      5  a limit of time, memory or pixels was reached
  1  an error of docvlm's own  6  the model or adapter cannot be loaded
  2  wrong options or schema   7  the database cannot be used
  3  the file cannot be read   130  stopped with Ctrl-C
  4  a password is needed or wrong
With several files the first failure decides; the other files are still done.
"""

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What commands are added to, as ``ArgumentParser.add_subparsers`` returns it."""


def add_command(
    subparsers: Subparsers,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
) -> argparse.ArgumentParser:
    """A command that ``run`` carries out; it gets the parsed options and returns the exit code."""
    parser = subparsers.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def run_command(parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments, run the command they name and return its exit code (see ``EXIT_CODES``)."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    _show_what_cannot_be_encoded()
    options = parser.parse_args(arguments)
    try:
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader stopped early (``| head``): nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("\nStopped. What was finished is kept.", file=sys.stderr)
        return Cancelled.exit_code
    except DocvlmError as error:
        tell(str(error))
        return error.exit_code


def _show_what_cannot_be_encoded() -> None:
    """Print as escapes what no terminal can show: names of files may be any bytes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
