"""What options choose that many commands share."""

from __future__ import annotations

import argparse
import getpass
from dataclasses import replace
from pathlib import Path
from typing import Any

from docvlm.config import Settings
from docvlm.errors import UsageError


def chosen_settings(options: argparse.Namespace) -> Settings:
    """The settings of the environment, with the options' model, adapter, budget and log."""
    chosen: dict[str, Any] = {
        "model": getattr(options, "model", None),
        "adapter": getattr(options, "adapter", None),
        "budget": getattr(options, "tiles", None),
        "log_file": Path(options.log).absolute() if getattr(options, "log", None) else None,
    }
    return replace(Settings.from_environment(), **{name: value for name, value in chosen.items() if value})


def chosen_password(options: argparse.Namespace) -> str | None:
    """The password given, asked for where it is a dash.

    Raises:
        UsageError: when nobody can be asked.
    """
    if options.password != "-":  # noqa: S105 - a dash is no password
        return str(options.password) if options.password else None
    try:
        return getpass.getpass()
    except EOFError as error:
        raise UsageError("No password could be asked for.", "Give it with --password.") from error
