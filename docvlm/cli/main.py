"""Runs a command; errors become one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from docvlm.cli.options import build_parser
from docvlm.errors import Cancelled, DocvlmError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code (see ``--help``)."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    options = build_parser().parse_args(arguments)
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
        print(f"docvlm: {error}", file=sys.stderr)
        return error.exit_code
