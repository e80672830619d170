"""What every command line of this repository shares: commands, exit codes, errors and progress."""

from docvlm.terminal.commands import EXIT_CODES, Subparsers, add_command, run_command
from docvlm.terminal.progress import progress_bar, report, tell

__all__ = ["EXIT_CODES", "Subparsers", "add_command", "progress_bar", "report", "run_command", "tell"]
