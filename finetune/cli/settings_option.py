"""``--set NAME=VALUE``: every training setting from the command line."""

from __future__ import annotations

from dataclasses import fields

from docvlm.errors import UsageError
from finetune.training.settings import TrainingSettings, help_texts
from finetune.training.settings_text import parse_setting, setting_text


def parse_settings(assignments: list[str]) -> dict[str, object]:
    """The values of ``NAME=VALUE`` texts by name, each in its setting's type.

    Raises:
        UsageError: for a name that is no setting, or a value of another type.
    """
    return dict(_parse_setting(text) for text in assignments)


def settings_help() -> str:
    """One line a setting with its default, as the end of a ``--help`` text."""
    defaults = TrainingSettings()
    texts = {name: setting_text(getattr(defaults, name)) or "none" for name in help_texts()}
    lines = [f"  {name}={texts[name]}\n      {text}" for name, text in help_texts().items()]
    return "settings for --set NAME=VALUE, with their defaults:\n" + "\n".join(lines) + "\n"


def _parse_setting(assignment: str) -> tuple[str, object]:
    name, sign, text = assignment.partition("=")
    name, text = name.strip().replace("-", "_"), text.strip()
    known = {item.name for item in fields(TrainingSettings)}
    if not sign or name not in known:
        raise UsageError(
            f"'{assignment}' sets no training setting.", "Write --set NAME=VALUE; --help lists the names."
        )
    return name, parse_setting(name, text)
